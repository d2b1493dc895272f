"""What goes along when a lead is merged, and comes back when that is undone: the merge records it, here it is read."""

from collections.abc import Callable, Collection, Mapping
from datetime import date, datetime
from typing import Any

from django.db import IntegrityError

from handoff.refusals import FactsRefused
from handoff.workflow.facts.merging import kept_in
from leads.facts import columns, fact, facts, keep, kept
from leads.models import PERSON, Lead, State, Touchpoint, Transition, Verb
from leads.names import PARTS, follow_parts, parts_of
from leads.permission import BLOCK
from leads.provenance import CAPTURE, carry
from leads.scoring import rescore

MOVED = ("touches", "touchpoints", "external_ids", "deals", "consents")
ATTRIBUTION = ("source", "campaign")
Moved = dict[str, Any]


def move(gone: Lead, stays: Lead, take: Collection[str]) -> Moved:
    """Move what passed between us and the buyer, and what is known of them; return what undoing it needs to know."""
    moved: Moved = {}
    for name in MOVED:
        belongings = getattr(gone, name)
        moved[name] = sorted(belongings.values_list("pk", flat=True))
        belongings.update(lead=stays)
    moved["captures"] = _keep_captures(gone, stays, take)
    before = {name: getattr(stays, name) for name in ("last_touch_at", "reenter_on")}
    entries = dict(stays.provenance)
    moved["facts"] = _fill_in(gone, stays, take)
    moved["provenance"] = {name: entries.get(name) for name in (*moved["facts"], CAPTURE)}
    moments = [moment for moment in (gone.last_touch_at, stays.last_touch_at) if moment]
    stays.last_touch_at = max(moments, default=None)
    stays.reenter_on = _return_date(gone, stays)
    moved |= {name: [_iso(value), _iso(getattr(stays, name))] for name, value in before.items()}
    _save(gone, stays, [kept_in(fact(name)) for name in moved["facts"]])
    rescore([gone, stays])
    return moved


def give_back(gone: Lead, stays: Lead, merge: Transition) -> None:
    """Give each of the two back what it had; what was changed since the merge stays as it is."""
    moved = merge.facts["moved"]
    for name in MOVED:
        getattr(stays, name).filter(pk__in=moved.get(name, ())).update(lead=gone)
    stays.touchpoints.filter(pk__in=moved["captures"]).delete()
    parts, since = parts_of(stays), changed_since(gone, stays, merge)
    changed = [name for name in moved["facts"] if name not in since]
    for name in changed:
        if name != "email":
            keep(stays, kept_in(fact(name)), moved["facts"][name][0])
    if follow_parts(stays, parts):
        changed.append("name")
    captured = [] if set(changed).isdisjoint(ATTRIBUTION) else [CAPTURE]
    _give_back_provenance(stays, {name: moved["provenance"].get(name) for name in (*changed, *captured)})
    if "email" in moved["facts"]:
        _give_back_email(gone, stays, moved["facts"]["email"])
    stays.last_touch_at = _last_touch(stays, merge)
    if _iso(stays.reenter_on) == moved["reenter_on"][1]:
        stays.reenter_on = _read(date.fromisoformat, moved["reenter_on"][0])
    _save(gone, stays, [kept_in(fact(name)) for name in changed])
    rescore([gone, stays])


def changed_since(gone: Lead, stays: Lead, merge: Transition) -> list[str]:
    """The facts that the merge changed, and that are others by now, or were confirmed by somebody else: they stay."""
    changes = merge.facts["moved"]["facts"]
    since = [name for name, (_, after) in changes.items() if _is_another(gone, stays, name, after)]
    if "name" in changes and "name" not in (*since, *stays.provenance) and not set(PARTS).isdisjoint(since):
        since.append("name")  # it follows from a part that stays
    return since


def taken_email(gone: Lead, stays: Lead, merge: Transition) -> str:
    """The email of the lead that vanished, where a third lead has it by now."""
    _, after = merge.facts["moved"]["facts"].get("email", ("", ""))
    taken = Lead.objects.filter(email=after).exclude(pk__in=(gone.pk, stays.pk)) if after else Lead.objects.none()
    return after if taken.exists() else ""


def email_taken(email: str) -> str:
    return f"Another lead has the email {email} by now: correct it there first, or merge the two."


def chosen(gone: Lead, stays: Lead, take: Collection[str]) -> dict[str, str]:
    """Which of the two each fact comes from that the lead that stays would get: by its name, the attribute."""
    filled = [
        each.name
        for each in facts()
        if each.name not in ("email", *ATTRIBUTION, *BLOCK) and not _has(stays, each.name) and _has(gone, each.name)
    ]
    if not any(_has(stays, name) for name in ATTRIBUTION):
        filled += [name for name in ATTRIBUTION if _has(gone, name)]
    names = dict.fromkeys([*filled, *take])
    return {name: kept_in(fact(name)) for name in names if _as_kept(gone, name) != _as_kept(stays, name)}


def _fill_in(gone: Lead, stays: Lead, take: Collection[str]) -> dict[str, list[Any]]:
    """What is known of the one and not of the other, and what was chosen. Return what each was, and is now.

    Both emails are kept, as by them the two are found: one that is chosen is exchanged for the other.
    """
    changes: dict[str, list[Any]] = {}
    whole, parts = stays.name, parts_of(stays)
    for name, attribute in chosen(gone, stays, take).items():
        before, after = kept(stays, attribute), kept(gone, attribute)
        changes[name] = [before, after]
        keep(stays, attribute, after)
        if name == "email":
            gone.email = before
    carry(gone, stays, changes)
    if follow_parts(stays, parts):
        changes["name"] = [whole, stays.name]
    if not changes.keys().isdisjoint(ATTRIBUTION) and CAPTURE in stays.provenance:
        captured = {"source": stays.source, "campaign": stays.campaign_id}
        stays.provenance[CAPTURE] = stays.provenance[CAPTURE] | captured
    return changes


def _keep_captures(gone: Lead, stays: Lead, take: Collection[str]) -> list[int]:
    """How a buyer came in as the lead that loses its attribution is something they did; one keeps it."""
    losing = [gone] if not set(ATTRIBUTION) <= set(take) else []
    if set(take) & set(ATTRIBUTION):
        losing.append(stays)
    points = Touchpoint.objects.bulk_create(
        Touchpoint(
            lead=stays,
            kind=Touchpoint.ENQUIRY,
            source=lead.source,
            campaign_id=lead.campaign_id,
            at=lead.created_at,
            system=lead.provenance.get(CAPTURE, {}).get("system", ""),
        )
        for lead in losing
        if lead.source or lead.campaign_id
    )
    return [point.pk for point in points]


def _return_date(gone: Lead, stays: Lead) -> Any:
    """The promise to come back to the buyer lives on, unless sales has the lead that stays."""
    dates = [day for day in (gone.reenter_on, stays.reenter_on) if day]
    return min(dates, default=None) if stays.state in (State.RAW, State.REJECTED) else stays.reenter_on


def _is_another(gone: Lead, stays: Lead, name: str, after: Any) -> bool:
    """Its value has changed since it came along, or whose it is. The email of the lead that vanished is its own all the
    same, and an attribution follows from the captures unless a person corrected it."""
    entry = stays.provenance.get(name)
    if _as_kept(stays, name) != after:
        return True
    if entry is None or name == "email" or entry == gone.provenance.get(name):
        return False
    return name not in ATTRIBUTION or bool(entry["system"] == PERSON)


def _give_back_provenance(stays: Lead, entries: Mapping[str, Any]) -> None:
    for name, entry in entries.items():
        if entry is None:
            stays.provenance.pop(name, None)
        else:
            stays.provenance[name] = entry


def _give_back_email(gone: Lead, stays: Lead, change: list[str]) -> None:
    before, after = change
    if stays.email == after:  # else it was corrected since, and the lead that stays keeps what it has now
        stays.email = before
    gone.email = after


def _last_touch(stays: Lead, merge: Transition) -> datetime | None:
    """The last contact of the lead itself: before the merge, or logged since."""
    before = _read(datetime.fromisoformat, merge.facts["moved"]["last_touch_at"][0])
    since = stays.transitions.filter(verb=Verb.TOUCH, recorded_at__gte=merge.recorded_at)
    own = [
        at
        for at, words in since.values_list("at", "facts")
        if words.get("merged_from") != merge.lead_id and not words.get("automatic")
    ]
    return max([*own, *([before] if before else [])], default=None)


def _save(gone: Lead, stays: Lead, changed: Collection[str]) -> None:
    """Emails are unique: what they are exchanged for must be free first."""
    is_exchanged = Lead.objects.filter(pk=gone.pk).exclude(email=gone.email).exists()
    if is_exchanged:
        Lead.objects.filter(pk=gone.pk).update(email="")
    fields = {
        *columns(changed),
        "provenance",
        *(["email"] if is_exchanged else []),
        "last_touch_at",
        "reenter_on",
        "updated_at",
    }
    try:
        stays.save(update_fields=fields)
        if is_exchanged:
            gone.save(update_fields=["email", "updated_at"])
    except IntegrityError as error:  # a third lead was captured with it a moment ago
        raise FactsRefused(email_taken(gone.email or stays.email)) from error


def _has(lead: Lead, name: str) -> bool:
    return _as_kept(lead, name) not in ("", None)


def _as_kept(lead: Lead, name: str) -> Any:
    return kept(lead, kept_in(fact(name)))


def _iso(moment: date | None) -> str | None:
    return moment.isoformat() if moment else None


def _read(read: Callable[[str], Any], text: str | None) -> Any:
    return read(text) if text else None
