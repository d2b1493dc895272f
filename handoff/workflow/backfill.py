"""The past of many leads at once: what the verbs write for one raw lead after the other, in a few statements.

It is for deals of the past only, which notify nobody and run no clock, and for leads that were never handed over, on
which nothing waits. A test holds it to what the verbs write.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction

from handoff.agreement.packet import snapshot
from handoff.doors import Door
from handoff.models import Decision, Handoff
from handoff.refusals import FactsRefused
from handoff.workflow.deals import attribute
from handoff.workflow.facts import as_json, check
from handoff.workflow.facts.sales import ConvertFacts
from leads.models import Definition, Lead, Opportunity, Stage, State, Transition, Verb
from leads.moments import EARLIEST, LATEST

STEPS = (Verb.PROMOTE, Verb.ACCEPT, Verb.QUALIFY, Verb.CONVERT)


@dataclass(frozen=True)
class PastDeal:
    """A lead that became an opportunity at a moment, with the facts of its conversion as far as they are on record.

    Beside them, whatever else is known of its deal.
    """

    lead_id: int
    at: datetime
    facts: Mapping[str, Any]
    details: Mapping[str, Any] = field(default_factory=dict)


@transaction.atomic
def convert_raw(deals: Sequence[PastDeal], *, door: Door) -> dict[int, Opportunity]:
    """Walk raw leads through all stages up to their opportunities, at moments that never go backwards.

    Returns the opportunities by lead. A lead that is missing there is none of these, or has facts that do not fit: do
    its verbs one by one, which says why.
    """
    raw = Lead.objects.filter(state=State.RAW, cycle=0, merged_into=None)
    locked = raw.filter(pk__in=[deal.lead_id for deal in deals]).order_by("pk").select_for_update(no_key=True)
    # First the locks, then the rows with their relations: a joined row would be the one from before the wait.
    ids = list(locked.values_list("pk", flat=True))
    leads = Lead.objects.filter(pk__in=ids).select_related("campaign").order_by("pk")
    past = {deal.lead_id: deal for deal in deals}
    walks = [_Walk(lead, max(past[lead.pk].at, lead.entered_at), _deal(lead, past[lead.pk])) for lead in leads]
    walked = [walk for walk in walks if walk.deal.name and EARLIEST <= walk.at <= LATEST]
    made = Opportunity.objects.bulk_create(walk.deal for walk in walked)
    history = Transition.objects.bulk_create(move for walk in walked for move in walk.moves(door))
    promotions = [move for move in history if move.verb == Verb.PROMOTE]
    definition = Definition.active(Stage.MQL)
    Handoff.objects.bulk_create(
        walk.handoff(promotion, definition) for walk, promotion in zip(walked, promotions, strict=True)
    )
    for walk in walked:
        walk.lead.save(update_fields=["state", "entered_at", "cycle", "reenter_on", "updated_at"])
    return {opportunity.lead_id: opportunity for opportunity in made}


@dataclass(frozen=True)
class _Walk:
    """One lead on its way."""

    lead: Lead
    at: datetime
    deal: Opportunity

    def moves(self, door: Door) -> list[Transition]:
        return [self._move(verb, door) for verb in STEPS]

    def _move(self, verb: Verb, door: Door) -> Transition:
        """Let the state machine judge and move, and say what it did."""
        from_state = self.lead.state
        getattr(self.lead, verb)(self.at)
        return Transition(
            lead=self.lead,
            verb=verb,
            from_state=from_state,
            to_state=self.lead.state,
            cycle=self.lead.cycle,
            owner_id=self.lead.owner_id,
            team_id=self.lead.team_id,
            at=self.at,
            via=door.via,
            historical=True,
            request_id=door.request_id,
            facts=as_json(self.deal.as_facts()) if verb == Verb.CONVERT else {},
        )

    def handoff(self, promotion: Transition, definition: Definition | None) -> Handoff:
        return Handoff(
            lead=self.lead,
            cycle=self.lead.cycle,
            transition=promotion,
            definition=definition,
            packet=snapshot(self.lead),
            offered_to_id=self.lead.owner_id,
            offered_at=self.at,
            decision=Decision.ACCEPTED,
            decided_at=self.at,
        )


def _deal(lead: Lead, past: PastDeal) -> Opportunity:
    """Its deal, unsaved; one without a name when the facts do not fit."""
    try:
        facts = check(ConvertFacts, Verb.CONVERT, lead, past.facts, historical=True)
    except FactsRefused:
        return Opportunity()
    known = {**facts, **past.details}
    return Opportunity(lead=lead, **{attribute(name): value for name, value in known.items()})
