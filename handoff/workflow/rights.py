"""Who may do what: one table for every door."""

from collections.abc import Callable, Collection

from django.utils import timezone
from django_fsm import can_proceed

from leads.facts import contact_facts
from leads.models import MARKETING, SALES, Lead, Role, State, User, Verb, Via

WITH_SALES = (State.MQL, State.SAL, State.SQL)
CLOCKED = (*WITH_SALES, State.REJECTED)

# The acts that move no state, and where a lead must stand for them. The others are judged by the state machine.
ACTS: dict[str, tuple[State, ...]] = {
    Verb.ASSIGN: (State.RAW, *WITH_SALES),
    Verb.TOUCH: tuple(State),
    Verb.ANSWER: (State.REJECTED,),
    Verb.DISPUTE: (State.REJECTED,),
    Verb.COMMENT: tuple(State),
    Verb.MERGE: (State.RAW, *WITH_SALES, State.REJECTED),
    Verb.UPHOLD: (State.REJECTED,),
    Verb.PAUSE: CLOCKED,
    Verb.RESUME: CLOCKED,
    Verb.ACKNOWLEDGE: CLOCKED,
    Verb.EXCUSE: tuple(State),
    Verb.REJUDGE: CLOCKED,
}
ABOUT_CLOCKS = frozenset({Verb.ACKNOWLEDGE, Verb.EXCUSE, Verb.REJUDGE})
"""Verbs about one clock or alarm, which is where they are offered."""
VERBS: tuple[Verb, ...] = (
    Verb.PROMOTE,
    Verb.ACCEPT,
    Verb.QUALIFY,
    Verb.CONVERT,
    Verb.REJECT,
    Verb.RECYCLE,
    Verb.RESUBMIT,
    Verb.OVERTURN,
    *(Verb(act) for act in ACTS),
)


def applies(verb: str, lead: Lead) -> bool:
    """The lead stands where the verb can be done."""
    if lead.merged_into_id is not None:
        return verb in (Verb.COMMENT, Verb.EXCUSE)
    if verb == Verb.RESUME and not lead.is_paused(timezone.now()):
        return False
    if verb in ACTS:
        return lead.state in ACTS[verb]
    return can_proceed(getattr(lead, verb))


def may(user: User | None, verb: str, lead: Lead, via: str = Via.SYSTEM) -> bool:
    """This person may do the verb with this lead. Nobody is the system: it does a few things, and imports anything."""
    if user is None:
        return via == Via.IMPORT or verb in (Verb.PROMOTE, Verb.ASSIGN, Verb.TOUCH, Verb.REJUDGE)
    return user.is_active and _RIGHTS[verb](user, lead)


def can(user: User, lead: Lead) -> list[Verb]:
    """The verbs that this person can do with this lead now. Those about one clock are offered with the clock."""
    offered = [verb for verb in VERBS if verb not in ABOUT_CLOCKS]
    return [verb for verb in offered if applies(verb, lead) and may(user, verb, lead)]


def may_capture(user: User) -> bool:
    """This person may bring leads in, and bring known ones up to date."""
    return user.is_active and user.has_role(*MARKETING, Role.REVOPS)


def may_correct(user: User, lead: Lead, facts: Collection[str]) -> bool:
    """This person may correct these plain facts of the lead: who works it, only how the buyer is reached."""
    correctable = {fact.name for fact in contact_facts()}
    return may_capture(user) or (user.is_active and _works(user, lead) and correctable.issuperset(facts))


def sees(user: User, lead: Lead) -> bool:
    """This person may see the lead: the same as LeadQuerySet.visible_to asks of the database."""
    if user.has_role(*MARKETING, Role.REVOPS):
        return True
    return user.has_role(*SALES) and (lead.owner_id == user.pk or _is_of_teams(user, lead))


def _manages(user: User, lead: Lead) -> bool:
    if not user.has_role(Role.SALES_MANAGER):
        return False
    return _is_of_teams(user, lead)


def _is_of_teams(user: User, lead: Lead) -> bool:
    return lead.team_id in user.team_ids or bool(lead.owner and lead.owner.team_id in user.team_ids)


def _works(user: User, lead: Lead) -> bool:
    return (lead.owner_id == user.pk and user.has_role(*SALES)) or _manages(user, lead)


def _markets(user: User, lead: Lead) -> bool:  # noqa: ARG001 the same shape as the others
    return user.has_role(*MARKETING)


def _rejects(user: User, lead: Lead) -> bool:
    return _markets(user, lead) if lead.state == State.RAW else _works(user, lead)


def _assigns(user: User, lead: Lead) -> bool:
    return _takes(user, lead) or _manages(user, lead) or user.has_role(*MARKETING, Role.REVOPS)


def _takes(user: User, lead: Lead) -> bool:
    """A rep may take what waits unowned in the queue of his team."""
    return user.has_role(Role.SALES_REP) and lead.owner_id is None and lead.team_id in user.team_ids


def _holds(user: User, lead: Lead) -> bool:
    """Whoever owes what its clocks measure may hold them, or answer their alarms; and RevOps."""
    return user.has_role(Role.REVOPS) or (_markets(user, lead) if lead.state == State.REJECTED else _works(user, lead))


def _runs_operations(user: User, lead: Lead) -> bool:  # noqa: ARG001 the same shape as the others
    return user.has_role(Role.REVOPS)


def _arbitrates(user: User, lead: Lead) -> bool:  # noqa: ARG001 the dispute itself is judged by the verb
    return user.has_role(Role.REVOPS) and not user.has_role(*MARKETING, *SALES)


_RIGHTS: dict[str, Callable[[User, Lead], bool]] = {
    Verb.PROMOTE: _markets,
    Verb.ACCEPT: _works,
    Verb.QUALIFY: _works,
    Verb.CONVERT: _works,
    Verb.REJECT: _rejects,
    Verb.RECYCLE: _markets,
    Verb.RESUBMIT: _markets,
    Verb.OVERTURN: _arbitrates,
    Verb.ASSIGN: _assigns,
    Verb.TOUCH: _works,
    Verb.ANSWER: _markets,
    Verb.DISPUTE: _markets,
    Verb.COMMENT: sees,
    Verb.UPHOLD: _arbitrates,
    Verb.PAUSE: _holds,
    Verb.RESUME: _holds,
    Verb.ACKNOWLEDGE: _holds,
    Verb.EXCUSE: _runs_operations,
    Verb.REJUDGE: _runs_operations,
    Verb.MERGE: lambda user, lead: user.has_role(*MARKETING, Role.REVOPS),  # noqa: ARG005
}
