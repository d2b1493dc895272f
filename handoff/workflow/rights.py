"""Who may do what: the rights that the cards of the verbs name, and what every door asks."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from handoff.workflow.cards import CARDS
from leads.cards import ATTRIBUTES
from leads.facts import Fact, contact_facts, fact, facts, seen_facts
from leads.models import MARKETING, SALES, Lead, Role, State, User, Verb, Via

WITH_SALES = (State.MQL, State.SAL, State.SQL)
CLOCKED = (*WITH_SALES, State.REJECTED)

# Who may, in the words of a refusal.
WORKERS = "its owner or the manager of its team may"
WHOEVER_OWES = f"{WORKERS}, marketing once it is Rejected, and RevOps"
MARKETERS = "marketing may"
ARBITERS = "an arbiter of RevOps may, who belongs to neither side"
REVOPS = "RevOps may"


def applies(verb: str, lead: Lead, at: datetime) -> bool:
    """The lead is in a state where the verb can be done."""
    return CARDS[verb].applies(lead, at)


def may(user: User | None, verb: str, lead: Lead, via: str = Via.SYSTEM) -> bool:
    """This person may do the verb with this lead. None is the system."""
    return CARDS[verb].permits(user, lead, via)


def can(user: User, lead: Lead, at: datetime) -> list[Verb]:
    """The verbs that this person can do with this lead at a moment; those about one clock are offered with that."""
    cards = [card for card in map(CARDS.__getitem__, Verb) if not (card.is_about_clock or card.is_about_act)]
    return [card.verb for card in cards if card.applies(lead, at) and card.permits(user, lead)]


def may_capture(user: User) -> bool:
    """This person may bring leads in, and bring existing ones up to date."""
    return user.is_active and user.has_role(*MARKETING, Role.REVOPS)


def may_correct(user: User, lead: Lead, names: Collection[str]) -> bool:
    """This person may correct these plain facts of the lead: who works it, only how the buyer is reached.

    Of attributes, those that their roles may edit.
    """
    correctable = {each.name for each in contact_facts()}
    plain = {name for name in names if "." not in name}
    is_theirs = may_capture(user) or (user.is_active and works(user, lead) and correctable.issuperset(plain))
    return is_theirs and not forbidden_attributes(user, names)


def forbidden_attributes(user: User, names: Collection[str]) -> list[Fact]:
    """Those of these attributes that this person sees and may not edit, at any lead. What they do not see is unknown
    to them, and is refused as any other name that is."""
    seen = {each.name: each for each in seen_facts(user.roles) if each.key}
    return [seen[name] for name in sorted(names) if name in seen and not seen[name].is_edited_by(user.roles)]


def unseen_attributes(user: User, names: Collection[str]) -> list[str]:
    """Names of attributes that this person may not see, or that are not there."""
    seen = {each.name for each in seen_facts(user.roles)}
    return [name for name in sorted(names) if "." in name and name not in seen]


def seen_words(words: Mapping[str, Any], roles: Collection[str]) -> dict[str, Any]:
    """What an act states, as these roles may read it: without the names of attributes that they do not see, and
    without what undoing a merge needs, as it holds the values of all of them."""
    return {
        name: [each for each in value if names_seen(each, roles)] if isinstance(value, list) else value
        for name, value in words.items()
        if name != "moved" and names_seen(name, roles)
    }


def names_seen(name: Any, roles: Collection[str] | None) -> bool:
    """It names no attribute that these roles do not see, also no archived one."""
    if roles is None or not isinstance(name, str) or not name.startswith(f"{ATTRIBUTES}."):
        return True
    try:
        return fact(name).is_seen_by(roles)
    except KeyError:
        return False


def editable_facts(user: User, lead: Lead | None = None) -> list[Fact]:
    """The facts that this person may state of a lead, or of any lead that they bring in."""
    wanted = [each for each in facts() if each.is_seen_by(user.roles)]
    if lead is None:
        return [each for each in wanted if may_capture(user) and not forbidden_attributes(user, [each.name])]
    return [each for each in wanted if may_correct(user, lead, [each.name])]


def edits(user: User, lead: Lead) -> bool:
    """This person may state some fact of the lead. A page asks it a dozen times, and one fact is enough."""
    return any(may_correct(user, lead, [each.name]) for each in facts() if each.is_seen_by(user.roles))


def whose_attribute(attribute: Fact) -> str:
    """Completes a refusal: who may edit it."""
    return f"{attribute.label} is edited by {', '.join(sorted(attribute.edited_by))}"


def sees_all(user: User) -> bool:
    """This person may see every lead."""
    return user.has_role(*MARKETING, Role.REVOPS)


def sees(user: User, lead: Lead) -> bool:
    """This person may see the lead: the same as LeadQuerySet.visible_to asks of the database."""
    if sees_all(user):
        return True
    return user.has_role(*SALES) and (lead.owner_id == user.pk or _is_of_teams(user, lead))


def sees_or_acted_last(user: User, lead: Lead) -> bool:
    """Whoever gave a lead away may see it no longer, and take that back all the same."""
    return sees(user, lead) or lead.transitions.order_by("-pk").values_list("by", flat=True).first() == user.pk


def works(user: User, lead: Lead) -> bool:
    """The owner, or the manager of its team."""
    return (lead.owner_id == user.pk and user.has_role(*SALES)) or _manages(user, lead)


def markets(user: User, lead: Lead) -> bool:  # noqa: ARG001 the same shape as the others
    return user.has_role(*MARKETING)


def rejects(user: User, lead: Lead) -> bool:
    return markets(user, lead) if lead.state == State.RAW else works(user, lead)


def assigns(user: User, lead: Lead) -> bool:
    return _takes(user, lead) or _manages(user, lead) or merges(user, lead)


def merges(user: User, lead: Lead) -> bool:
    return markets(user, lead) or runs_operations(user, lead)


def undoes_merge(user: User, lead: Lead) -> bool:
    """RevOps, and whoever has merged it."""
    if lead.merged_into_id is None or runs_operations(user, lead):
        return runs_operations(user, lead)
    merged = lead.transitions.filter(verb=Verb.MERGE).order_by("-pk").values_list("by_id", flat=True)
    return merged.first() == user.pk


def owes(user: User, lead: Lead) -> bool:
    """Whoever owes what the clocks of the lead measure may pause them, or answer their alarms; and RevOps."""
    return runs_operations(user, lead) or (markets(user, lead) if lead.state == State.REJECTED else works(user, lead))


def runs_operations(user: User, lead: Lead) -> bool:  # noqa: ARG001 the same shape as the others
    return user.has_role(Role.REVOPS)


def arbitrates(user: User, lead: Lead) -> bool:  # noqa: ARG001 the dispute itself is judged by the verb
    return user.has_role(Role.REVOPS) and not user.has_role(*MARKETING, *SALES)


def _takes(user: User, lead: Lead) -> bool:
    """A rep may take what waits without an owner in the queue of their team."""
    return user.has_role(Role.SALES_REP) and lead.owner_id is None and lead.team_id in user.team_ids


def _manages(user: User, lead: Lead) -> bool:
    return user.has_role(Role.SALES_MANAGER) and _is_of_teams(user, lead)


def _is_of_teams(user: User, lead: Lead) -> bool:
    return lead.team_id in user.team_ids or bool(lead.owner and lead.owner.team_id in user.team_ids)
