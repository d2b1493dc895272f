"""What a lead must show before it may pass: definitions, touches, cool-off and limits."""

from handoff.models import Handoff
from handoff.refusals import FactsRefused
from handoff.workflow.act import Act
from leads.conditions import unmet
from leads.models import Definition, Verb

RECYCLE_LIMIT = 3


def meets(act: Act, definition: Definition | None) -> None:
    """Refuse a lead that does not meet a definition, naming each criterion with what is there and what is wanted."""
    roles = act.by.roles if act.by else None
    missing = unmet(definition.criteria, act.lead.facts(), roles, act.at) if definition else []
    if missing:
        raise FactsRefused(f"{act.lead} does not meet the {definition}: {'; '.join(missing)}.", {"criteria": missing})


def cooled_off(act: Act) -> None:
    """Refuse to promote a recycled lead before its re-entry date. One that came with a merge only reminds of it."""
    reenter_on = act.lead.reenter_on
    if reenter_on and act.today < reenter_on and act.lead.transitions.filter(verb=Verb.RECYCLE).exists():
        complaint = f"{act.lead} was recycled until {reenter_on}: promote it from then on."
        raise FactsRefused(complaint, {"reenter_on": [complaint]})


def may_recycle_again(act: Act) -> None:
    if act.lead.transitions.filter(verb=Verb.RECYCLE).count() >= RECYCLE_LIMIT:
        raise FactsRefused(
            f"{act.lead} has been recycled {RECYCLE_LIMIT} times, which is the limit: answer with retire instead."
        )


def touched(act: Act) -> None:
    """Refuse to qualify a lead that no human has contacted since it was handed over."""
    offered_at = Handoff.objects.get(lead=act.lead, cycle=act.lead.cycle).offered_at
    if not act.lead.touches.filter(automatic=False, at__gte=offered_at).exists():
        raise FactsRefused(f"Nobody has contacted {act.lead} since it was handed over: log a touch first.")
