"""What buyers did, from any door; whoever owes the next step is notified if a known one asks for something."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from django.db import transaction

from handoff.doors import SHELL, Door
from handoff.workflow.new_intent import announce_intent, is_intent
from handoff.workflow.plain_facts import judge_touched, reevaluate_scored, upsert_many
from handoff.workflow.promotion import promote_changed
from leads import touchpoints
from leads.incoming import Incoming
from leads.models import Lead, Touchpoint
from leads.touchpoints import Recorded, Refusal, Stated, UnknownBuyer


@dataclass(frozen=True)
class Done:
    """A touchpoint that was recorded, and whether a new lead or new intent is behind it."""

    point: Touchpoint
    outcome: touchpoints.Outcome
    is_new_intent: bool = False
    is_new_lead: bool = False


def record_touchpoints(points: Iterable[Stated], *, door: Door = SHELL) -> list[Done | Refusal]:
    """Keep them in a few statements, each once; one that is refused spoils no other."""

    def announce(done: Sequence[Recorded]) -> None:
        reevaluate_scored(sorted({each.lead.pk for each in done if each.outcome != "unchanged"}), door=door)
        for each in done:
            if _is_new_intent(each):
                announce_intent(each.lead, each.point, door)
        changed = {each.lead.pk: each.lead for each in done if each.outcome != "unchanged"}
        judge_touched(sorted(changed), door)
        promote_changed(changed.values(), door)

    recorded = touchpoints.record(points, then=announce)
    return [
        Done(each.point, each.outcome, _is_new_intent(each)) if isinstance(each, Recorded) else each
        for each in recorded
    ]


@transaction.atomic
def record_touchpoint(stated: Stated, *, create_lead: bool = False, door: Door = SHELL) -> Done:
    """Keep one, and with `create_lead` make the lead of a buyer who is not known yet. Raises what it is refused for."""
    [done] = record_touchpoints([stated], door=door)
    if not (create_lead and isinstance(done, UnknownBuyer)):
        return _unless_refused(done)
    [made] = upsert_many([_capture(stated)], door=door)
    if isinstance(made, Exception):
        raise made
    [done] = record_touchpoints([_dated(stated, made.lead)], door=door)
    kept = _unless_refused(done)
    return Done(kept.point, kept.outcome, kept.is_new_intent, is_new_lead=made.outcome == "created")


def _capture(stated: Stated) -> Incoming:
    """How the buyer came in. What they wrote is kept with the touchpoint."""
    fields = {name: value for name, value in stated.who.fields.items() if name != "message"}
    return replace(stated.who, fields=fields)


def _dated(stated: Stated, lead: Lead) -> Stated:
    """By what its lead was made with: a moment later, the buyer would seem to ask again."""
    if stated.who.at or stated.who.fields.get("created_at"):
        return stated
    return replace(stated, who=replace(stated.who, at=lead.created_at))


def _is_new_intent(done: Recorded) -> bool:
    return done.is_new and is_intent(done.lead, done.point)


def _unless_refused(done: Done | Refusal) -> Done:
    if isinstance(done, Exception):
        raise done
    return done
