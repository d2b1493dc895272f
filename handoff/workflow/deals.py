"""The deals of a lead: its conversion opens the first, and each change of one is an act in the history of the lead."""

from collections.abc import Mapping
from typing import Any, Unpack

from handoff.refusals import FactsRefused
from handoff.workflow.act import Act
from handoff.workflow.before import columns_of, put_back
from handoff.workflow.cards import Card
from handoff.workflow.facts.deals import IMPORTED, UpdateDealFacts, UpdateDealGiven
from handoff.workflow.rights import WORKERS, works
from handoff.workflow.verb import verb
from leads.models import DealState, Opportunity, State, Transition, Verb, Via

__all__ = ["update_deal"]
_COLUMNS = [field.attname for field in Opportunity._meta.concrete_fields if field.name not in ("id", "lead")]


def give_back(act: Act, done: Transition) -> None:  # noqa: ARG001 the same shape as the others
    """The deal is as it was; one that the act has opened is gone."""
    was = done.kept["deal"]
    deal = Opportunity.objects.get(pk=was["id"])
    if changed := put_back(deal, was):
        deal.save(update_fields=changed)
    else:
        deal.delete()


@verb(
    Card(
        Verb.UPDATE_DEAL,
        facts=UpdateDealFacts,
        may=works,
        who=WORKERS,
        states=(State.OPPORTUNITY,),
        aside=IMPORTED,
        undo=give_back,
    )
)
def update_deal(act: Act, **given: Unpack[UpdateDealGiven]) -> Transition:
    """Bring a deal of the lead up to date, or open another one: its stage, its amount, how it ended."""
    deal = act.facts.pop("deal") or new_deal(act)
    stated = act.facts | {name: value for name, value in given.items() if name in IMPORTED}
    changes = {name: value for name, value in stated.items() if getattr(deal, attribute(name)) != value}
    if not changes:
        raise FactsRefused("Nothing would change: the deal is like this already.")
    keep(act, deal, changes)
    return act.record()


def new_deal(act: Act) -> Opportunity:
    """A deal of the lead, unsaved. An import says itself when it was opened, if its file does."""
    return Opportunity(lead=act.lead, opened_at=None if act.door.via == Via.IMPORT else act.at)


def keep(act: Act, deal: Opportunity, changes: Mapping[str, Any]) -> None:
    """Save a deal with what changes of it, and let the act say all that is known of it now."""
    was = {} if deal.pk is None else columns_of(deal, _COLUMNS)
    for name, value in changes.items():
        setattr(deal, attribute(name), value)
    if deal.state == DealState.OPEN:
        deal.closed_at = None
    elif deal.closed_at is None and act.door.via != Via.IMPORT:
        deal.closed_at = act.at
    deal.clean_fields(exclude=["lead", "owner"])
    deal.save()
    act.facts = deal.as_facts()
    act.before["deal"] = was or {"id": deal.pk}


def attribute(fact: str) -> str:
    """Where a deal keeps a fact: its owner is not that of the lead, so the history calls it otherwise."""
    return "owner" if fact == "deal_owner" else fact
