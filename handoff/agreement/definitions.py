"""Agreeing on what a stage means: a version is in force once one person of each side has signed it."""

from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from handoff.refusals import FactsRefused, NotAllowed, WrongState
from leads.models import Definition, Role, User

SIGNATORIES = {Role.MARKETING_LEAD: "marketing_signatory", Role.SALES_MANAGER: "sales_signatory"}
"""Whose signature stands for which side."""


def side_to_sign(user: User, definition: Definition) -> str:
    """The signature that this person may still give; empty when there is none."""
    sides = (field for role, field in SIGNATORIES.items() if user.has_role(role))
    return next((field for field in sides if getattr(definition, field) is None), "")


@transaction.atomic
def draft(stage: str, text: str, criteria: Sequence[Any]) -> Definition:
    """Write the next version of a definition, which nobody has signed yet."""
    versions = Definition.objects.filter(stage=stage)
    # Locked, so that two drafts at once do not take the same number.
    list(versions.order_by("pk").select_for_update(no_key=True).values_list("pk"))
    latest = versions.aggregate(latest=Max("version"))["latest"] or 0
    return Definition.objects.create(stage=stage, version=latest + 1, text=text, criteria=list(criteria))


@transaction.atomic
def edit(definition_id: int, *, seen: str, text: str, criteria: Sequence[Any]) -> tuple[Definition, bool]:
    """Change the words or criteria of a draft, and say whether that voided signatures.

    `seen` is the digest of what the editor opened; empty when that is not known. Raise WrongState when the draft has
    come into force since, and FactsRefused when its words were changed since.
    """
    definition = _lock(definition_id)
    if definition.active_from:
        raise WrongState(f"The {definition} is in force: write the next version instead.")
    before = definition.digest
    if seen:
        _refuse_unseen(definition, seen)
    definition.text, definition.criteria = text, list(criteria)
    if definition.digest == before:
        return definition, False
    voided = bool(definition.marketing_signatory_id or definition.sales_signatory_id)
    definition.marketing_signatory = definition.sales_signatory = None
    definition.save(update_fields=["text", "criteria", *SIGNATORIES.values()])
    return definition, voided


@transaction.atomic
def sign(definition_id: int, *, by: User, seen: str) -> Definition:
    """Sign a draft for one side, of which `seen` is the digest of what the signer read.

    The second signature puts it in force.
    """
    if not by.has_role(*SIGNATORIES):
        raise NotAllowed("Only a marketing lead or a sales manager can sign a definition.")
    definition = _lock(definition_id)
    side = side_to_sign(by, definition)
    if definition.active_from or not side:
        raise FactsRefused(f"The {definition} does not need your signature.")
    if by.pk in (definition.marketing_signatory_id, definition.sales_signatory_id):
        raise FactsRefused("You have signed for the other side: a second person must sign for this one.")
    _refuse_unseen(definition, seen)
    setattr(definition, side, by)
    if definition.marketing_signatory_id and definition.sales_signatory_id:
        definition.active_from = timezone.now()
    definition.save(update_fields=[side, "active_from"])
    return definition


def _lock(definition_id: int) -> Definition:
    """Lock a version: of two who sign at once the second must find the first signature, and an edit neither."""
    return Definition.objects.select_for_update(no_key=True).get(pk=definition_id)


def _refuse_unseen(definition: Definition, seen: str) -> None:
    """A signature or an edit covers the words that its author read, and no others."""
    if seen != definition.digest:
        raise FactsRefused(f"The {definition} was changed after you opened it: read it again first.")
