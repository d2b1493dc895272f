"""Promotion by itself: a raw lead that has come to meet a definition that promotes is handed over to sales, once.

Triggers mark the leads to judge. What a single request has changed is judged in its own transaction; the rest by a
worker, in parts, as well as the leads that were there when the definition came into force.
"""

import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from datetime import time as time_of_day

import structlog
from django.db import InterfaceError, OperationalError, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from handoff.alerts import worker
from handoff.alerts.leases import leased
from handoff.doors import Door
from handoff.refusals import Refused
from handoff.workflow.marketing import promote
from handoff.workflow.requalifying import reps_to_avoid
from handoff.workflow.rotation import next_owner
from leads.conditions import all_hold, as_filter
from leads.conditions.timing import comes_with_time, next_change
from leads.models import SALES, Candidate, Definition, Lead, Receiver, Stage, State, Team, Touchpoint, User, Via
from leads.models.signed import read_once

AT_ONCE = 20  # leads that a request judges itself
CHUNK = 200  # marks that are read at a time
TOGETHER = 20  # leads that a worker promotes in one transaction: who wants one of them waits for all
LOOKED_AT = 5000  # leads that are looked at in one transaction after a definition came into force
RUN_SECONDS = 30  # a run of a worker begins nothing after it; the next one goes on
SHARED_SECONDS = 0.5  # where one process does everything
LEASE, LEASE_SECONDS = "promotion", 30
HELD_AGAIN, REFUSED_AGAIN = timedelta(seconds=1), timedelta(hours=1)

log = structlog.get_logger(__name__)
GoOn = Callable[[], bool]


def promoting() -> Definition | None:
    """The definition in force, if it promotes by itself."""
    definition = Definition.active(Stage.MQL)
    return definition if definition and definition.promotes else None


def promote_changed(leads: Iterable[Lead], door: Door) -> None:
    """Promote those of these leads that meet the definition by now: call it where they were changed, locked.

    Files bring many, of which they may say more in the same transaction: those are left to the worker.
    """
    by_id = {lead.pk: lead for lead in leads}
    if not 0 < len(by_id) <= AT_ONCE or door.historical or door.via == Via.IMPORT:
        return
    if not Candidate.objects.filter(lead__in=by_id).exists():
        return
    definition = promoting()
    if definition is None:
        return
    for lead_id in sorted(_meeting(definition, by_id, timezone.now())):
        _promote(_locked().get(pk=lead_id), definition, door.request_id)
        by_id[lead_id].refresh_from_db()


def _is_wanted() -> bool:
    return not worker.is_shutting_down()


def run_in_turn(is_wanted: GoOn = _is_wanted, seconds: float | None = None) -> None:
    """Judge what is due, unless another process is at it already. Beat calls it, and the promoter."""
    definition = promoting()
    if definition is None or (definition.looked_to is None and not _due(timezone.now()).exists()):
        return
    usual = SHARED_SECONDS if worker.has_one_process() else RUN_SECONDS
    ends_at = time.monotonic() + (usual if seconds is None else seconds)
    run(lambda: time.monotonic() < ends_at and is_wanted())


def next_due() -> datetime | None:
    """When the next lead is to be judged; None while no definition promotes by itself."""
    return Candidate.objects.order_by("due_at").values_list("due_at", flat=True).first() if promoting() else None


def run(go_on: GoOn = lambda: True) -> None:
    """Judge until nothing is due. Killed at any point, it has promoted whole leads; all others stay marked."""
    with leased(LEASE, LEASE_SECONDS) as renew:
        while renew and renew() and go_on():
            definition = promoting()
            if definition is None or not (_look_at_more(definition) | _judge_due(definition, go_on)):
                return


def _due(now: datetime) -> QuerySet[Candidate]:
    return Candidate.objects.filter(due_at__lte=now).order_by("due_at", "pk")


@transaction.atomic
def _look_at_more(definition: Definition) -> bool:
    """Mark some of the leads that were there before; False when all were looked at."""
    if definition.looked_to is None:
        return False
    ids = Lead.objects.filter(pk__gt=definition.looked_to).order_by("pk").values_list("pk", flat=True)[:LOOKED_AT]
    last = max(ids, default=None)
    row = Definition.objects.filter(pk=definition.pk, looked_to=definition.looked_to)
    if not row.update(looked_to=last):
        return True  # another process has dealt with them
    if last is None:
        return False
    part = _raw().filter(pk__gt=definition.looked_to, pk__lte=last).filter(as_filter(_lasting(definition)))
    Candidate.objects.bulk_create(
        Candidate(lead_id=pk, due_at=timezone.now()) for pk in part.values_list("pk", flat=True)
    )
    return True


def _judge_due(definition: Definition, go_on: GoOn) -> bool:
    """Judge some that are due; False when there are none. The marks go last, so whoever is killed leaves them."""
    now = timezone.now()
    marks = list(_due(now).values_list("pk", "lead_id")[:CHUNK])
    ids = {lead_id for _, lead_id in marks}
    meeting = _meeting(definition, ids, now)
    again: dict[int, datetime | None] = {}
    for part in _parts(sorted(meeting)):
        if not go_on():
            return True
        again |= _promote_part(part, definition)
    again |= _later(definition, ids - meeting, now)
    with transaction.atomic():
        Candidate.objects.filter(pk__in=[pk for pk, _ in marks]).delete()
        Candidate.objects.bulk_create(Candidate(lead_id=pk, due_at=at) for pk, at in sorted(again.items()) if at)
    return bool(marks)


def _raw() -> QuerySet[Lead]:
    return Lead.objects.filter(state=State.RAW, merged_into=None, do_not_contact=False).order_by()


def _meeting(definition: Definition, lead_ids: Collection[int], now: datetime) -> set[int]:
    """Those that may be handed over now, in one statement."""
    if not lead_ids:
        return set()
    today = now.astimezone(UTC).date()  # where the system is, which does it
    rested = Q(reenter_on=None) | Q(reenter_on__lte=today)
    leads = _raw().filter(rested, _is_new(), pk__in=lead_ids).filter(as_filter(definition.criteria, now))
    return set(leads.values_list("pk", flat=True))


def _is_new() -> Q:
    """Sales has not seen it before, or the buyer has done something since it came back: else it would go to and fro."""
    since = Touchpoint.objects.filter(lead=OuterRef("pk"), at__gt=OuterRef("entered_at"))
    return Q(cycle=0) | Q(Exists(since))


def _lasting(definition: Definition) -> list[dict[str, object]]:
    """The criteria that time alone does not fulfil."""
    return [each for each in definition.criteria if not comes_with_time(each)]


def _later(definition: Definition, lead_ids: Collection[int], now: datetime) -> dict[int, datetime | None]:
    """When those that do not meet it are to be judged again though nobody has changed them."""
    asked = [each for each in definition.criteria if comes_with_time(each)]
    leads = _raw().filter(pk__in=lead_ids).filter(as_filter(_lasting(definition), now)) if lead_ids else ()
    return {lead.pk: _next_chance(lead, asked, now) for lead in leads}


def _next_chance(lead: Lead, asked: Iterable[dict[str, object]], now: datetime) -> datetime | None:
    facts = lead.facts()
    moments = [] if all_hold(asked, facts, now) else [next_change(asked, facts, now)]
    if lead.reenter_on:
        moments.append(datetime.combine(lead.reenter_on, time_of_day.min, UTC))
    return min((moment for moment in moments if moment and moment > now), default=None)


def _parts(lead_ids: list[int]) -> Iterator[list[int]]:
    return (lead_ids[start : start + TOGETHER] for start in range(0, len(lead_ids), TOGETHER))


def _promote_part(lead_ids: list[int], definition: Definition) -> Mapping[int, datetime | None]:
    """Promote some, and say when the others are to be tried again. Where one fails, each is promoted by itself."""
    try:
        return _promote_together(lead_ids, definition)
    except (OperationalError, InterfaceError):
        raise  # our database is away, and no lead at fault
    except Exception:
        log.warning("promotion_in_parts", leads=lead_ids, exc_info=True)
    return {lead_id: _promote_in_turn(lead_id, definition) for lead_id in lead_ids}


@transaction.atomic
def _promote_together(lead_ids: list[int], definition: Definition) -> dict[int, datetime]:
    """In one transaction, in which what is in force is read once. All leads are locked first, as everywhere."""
    leads = {lead.pk: lead for lead in _locked(skip_locked=True).filter(pk__in=lead_ids).order_by("pk")}
    with read_once():
        refused = [pk for pk, lead in leads.items() if _hand_over(lead, definition)]
    if promoting() != definition:
        transaction.set_rollback(True)  # another has come into force meanwhile, which looks at all leads again
        return {}
    now = timezone.now()
    held = dict.fromkeys(set(lead_ids) - leads.keys(), now + HELD_AGAIN)
    return held | dict.fromkeys(refused, now + REFUSED_AGAIN)


def _promote_in_turn(lead_id: int, definition: Definition) -> datetime | None:
    """Promote one, and say when it is to be tried again."""
    with transaction.atomic():
        lead = _locked(skip_locked=True).filter(pk=lead_id).first()
        if lead is None:
            return timezone.now() + HELD_AGAIN
        refusal = _promote(lead, definition)
    return timezone.now() + REFUSED_AGAIN if refusal else None


def _locked(*, skip_locked: bool = False) -> QuerySet[Lead]:
    return Lead.objects.select_for_update(no_key=True, of=("self",), skip_locked=skip_locked)


def _promote(lead: Lead, definition: Definition, request_id: str = "") -> str:
    """Hand it over; or say why not. One that fails is set aside, and does not hold up the rest."""
    try:
        with transaction.atomic():
            return _hand_over(lead, definition, request_id)
    except (OperationalError, InterfaceError):
        raise  # our database is away, and not the lead at fault
    except Exception as error:
        log.exception("promotion_failed", lead=lead.pk)
        return f"It failed: {type(error).__name__}: {error}"


def _hand_over(lead: Lead, definition: Definition, request_id: str = "") -> str:
    """Promote a lead that is locked; or say why that was refused."""
    if lead.state != State.RAW or promoting() != definition:
        return ""  # somebody was faster, or the next version has come into force: the worker judges by that one
    owner, team = _receiver(lead, definition)
    note = f"By itself: it meets the {definition}."
    try:
        promote(lead.pk, by=None, door=Door(request_id=request_id), owner=owner, team=team, note=note)
    except Refused as refusal:
        return refusal.message
    return ""


def _receiver(lead: Lead, definition: Definition) -> tuple[User | None, Team | None]:
    """Whose it becomes. A lead that has an owner keeps them; one for whom nobody is in rotation waits in the queue."""
    avoided = reps_to_avoid(lead)
    if lead.owner and lead.owner.is_active and lead.owner_id not in avoided:
        return lead.owner, lead.team or lead.owner.team or definition.team
    owner = _owner_of_account(lead) if definition.receiver == Receiver.ACCOUNT else None
    if owner is not None:
        return owner, owner.team or definition.team
    if definition.receiver == Receiver.QUEUE or definition.team is None:
        return None, definition.team
    return next_owner(definition.team, timezone.now(), instead_of=avoided), definition.team


def _owner_of_account(lead: Lead) -> User | None:
    """Who works the newest other lead of the company."""
    if not lead.company:
        return None
    # As the index has it: by the company in upper case, of those that have an owner.
    others = Lead.objects.filter(company__iexact=lead.company, owner__isnull=False).exclude(company="")
    theirs = others.filter(owner__is_active=True, owner__groups__name__in=SALES).exclude(pk=lead.pk)
    newest = theirs.select_related("owner__team").order_by("-entered_at", "-pk").first()
    return newest.owner if newest else None
