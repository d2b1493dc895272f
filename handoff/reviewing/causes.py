"""Why a closed figure would be another today: the act that explains it, or the import, or nothing that is on record."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple, Protocol

from django.db.models import Q

from handoff.models import Import, ImportChange, PeriodClose
from handoff.reports.lines import ACTIONS, CLOCKS, HANDOFFS, REJECTIONS
from leads.models import Transition, Verb
from sla.models import Clock

_LATE = timedelta(minutes=1)
"""An act that was under way when a period was closed may be dated a little before."""
_DISPUTED = (Verb.OVERTURN, Verb.UPHOLD, Verb.DISPUTE)
_ANY = (Verb.MERGE, Verb.UNMERGE, Verb.UNDO)
EXPLAIN: Mapping[str, Sequence[Verb]] = {
    HANDOFFS: (*_DISPUTED, Verb.ACCEPT, Verb.REJECT, Verb.CONVERT, Verb.UPDATE_DEAL, Verb.PROMOTE, Verb.RESUBMIT),
    ACTIONS: (Verb.TOUCH, Verb.ACCEPT, Verb.PROMOTE),
    CLOCKS: (Verb.EXCUSE, Verb.TOUCH, Verb.REEVALUATE, Verb.PAUSE, Verb.RESUME),
    REJECTIONS: (*_DISPUTED, Verb.ANSWER, Verb.REJECT, Verb.RECYCLE, Verb.RESUBMIT),
}
"""Which acts change what a list counts, besides those that change all of them."""
WORDS: Mapping[str, str] = {
    Verb.MERGE: "The lead was merged into another",
    Verb.UNMERGE: "The merge of the lead was undone",
    Verb.UNDO: "An act was taken back",
    Verb.TOUCH: "A touch was logged",
    Verb.EXCUSE: "A breach was excused",
    Verb.OVERTURN: "The rejection was overturned",
    Verb.UPHOLD: "The rejection was upheld",
    Verb.DISPUTE: "The rejection was disputed",
    Verb.ACCEPT: "Sales accepted the lead",
    Verb.REJECT: "Sales rejected the lead",
    Verb.UPDATE_DEAL: "A deal was updated",
    Verb.CONVERT: "The lead became an opportunity",
    Verb.REEVALUATE: "The policies of the lead were chosen again",
}
UNRECORDED = "Changed without an entry in the history"


_Acts = tuple[int | None, int | None]


class Cause(NamedTuple):
    """Of what is restated: an event and the lead that it is about."""

    lead_id: int
    words: str
    at: datetime | None = None
    by: str = ""
    act_id: int | None = None


class Changed(Protocol):
    """A thing that counts otherwise than it did."""

    @property
    def list(self) -> str: ...
    @property
    def item_id(self) -> int: ...
    @property
    def lead_id(self) -> int: ...
    @property
    def before(self) -> Sequence[str]: ...
    @property
    def after(self) -> Sequence[str]: ...


def causes_of(changes: Sequence[Changed], close: PeriodClose) -> list[Cause]:
    """The cause of each, in a few queries for all of them."""
    lead_ids = {change.lead_id for change in changes}
    since = close.closed_at - _LATE
    acts: dict[int, list[Transition]] = {}
    written = Transition.written.filter(lead_id__in=lead_ids, recorded_at__gte=since).select_related("by")
    for act in written.order_by("recorded_at", "pk"):
        acts.setdefault(act.lead_id, []).append(act)
    merges = _merges(acts.values())
    clocks = _clocks(change.item_id for change in changes if change.list == CLOCKS)
    explained = [
        _act(change, nth, acts.get(change.lead_id, []), clocks)
        for change, nth in zip(changes, _numbered(changes), strict=True)
    ]
    missing = {change.lead_id for change, act in zip(changes, explained, strict=True) if act is None}
    imported = _imports(missing, since) if missing else {}
    return [
        _cause(change.lead_id, merges.get(_merged_from(act), act), imported)
        for change, act in zip(changes, explained, strict=True)
    ]


def _numbered(changes: Sequence[Changed]) -> list[int]:
    """Of each, how many before it are of the same lead and list."""
    seen: Counter[tuple[int, str]] = Counter()
    numbers = []
    for change in changes:
        numbers.append(seen[change.lead_id, change.list])
        seen[change.lead_id, change.list] += 1
    return numbers


def _act(change: Changed, nth: int, acts: Sequence[Transition], clocks: Mapping[int, _Acts]) -> Transition | None:
    """The act that explains a change, among those on its lead since."""
    merge = next((act for act in acts if act.verb == Verb.MERGE), None) if not change.after else None
    if change.list == CLOCKS and change.item_id in clocks:
        excused_by, stopped_by = clocks[change.item_id]
        is_excused = any(name.endswith("_excused") for name in change.after)
        named = next((act for act in acts if act.pk == (excused_by if is_excused else stopped_by)), None)
        if named is not None:
            return named
    touches = [act for act in acts if act.verb == Verb.TOUCH]
    if change.list == ACTIONS and change.after and touches:
        return touches[min(nth, len(touches) - 1)]  # each of them has done one of the actions
    verbs = (*_ANY, *EXPLAIN[change.list])
    return merge or next((act for act in reversed(acts) if act.verb in verbs), None)


def _cause(lead_id: int, act: Transition | None, imported: Mapping[int, Import]) -> Cause:
    if act is not None:
        # A merge is one event, though it changes what two leads count.
        about = act.lead_id if act.verb == Verb.MERGE else lead_id
        return Cause(about, _words(act), act.recorded_at, str(act.by or "Handoff"), act.pk)
    if lead_id in imported:
        return _import(lead_id, imported[lead_id])
    return Cause(lead_id, UNRECORDED)


def _words(act: Transition) -> str:
    words = WORDS.get(act.verb, f"“{Verb(act.verb).label}”")
    because = act.facts.get("reason") or act.facts.get("decision")
    return f"{words}: {because}" if because and act.verb in (Verb.EXCUSE, *_DISPUTED) else words


def _import(lead_id: int, record: Import) -> Cause:
    if record.undone_at:
        return Cause(
            lead_id, f"The import of {record} was undone", record.undone_at, str(record.undone_by or "Handoff")
        )
    return Cause(lead_id, f"Imported from {record}", record.finished_at, str(record.by or "Handoff"))


def _merged_from(act: Transition | None) -> int | None:
    """The lead by whose merge this act came about."""
    merged_from: int | None = act.facts.get("merged_from") if act is not None else None
    return merged_from


def _merges(acts: Iterable[Sequence[Transition]]) -> dict[int | None, Transition]:
    """By the lead that vanished, the merge of which acts on other leads were a part."""
    gone = {merged_from for of_lead in acts for act in of_lead if (merged_from := _merged_from(act))}
    merges = Transition.written.filter(lead_id__in=gone, verb=Verb.MERGE).select_related("by").order_by("pk")
    return {act.lead_id: act for act in merges}


def _clocks(ids: Iterable[int]) -> dict[int, _Acts]:
    rows = Clock.objects.filter(pk__in=list(ids)).values_list("pk", "excused_by_id", "stopped_by_id")
    return {pk: (excused_by, stopped_by) for pk, excused_by, stopped_by in rows}


def _imports(lead_ids: Iterable[int], since: datetime) -> dict[int, Import]:
    """The latest import that has changed a lead, or was undone, since a moment."""
    recent = Import.objects.filter(Q(finished_at__gte=since) | Q(undone_at__gte=since)).select_related(
        "by", "undone_by"
    )
    by_id = {record.pk: record for record in recent.defer("content").order_by("pk")}
    changes = ImportChange.objects.filter(of_import_id__in=by_id, lead_id__in=list(lead_ids))
    pairs = changes.values_list("lead_id", "of_import_id").order_by("of_import_id").distinct()
    return {lead_id: by_id[pk] for lead_id, pk in pairs if lead_id}
