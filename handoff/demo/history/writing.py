"""Write a made-up year in chunks, by the same statements that bring in the history of an import."""

from collections import ChainMap
from collections.abc import Callable, Iterator, MutableMapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any, cast

from django.db import connection, transaction

from handoff.demo.history.buyers import Buyer, invent
from handoff.demo.history.cast import SYSTEM, Company, found
from handoff.demo.history.truth import Step, life_of, moments
from handoff.doors import Door
from handoff.workflow.backfill import PastAct, lock_many, record
from leads.cards import ATTRIBUTES
from leads.conditions import all_hold
from leads.conditions.windows import ListedPoints, Point
from leads.internals.copying import copy_in
from leads.models import (
    Campaign,
    Channel,
    DealState,
    Definition,
    Lead,
    Opportunity,
    Outcome,
    Stage,
    Touchpoint,
    Verb,
    Via,
)
from leads.precedence import Statement
from leads.provenance import CAPTURE

PAST = Door(via=Via.IMPORT, historical=True)
CHUNK = 2000
LOCK = 0x6D616465
TOUCHED = {"channel": Channel.CALL, "outcome": Outcome.REACHED, "note": "", "automatic": False, "inbound": False}


class HistoryRefused(Exception):
    """There is something here that a made-up year must not mix with."""


@dataclass(frozen=True)
class Plan:
    """So many leads, captured from `start` until `end`. The same plan makes the same leads.

    Without `has_truth`, whether sales accepts a lead has nothing to do with what is known of it.
    """

    leads: int
    end: datetime
    start: datetime
    seed: int = 1
    has_truth: bool = True


@dataclass(frozen=True)
class Fate:
    """What becomes of one lead, as it was made up."""

    lead: Lead
    buyer: Buyer
    steps: Sequence[tuple[Step, datetime]]
    offered_at: datetime


def generate(plan: Plan, progress: Callable[[int], object] = lambda _: None) -> int:
    """Write the leads, and return how many of them were handed over: those that meet the definition in force.

    Each chunk is a transaction. Killed in the middle and started again, it leaves out the chunks that are there.
    """
    _refuse_real_data()
    with transaction.atomic():
        _one_at_a_time()
        company = found(plan.start)
    offered = 0
    for first in range(0, plan.leads, CHUNK):
        numbers = range(first, min(first + CHUNK, plan.leads))
        offered += _write(plan, company, numbers)
        progress(numbers.stop)
    return offered


def _refuse_real_data() -> None:
    made_up = Campaign.objects.filter(system=SYSTEM)
    if Lead.objects.exclude(campaign__in=made_up).exists() or (not made_up.exists() and Campaign.objects.exists()):
        raise HistoryRefused("There are leads or campaigns here that are not made up: use an empty database.")


def _one_at_a_time() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])


@transaction.atomic
def _write(plan: Plan, company: Company, numbers: range) -> int:
    _one_at_a_time()
    fates = [fate_of(plan, company, number) for number in numbers]
    if Lead.objects.filter(email=fates[0].lead.email).exists():
        return 0
    copy_in([fate.lead for fate in fates])
    points = [_points(fate, company) for fate in fates]
    copy_in([point for of_lead in points for point in of_lead])
    definition = Definition.active(Stage.MQL)
    criteria = definition.criteria if definition else []
    offered = [fate for fate, past in zip(fates, points, strict=True) if _meets(fate, criteria, past)]
    leads = lock_many([fate.lead.pk for fate in offered])
    past = [(leads[fate.lead.pk], list(_acts(fate, leads[fate.lead.pk], plan, company))) for fate in offered]
    record(past, door=PAST)
    return len(past)


def fate_of(plan: Plan, company: Company, number: int) -> Fate:
    rng = Random(f"{plan.seed} {plan.start:%Y%m%d} {number}")  # noqa: S311 a story is not a secret
    captured_at = plan.start + (plan.end - plan.start) * rng.random()
    offered_at = captured_at + timedelta(hours=rng.uniform(1, 90))
    buyer = invent(rng, f"{plan.seed}-{plan.start:%y%m%d}-{number}", captured_at, offered_at)
    steps = [each for each in moments(life_of(rng, buyer, plan.has_truth), offered_at) if each[1] <= plan.end]
    return Fate(_lead(buyer, company), buyer, steps, offered_at)


def _lead(buyer: Buyer, company: Company) -> Lead:
    campaign, at = company.campaigns[buyer.facts["source"], buyer.effort], buyer.captured_at
    entry = Statement(SYSTEM, at).entry
    stated = [*buyer.facts, *(f"{ATTRIBUTES}.{key}" for key in buyer.attributes), "campaign"]
    first = {**entry, "source": buyer.facts["source"], "campaign": campaign.pk}
    return Lead(
        **buyer.facts,
        attributes=buyer.attributes,
        campaign=campaign,
        entered_at=at,
        created_at=at,
        provenance=dict.fromkeys(stated, entry) | {CAPTURE: first},
    )


def _points(fate: Fate, company: Company) -> list[Touchpoint]:
    campaign = company.campaigns[fate.buyer.facts["source"], fate.buyer.effort]
    return [
        Touchpoint(lead=fate.lead, kind=kind, at=at, source=fate.buyer.facts["source"], campaign=campaign)
        for kind, at in fate.buyer.touchpoints
    ]


def _meets(fate: Fate, criteria: Any, points: Sequence[Touchpoint]) -> bool:
    """As it is when it is handed over. Its touchpoints are at hand: to ask for those of each lead would take long."""
    listed = ListedPoints(Point(each.kind, each.at, each.detail, str(each.campaign)) for each in points)
    of_points = dict.fromkeys(("touchpoints", "event", "last_touchpoint"), listed)
    values = ChainMap[str, Any](of_points, cast("MutableMapping[str, Any]", fate.lead.facts()))
    return all_hold(criteria, values, fate.offered_at)


def _acts(fate: Fate, lead: Lead, plan: Plan, company: Company) -> Iterator[PastAct]:
    if fate.offered_at > plan.end:
        return
    rep = company.reps[lead.pk % len(company.reps)]
    yield PastAct(
        verb=Verb.PROMOTE, at=fate.offered_at, by=company.marketer, facts={"owner": rep, "team": company.team}
    )
    for step, at in fate.steps:
        facts, deal = dict(step.facts), None
        match step.verb:
            case Verb.REJECT:
                facts |= {"reason": company.reasons[facts["reason"]], "retry_on": None, "wrong_field": ""}
            case Verb.TOUCH:
                facts = TOUCHED | {"at": at}
            case Verb.CONVERT:
                facts, deal = {}, _deal(lead, at, plan, **facts)
        yield PastAct(verb=Verb(step.verb), at=at, by=rep, facts=facts, deal=deal)


def _deal(lead: Lead, at: datetime, plan: Plan, *, state: str, amount: int, closes: timedelta) -> Opportunity:
    """As it stands at the end of the year: some deals are still open then."""
    is_open = state == DealState.OPEN or at + closes > plan.end
    return Opportunity(
        lead=lead,
        name=f"{lead.company}: planner",
        amount=Decimal(amount),
        currency="EUR",
        state=DealState.OPEN if is_open else DealState(state),
        opened_at=at,
        closed_at=None if is_open else at + closes,
    )
