"""Agreeing on what a stage means: a version is in force once one person of each side has signed it."""

from django.db import transaction
from django.utils import timezone

from handoff.refusals import FactsRefused, NotAllowed
from leads.models import Definition, Role, User

SIGNS = {Role.MARKETING_LEAD: "marketing_signatory", Role.SALES_MANAGER: "sales_signatory"}
"""Whose signature stands for which side."""


def side_to_sign(user: User, definition: Definition) -> str:
    """The signature that this person may still give; empty when there is none."""
    sides = (field for role, field in SIGNS.items() if user.has_role(role))
    return next((field for field in sides if getattr(definition, field) is None), "")


@transaction.atomic
def sign(definition_id: int, *, by: User) -> Definition:
    """Sign a draft for one's side. The second signature puts it in force."""
    if not by.has_role(*SIGNS):
        raise NotAllowed("A marketing lead and a sales manager sign definitions.")
    # Locked, so that two who sign at once do not both find the other's signature missing.
    definition = Definition.objects.select_for_update(no_key=True, of=("self",)).get(pk=definition_id)
    side = side_to_sign(by, definition)
    if definition.active_from or not side:
        raise FactsRefused(f"The {definition} does not wait for your signature.")
    if by.pk in (definition.marketing_signatory_id, definition.sales_signatory_id):
        raise FactsRefused("One person cannot sign for both sides: somebody else must sign for the other.")
    setattr(definition, side, by)
    if definition.marketing_signatory_id and definition.sales_signatory_id:
        definition.active_from = timezone.now()
    definition.save(update_fields=[side, "active_from"])
    return definition
