"""Agreeing on what a stage means: a version is in force once one person of each side has signed it."""

from collections.abc import Sequence
from typing import Any

from django.contrib.admin.models import DELETION, LogEntry
from django.db import transaction
from django.db.models import Exists, Max, OuterRef, QuerySet
from django.utils import timezone

from handoff.alerts import announce_signature
from handoff.refusals import FactsRefused, NotAllowed, WrongState
from leads.models import Definition, Role, User

SIGNATORIES = {Role.MARKETING_LEAD: "marketing_signatory", Role.SALES_MANAGER: "sales_signatory"}
"""Whose signature stands for which side."""


def side_to_sign(user: User, definition: Definition) -> str:
    """The signature that this person may still give; empty when there is none. Nobody signs for both sides."""
    if definition.active_from or user.pk in (definition.marketing_signatory_id, definition.sales_signatory_id):
        return ""
    sides = (field for role, field in SIGNATORIES.items() if user.has_role(role))
    return next((field for field in sides if getattr(definition, field) is None), "")


def roles_to_sign(definition: Definition) -> list[str]:
    """The roles of which a signature is missing; none once it is in force."""
    if definition.active_from:
        return []
    return [role for role, field in SIGNATORIES.items() if getattr(definition, f"{field}_id") is None]


def drafts() -> QuerySet[Definition]:
    """The versions that are not in force, and will be once they are signed. There are few."""
    latest = Definition.objects.filter(stage=OuterRef("stage"), active_from__isnull=False)
    is_past = Exists(latest.filter(version__gt=OuterRef("version")))
    people = ("marketing_signatory", "sales_signatory")
    return Definition.objects.filter(~is_past, active_from=None).select_related(*people)


def waiting_for(user: User) -> list[Definition]:
    """The drafts that this person may sign."""
    return [draft for draft in drafts() if side_to_sign(user, draft)] if user.has_role(*SIGNATORIES) else []


@transaction.atomic
def draft(stage: str, text: str, criteria: Sequence[Any], **terms: Any) -> Definition:
    """Write the next version of a definition, which nobody has signed yet. The terms say whether it promotes by itself,
    and to whom."""
    versions = Definition.objects.filter(stage=stage)
    # Locked, so that two drafts at once do not take the same number.
    list(versions.order_by("pk").select_for_update(no_key=True).values_list("pk"))
    latest = versions.aggregate(latest=Max("version"))["latest"] or 0
    written = Definition.objects.create(stage=stage, version=latest + 1, text=text, criteria=list(criteria), **terms)
    announce_signature(written, roles_to_sign(written))
    return written


@transaction.atomic
def edit(definition_id: int, *, seen: str, text: str, criteria: Sequence[Any], **terms: Any) -> tuple[Definition, bool]:
    """Change the words, criteria or terms of a draft, and say whether that voided signatures.

    `seen` is the digest of what the editor opened; empty when that is not known. Raise WrongState when the draft has
    come into force since, and FactsRefused when its words were changed since.
    """
    definition = _lock(definition_id)
    if definition.active_from:
        raise WrongState(f"The {definition} is in force: write the next version instead.")
    before = definition.digest
    if seen:
        _refuse_unseen(definition, seen)
    for name, value in {"text": text, "criteria": list(criteria), **terms}.items():
        setattr(definition, name, value)
    if definition.digest == before:
        return definition, False
    voided = bool(definition.marketing_signatory_id or definition.sales_signatory_id)
    definition.marketing_signatory = definition.sales_signatory = None
    definition.save(update_fields=["text", "criteria", *terms, *SIGNATORIES.values()])
    announce_signature(definition, roles_to_sign(definition))
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
    if by.pk in (definition.marketing_signatory_id, definition.sales_signatory_id) and not definition.active_from:
        raise FactsRefused("You have signed for the other side: a second person must sign for this one.")
    if not side:
        raise FactsRefused(f"The {definition} does not need your signature.")
    _refuse_unseen(definition, seen)
    setattr(definition, side, by)
    if definition.marketing_signatory_id and definition.sales_signatory_id:
        definition.active_from = timezone.now()
    definition.save(update_fields=[side, "active_from"])
    return definition


@transaction.atomic
def discard(definition_id: int, *, by: User) -> str:
    """Remove a draft that nobody has signed, and return what it was called; the console's log keeps who did it.

    Raise NotAllowed for anybody but RevOps, and WrongState for a version that is signed or in force.
    """
    if not by.has_role(Role.REVOPS):
        raise NotAllowed("You may not discard a draft: RevOps may.")
    definition = _lock(definition_id)
    if definition.active_from:
        raise WrongState(f"The {definition} is in force: it is replaced by the next version, and never removed.")
    signed_by = definition.marketing_signatory or definition.sales_signatory
    if signed_by:
        raise WrongState(f"{signed_by} has signed the {definition}: change its words first, which voids the signature.")
    name = str(definition)
    LogEntry.objects.log_actions(by.pk, [definition], DELETION, f"Discarded: {definition.text}", single_object=True)
    definition.delete()
    return name


def _lock(definition_id: int) -> Definition:
    """Lock a version: of two who sign at once the second must find the first signature, and an edit neither."""
    return Definition.objects.select_for_update(no_key=True).get(pk=definition_id)


def _refuse_unseen(definition: Definition, seen: str) -> None:
    """A signature or an edit covers the words that its author read, and no others."""
    if seen != definition.digest:
        raise FactsRefused(f"The {definition} was changed after you opened it: read it again first.")
