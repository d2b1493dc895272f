"""What a lead must show before it may pass: definitions, and the numbers of the signed handoff rules."""

from handoff.agreement.handoff_rules import rules_of
from handoff.models import Handoff, Rejection
from handoff.refusals import FactsRefused
from handoff.workflow import requalifying
from handoff.workflow.act import Act
from handoff.workflow.facts import day_of
from leads.conditions import unmet
from leads.models import Definition, Verb


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


def requalified(act: Act) -> None:
    """Refuse to hand over again what sales rejected too lately, or what shows nothing new since."""
    rejection = requalifying.last_rejection(act.lead) if act.lead.cycle else None
    if rejection is None:
        return
    rules, rejected_on = rules_of(act.lead, rejection.cycle), day_of(rejection.at, act.by)
    complaints = {
        "cool_off": requalifying.not_yet(act.lead, rules, rejection, act.today, rejected_on),
        "evidence": requalifying.nothing_new(act.lead, rules, rejection, rejected_on),
    }
    wrong = {name: [words] for name, words in complaints.items() if words}
    if wrong:
        raise FactsRefused(" ".join(words for [words] in wrong.values()), wrong)


def goes_to_another(act: Act) -> None:
    """Refuse to give a lead that was recycled to the rep who had it: call it once its owner is set."""
    complaint = requalifying.not_for(act.lead.owner, act.lead)
    if complaint:
        raise FactsRefused(complaint, {"owner": [complaint]})


def may_recycle_again(act: Act) -> None:
    rules = rules_of(act.lead)
    if requalifying.times_recycled(act.lead) >= rules.recycle_limit:
        times = f"{rules.recycle_limit} time{'' if rules.recycle_limit == 1 else 's'}"
        raise FactsRefused(
            f"{act.lead} has been recycled {times}, which is the limit of the {rules}: answer with retire instead."
        )


def may_still_dispute(act: Act, rejection: Rejection) -> None:
    """Refuse a dispute after the days that the rules give for it."""
    rules = rules_of(act.lead)
    ends = rules.dispute_ends_on(day_of(rejection.at, act.by))
    if ends and act.today > ends:
        raise FactsRefused(
            f"The {rules} let a rejection be disputed within {rules.dispute_days} days, which ended on {ends}: "
            "answer it in another way."
        )


def touched(act: Act) -> None:
    """Refuse to qualify a lead that too few humans have contacted since it was handed over."""
    handoff = Handoff.objects.select_related("rules").get(lead=act.lead, cycle=act.lead.cycle)
    rules = handoff.governed_by
    logged = act.lead.touches.filter(automatic=False, at__gte=handoff.offered_at).count()
    if logged >= rules.touches_to_qualify:
        return
    if rules.touches_to_qualify == 1:
        raise FactsRefused(f"Nobody has contacted {act.lead} since it was handed over: log a touch first.")
    raise FactsRefused(
        f"The {rules} ask for {rules.touches_to_qualify} touches since the handoff before {act.lead} is qualified; "
        f"there are {logged}: log the others first."
    )
