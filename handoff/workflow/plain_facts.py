"""Plain facts of a lead that change: which policies judge its clocks may depend on them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef

from handoff.doors import SHELL, Door
from handoff.workflow.new_intent import announce_intent
from handoff.workflow.promotion import promote_changed
from handoff.workflow.timing import reevaluate_policies
from leads import correct as correcting
from leads import identity
from leads.facts import fact
from leads.merged import lock_survivor
from leads.models import Campaign, Consent, ConsentStatement, Lead, User
from leads.models.consent import on_record, record
from leads.repeats import Repeats
from sla import agreement
from sla.models import Clock


@transaction.atomic
def correct(
    lead_id: int,
    fields: Mapping[str, Any],
    *,
    by: User | None = None,
    at: datetime | None = None,
    door: Door = SHELL,
) -> Lead:
    """Correct what is given, as `leads.correct` does, and choose again which policies judge the running clocks."""
    lead = correcting.correct(lead_id, fields, by=by, at=at)
    reevaluate_policies(lead.pk, because=f"Corrected: {', '.join(sorted(set(map(_named, fields))))}.", door=door)
    promote_changed([lead], door)
    return lead


def _named(name: str) -> str:
    """For the history, which whoever sees the lead may read."""
    return "a restricted attribute" if "." in name and fact(name).seen_by else name


@dataclass(frozen=True)
class RecordedConsent:
    """The word as it is on record. One that is not new was there before, or counts against what was stated."""

    consent: Consent
    is_new: bool


@transaction.atomic
def record_consent(lead_id: int, statement: ConsentStatement) -> RecordedConsent:
    """Keep what a buyer agreed to or took back; ValidationError (field -> messages) says why not.

    Of a lead that was merged, the one that stays has it: the buyer is the same.
    """
    statement.check()
    lead = lock_survivor(lead_id)
    new = record([(lead, statement)])
    promote_changed([lead], SHELL)
    return RecordedConsent(new[0] if new else on_record(lead, statement), bool(new))


def upsert(fields: Mapping[str, Any], *, door: Door = SHELL, by: User | None = None, **who: Any) -> identity.Upsert:
    """Make a lead or bring it up to date, as `leads.identity` does, and choose again in the same transaction."""
    asked = {"by": by.pk if by else None, "door": door.source, **who}
    return identity.upsert(fields, **asked, then=_reevaluating(door))


def upsert_many(
    rows: Iterable[identity.Incoming], *, door: Door = SHELL, repeats: Repeats | None = None
) -> list[identity.Upsert | identity.Refusal]:
    """The same for many, in order; each row is made, brought up to date, or refused by itself."""
    return identity.upsert_many(rows, then=_reevaluating(door), repeats=repeats)


@transaction.atomic
def reevaluate_leads_of(campaign: Campaign, *, door: Door = SHELL) -> None:
    """Choose again for the leads of a campaign that was renamed, where a policy in force asks for that name.

    Call it in the transaction that renames it.
    """
    if not _is_asked_for("campaign"):
        return
    clocked = Exists(Clock.objects.filter(lead=OuterRef("pk"), stopped_at=None))
    leads = Lead.objects.filter(clocked, campaign=campaign).order_by("pk").select_for_update(no_key=True)
    _reevaluate(list(leads.values_list("pk", flat=True)), f"Its campaign was renamed to {campaign.name}.", door)


def reevaluate_scored(lead_ids: Sequence[int], *, door: Door = SHELL) -> None:
    """Choose again for leads whose score has changed, where a policy in force asks for it; in their order."""
    if lead_ids and _is_asked_for("score", "fit_grade"):
        _reevaluate(lead_ids, "Its score has changed.", door)


def _reevaluating(door: Door) -> identity.Then:
    def reevaluate(done: Sequence[identity.Upsert]) -> None:
        # A lead may stand in several rows; in the order of the locks, against rings.
        changed = sorted({each.lead.pk for each in done if each.outcome == "updated" or each.intent})
        _reevaluate(changed, "Its facts were brought up to date.", door)
        for each in done:
            if each.intent:
                announce_intent(each.lead, each.intent, door)
        promote_changed([each.lead for each in done], door)

    return reevaluate


def _reevaluate(lead_ids: Sequence[int], because: str, door: Door) -> None:
    """Choose again for those of them that are on the clock, which one query tells of all."""
    if lead_ids:
        clocked = Clock.objects.filter(lead__in=lead_ids, stopped_at=None).values_list("lead_id", flat=True)
        for lead_id in sorted(set(clocked)):
            reevaluate_policies(lead_id, because=because, door=door)


def judge_touched(lead_ids: Sequence[int], door: Door) -> None:
    """Choose again for leads whose buyers did something, where a policy in force asks for that."""
    if lead_ids and not door.historical and _is_asked_for("touchpoints", "event", "last_touchpoint"):
        _reevaluate(lead_ids, "The buyer did something.", door)


def _is_asked_for(*names: str) -> bool:
    policies = agreement.in_force().values()
    return any(condition["field"] in names for policy in policies for condition in policy.conditions)
