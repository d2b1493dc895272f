"""May the buyer be contacted after a merge? The stricter of the two leads counts; undoing it takes that back."""

from datetime import datetime
from typing import Any

from handoff.workflow.act import Act
from leads.facts import keep, kept
from leads.models import ConsentStatement, Lead
from leads.models.consent import record
from leads.permission import BLOCK


def keep_stricter(act: Act, gone: Lead, stays: Lead) -> dict[str, Any]:
    """Who must not be contacted as one of the two must not be as the other, and no consent that was withdrawn there is
    given back by an older record of the same person. Return what undoing it needs to know."""
    is_blocked = gone.do_not_contact and not stays.do_not_contact
    if is_blocked:
        _set_block(stays, gone)
    withdrawn = {purpose for lead in (gone, stays) for purpose, word in lead.consent.items() if not word["granted"]}
    stays.refresh_from_db(fields=["consent"])
    overruled = sorted(purpose for purpose in withdrawn if stays.consent[purpose]["granted"])
    _state(act, stays, overruled, granted=False, source=f"Merged from lead {gone.pk}: the stricter one counts.")
    return {"blocked": is_blocked, "withdrawn": overruled}


def give_back(act: Act, gone: Lead, stays: Lead, merged: dict[str, Any]) -> None:
    """What the merge alone had brought about; what the buyer said since stays."""
    if merged.get("blocked") and stays.do_not_contact and kept(stays, BLOCK[1]) == kept(gone, BLOCK[1]):
        _set_block(stays, Lead())
    stays.refresh_from_db(fields=["consent"])
    own = stays.consents.filter(source=f"Merged from lead {gone.pk}: the stricter one counts.")
    at = dict(own.order_by("at").values_list("purpose", "at"))
    unchanged = [
        purpose
        for purpose in merged.get("withdrawn", ())
        if datetime.fromisoformat(stays.consent[purpose]["at"]) == at.get(purpose)
    ]
    _state(act, stays, unchanged, granted=True, source=f"The merge of lead {gone.pk} was undone.")


def _set_block(lead: Lead, like: Lead) -> None:
    for name in BLOCK:
        keep(lead, name, kept(like, name))
    lead.save(update_fields=[*BLOCK])


def _state(act: Act, lead: Lead, purposes: list[str], *, granted: bool, source: str) -> None:
    by = act.by.pk if act.by else None
    record(
        (lead, ConsentStatement(purpose, granted=granted, at=act.recorded_at, source=source, via=act.door.via, by=by))
        for purpose in purposes
    )
