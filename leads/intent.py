"""How buyers come in: the first capture has the attribution, each later one is kept once as a touchpoint.

What is kept follows from the set of all dated captures, and not from the order in which they arrived.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from typing import Any

from django.utils import timezone

from leads.models import PERSON, Campaign, Lead, State, Touchpoint
from leads.precedence import Precedence
from leads.provenance import CAPTURE

Content = tuple[str, int | None, str]
Order = tuple[tuple[int, bool, str], str, str, str]


@dataclass(frozen=True)
class Capture:
    """One coming in of a buyer. `at` is empty when the door did not date it."""

    source: str
    campaign_id: int | None
    message: str
    at: datetime | None
    system: str = ""
    by: int | None = None

    @classmethod
    def first_of(cls, lead: Lead) -> "Capture":
        """As it was stated: not what later captures filled in of its source and campaign, or people corrected."""
        entry = lead.provenance.get(CAPTURE)
        if entry is None:  # from before provenance was kept
            return cls(lead.source, lead.campaign_id, "", lead.created_at)
        return cls(entry["source"], entry["campaign"], "", lead.created_at, entry["system"], entry["by"])

    @classmethod
    def of(cls, point: Touchpoint) -> "Capture":
        return cls(point.source, point.campaign_id, point.detail, point.at, point.system, point.recorded_by_id)

    @property
    def content(self) -> Content:
        return self.source, self.campaign_id, self.message

    @property
    def silent(self) -> "Capture":
        """The same without what the buyer wrote, which is always kept as a touchpoint."""
        return replace(self, message="") if self.message else self

    @property
    def says_something(self) -> bool:
        return any(self.content)

    def repeats(self, other: "Capture") -> bool:
        """It says nothing beyond another capture, whenever that was."""
        return all(mine in ("", None, theirs) for mine, theirs in zip(self.content, other.content, strict=True))

    def is_compatible(self, source: str, campaign_id: int | None) -> bool:
        """It names no other source and no other campaign, where both name one."""
        return self.source in ("", source or self.source) and self.campaign_id in (
            None,
            campaign_id or self.campaign_id,
        )

    def as_json(self) -> dict[str, Any]:
        return dict(self._entry)

    @cached_property
    def _entry(self) -> dict[str, Any]:
        return {"system": self.system, "at": self.at.isoformat() if self.at else None, "by": self.by}


@dataclass(frozen=True)
class Arrival:
    """What a capture changed."""

    intent: Touchpoint | None = None
    """What a buyer who was known already asks for now."""
    is_kept: bool = False
    """Something that was not known is kept, be it the first capture or a touchpoint."""


@dataclass
class Journeys:
    """How the buyers of a batch came in. Their leads are locked, so two doors cannot both add the same."""

    leads: Mapping[int, Lead]
    precedence: Precedence
    campaigns: Iterable[int] = ()
    new: list[Touchpoint] = field(default_factory=list)
    changed: dict[int, Touchpoint] = field(default_factory=dict)
    removed: list[int] = field(default_factory=list)
    touched: list[Lead] = field(default_factory=list)
    """Leads with another touchpoint than before, or one less."""
    _points: dict[int, list[Touchpoint]] | None = None
    _names: dict[int, str] | None = None

    def begin(self, lead: Lead, capture: Capture, *, is_dated: bool) -> None:
        """The first capture of a lead that is being made; `lead.created_at` is its moment."""
        first = capture if capture.at == lead.created_at else replace(capture, at=lead.created_at)
        _note_first(lead, first)
        if not is_dated:
            lead.provenance[CAPTURE]["is_dated"] = False
        if first.message:
            self._points_of(lead).append(self._add(lead, first))
        lead.source, lead.campaign_id = first.source, first.campaign_id
        _note_giver(lead, "source", first if first.source else None)
        _note_giver(lead, "campaign", first if first.campaign_id else None)

    def add(self, lead: Lead, capture: Capture) -> Arrival:
        """A capture of a buyer who is known. What was said before, or says nothing, adds nothing."""
        first = Capture.first_of(lead)
        if self._says_nothing_new(capture, first):
            return Arrival()
        kept = self._kept(lead)
        at = capture.at or timezone.now()
        if capture.at is None and any(map(capture.repeats, kept)):
            return Arrival()
        capture = replace(capture, at=at)
        if CAPTURE not in lead.provenance:
            _note_first(lead, first)
        is_earlier = at < lead.created_at and not any(at == other.at and capture.repeats(other) for other in kept)
        if is_earlier:
            self._precede(lead, first, capture, at)
        created = self._arrange(lead, capture)
        self._attribute(lead)
        is_kept = _said(kept) != _said(self._kept(lead))
        return Arrival(None if is_earlier else created, is_kept)

    def save(self) -> None:
        Touchpoint.objects.bulk_create(self.new)
        if self.changed:
            names = ["source", "campaign", "detail", "system", "recorded_by"]
            Touchpoint.objects.bulk_update(self.changed.values(), names)
        if self.removed:
            Touchpoint.objects.filter(pk__in=self.removed).delete()

    def _says_nothing_new(self, capture: Capture, first: Capture) -> bool:
        """Most captures are the first one again: these must not cost a query."""
        if capture.at is None:
            return not capture.says_something or capture.repeats(first)
        if capture.at != first.at or not capture.repeats(first):
            return False
        is_other = capture.content == first.content and (capture.system, capture.by) != (first.system, first.by)
        return not is_other or self._strength(capture) >= self._strength(first)

    def _precede(self, lead: Lead, first: Capture, capture: Capture, at: datetime) -> None:
        """Date the lead by an earlier capture. What came first until now came later, and becomes a touchpoint."""
        was_dated = lead.provenance[CAPTURE].pop("is_dated", True)
        if lead.state == State.RAW and lead.entered_at == lead.created_at:  # it has not moved since
            lead.entered_at = at
        lead.created_at = at
        _note_first(lead, capture.silent)
        # A moment of receipt alone is no coming in of its own, if the same is now dated.
        if was_dated or not first.repeats(capture.silent):
            self._arrange(lead, first)

    def _arrange(self, lead: Lead, capture: Capture) -> Touchpoint | None:
        """Keep of all captures of a moment those that say the most; return a touchpoint that this adds."""
        points = self._points_of(lead)
        rows = [point for point in points if point.at == capture.at and not point.external_id]
        first = Capture.first_of(lead)
        is_first = capture.at == lead.created_at
        present = [*map(Capture.of, rows), capture, *([first] if is_first else [])]
        wanted = self._fullest(present)
        if is_first:
            first = min(self._fullest(each.silent for each in present), key=self._order)
            _note_first(lead, first)
            wanted = [each for each in wanted if each.content != first.content]
        return self._reconcile(lead, rows, wanted)

    def _reconcile(self, lead: Lead, rows: Sequence[Touchpoint], wanted: Sequence[Capture]) -> Touchpoint | None:
        by_content = {Capture.of(row).content: row for row in rows}
        contents = {each.content for each in wanted}
        spare = [row for content, row in by_content.items() if content not in contents]
        created = []
        for each in wanted:
            row = by_content.get(each.content) or (spare.pop() if spare else None)
            if row is None:
                created.append(self._add(lead, each))
            else:
                self._rewrite(row, each)
        for row in spare:
            self._remove(lead, row)
        self._points_of(lead).extend(created)
        return created[0] if created else None

    def _fullest(self, captures: Iterable[Capture]) -> list[Capture]:
        """Those that say something beyond each of the others; of equal ones that of the strongest source."""
        best: dict[Content, Capture] = {}
        for each in captures:
            rival = best.get(each.content)
            if rival is None or self._strength(each) < self._strength(rival):
                best[each.content] = each
        return [
            each
            for each in best.values()
            if not any(each.repeats(other) for other in best.values() if other is not each)
        ]

    def _attribute(self, lead: Lead) -> None:
        """Source and campaign of the first capture; what it leaves empty, the earliest that fits fills in."""
        first = Capture.first_of(lead)
        source, campaign_id = first.source, first.campaign_id
        givers = {"source": first, "campaign": first}
        if not (source and campaign_id):
            for later in sorted(map(Capture.of, self._points_of(lead)), key=lambda each: (each.at, *self._order(each))):
                if later.is_compatible(source, campaign_id):
                    if later.source and not source:
                        source, givers["source"] = later.source, later
                    if later.campaign_id and not campaign_id:
                        campaign_id, givers["campaign"] = later.campaign_id, later
        for name, attribute, value in (("source", "source", source), ("campaign", "campaign_id", campaign_id)):
            if lead.provenance.get(name, {}).get("system") != PERSON:  # else a person corrected it
                setattr(lead, attribute, value)
                _note_giver(lead, name, givers[name] if value else None)

    def _order(self, capture: Capture) -> Order:
        """The same whatever came first; by the name of a campaign, as its number depends on that."""
        name = self._campaign_name(capture.campaign_id) if capture.campaign_id else ""
        return self.precedence.order_of(capture.system), capture.source, name, capture.message

    def _strength(self, capture: Capture) -> tuple[tuple[int, bool, str], int]:
        return self.precedence.order_of(capture.system), capture.by or 0

    def _campaign_name(self, pk: int) -> str:
        if self._names is None:
            named = {*self.campaigns, *(lead.campaign_id for lead in self.leads.values())}
            self._names = dict(Campaign.objects.filter(pk__in=filter(None, named)).values_list("pk", "name"))
        if pk not in self._names:
            self._names[pk] = Campaign.objects.values_list("name", flat=True).get(pk=pk)
        return self._names[pk]

    def _add(self, lead: Lead, capture: Capture) -> Touchpoint:
        point = Touchpoint(lead=lead, kind=Touchpoint.ENQUIRY, at=capture.at or lead.created_at)
        _write(point, capture)
        self.new.append(point)
        self.touched.append(lead)
        return point

    def _rewrite(self, row: Touchpoint, capture: Capture) -> None:
        if Capture.of(row) != replace(capture, at=row.at):
            _write(row, capture)
            if row.pk:
                self.changed[row.pk] = row

    def _remove(self, lead: Lead, row: Touchpoint) -> None:
        self._points_of(lead).remove(row)
        self.touched.append(lead)
        if row.pk:
            self.changed.pop(row.pk, None)
            self.removed.append(row.pk)
        else:
            self.new.remove(row)

    def _kept(self, lead: Lead) -> list[Capture]:
        return [Capture.first_of(lead), *map(Capture.of, self._points_of(lead))]

    def _points_of(self, lead: Lead) -> list[Touchpoint]:
        """By `id()` of the lead, as one that is made in the batch has no key. Read for all when one is asked for."""
        if self._points is None:
            self._points = {}
            for point in Touchpoint.objects.filter(lead__in=self.leads.keys(), kind=Touchpoint.ENQUIRY):
                self._points.setdefault(id(self.leads[point.lead_id]), []).append(point)
        return self._points.setdefault(id(lead), [])


def _note_first(lead: Lead, capture: Capture) -> None:
    """`is_dated` stays away unless it is false: then the moment of the lead is that of its receipt."""
    entry = {**capture.as_json(), "source": capture.source, "campaign": capture.campaign_id}
    if "is_dated" in lead.provenance.get(CAPTURE, {}):
        entry["is_dated"] = False
    lead.provenance[CAPTURE] = entry


def _note_giver(lead: Lead, name: str, giver: Capture | None) -> None:
    if giver is None:
        lead.provenance.pop(name, None)
    else:
        lead.provenance[name] = giver.as_json()


def _write(point: Touchpoint, capture: Capture) -> None:
    point.source, point.campaign_id = capture.source, capture.campaign_id
    point.detail, point.system, point.recorded_by_id = capture.message, capture.system, capture.by


def _said(captures: Iterable[Capture]) -> set[tuple[datetime | None, Content]]:
    return {(each.at, each.content) for each in captures}
