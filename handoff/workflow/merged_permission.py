"""May the buyer be contacted after a merge? The stricter of the two leads counts; undoing it takes that back."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from handoff.workflow.act import Act
from leads.facts import keep, kept
from leads.models import Consent, Lead, Purpose
from leads.permission import BLOCK, MEANS, agrees

STATED = BLOCK[:1] + BLOCK[2:]
"""What of it has a provenance: a trigger dates it."""


def keep_stricter(act: Act, gone: Lead, stays: Lead) -> dict[str, Any]:
    """Who must not be contacted as one of the two must not be as the other, and no consent that was withdrawn there is
    given back by a word on the other. Return what undoing it needs to know."""
    is_blocked = gone.do_not_contact and not stays.do_not_contact
    entries = {name: stays.provenance.get(name) for name in STATED} if is_blocked else {}
    if is_blocked:
        _set_block(stays, gone, {name: gone.provenance.get(name) for name in STATED})
    refused = {means for means in MEANS for lead in (gone, stays) if not agrees(lead.consent, means)}
    stays.refresh_from_db(fields=["consent"])
    return {"blocked": is_blocked, "block_provenance": entries, "inferred": _withdraw(act, gone, stays, refused)}


def give_back(gone: Lead, stays: Lead, merged: dict[str, Any]) -> None:
    """What the merge alone had brought about; what was said since stays, also if it says the same."""
    if merged["blocked"] and stays.do_not_contact and _is_as_merged(gone, stays):
        _set_block(stays, Lead(), merged["block_provenance"])
    Consent.objects.filter(pk__in=merged["inferred"], is_inferred=True).delete()


def _is_as_merged(gone: Lead, stays: Lead) -> bool:
    is_same = all(kept(stays, name) == kept(gone, name) for name in BLOCK)
    return is_same and all(stays.provenance.get(name) == gone.provenance.get(name) for name in STATED)


def _set_block(lead: Lead, like: Lead, entries: dict[str, Any]) -> None:
    for name in BLOCK:
        keep(lead, name, kept(like, name))
    lead.provenance = {name: entry for name, entry in (lead.provenance | entries).items() if entry is not None}
    lead.save(update_fields=[*BLOCK, "provenance"])


def _withdraw(act: Act, gone: Lead, stays: Lead, refused: Collection[Purpose]) -> list[int]:
    """Withdraw what the words of both together would give back: not for longer than the merge lasts."""
    purposes = [means for means in MEANS if means in refused and agrees(stays.consent, means)]
    if purposes and set(MEANS) == set(refused):
        purposes = [Purpose.ALL]
    newest = (datetime.fromisoformat(word["at"]) for word in stays.consent.values())
    at = max([act.recorded_at, *newest])  # a system whose clock is ahead of ours would say the last word
    rows = Consent.objects.bulk_create(
        Consent(
            lead=stays,
            purpose=purpose,
            granted=False,
            at=at,
            recorded_at=act.recorded_at,
            source=f"Merged from lead {gone.pk}: the stricter one counts.",
            via=act.door.via,
            by=act.by,
            is_inferred=True,
        )
        for purpose in purposes
    )
    return [row.pk for row in rows]
