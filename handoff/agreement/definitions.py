"""Agreeing on what a stage means: a version is in force once one person of each side has signed it."""

from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.db.models import Exists, Max, OuterRef, QuerySet

from handoff.agreement.signing import (
    SIGNATORIES,
    give_signature,
    lock,
    refuse_in_force,
    refuse_unseen,
    remove_draft,
    roles_to_sign,
    side_to_sign,
    void_signatures,
)
from handoff.alerts import announce_signature
from leads.models import Definition, User


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
    definition = lock(Definition.objects.all(), definition_id)
    refuse_in_force(definition)
    before = definition.digest
    if seen:
        refuse_unseen(definition, seen)
    for name, value in {"text": text, "criteria": list(criteria), **terms}.items():
        setattr(definition, name, value)
    if definition.digest == before:
        return definition, False
    voided = void_signatures(definition)
    definition.save(update_fields=["text", "criteria", *terms, *SIGNATORIES.values()])
    announce_signature(definition, roles_to_sign(definition))
    return definition, voided


@transaction.atomic
def sign(definition_id: int, *, by: User, seen: str) -> Definition:
    """Sign a draft for one side, of which `seen` is the digest of what the signer read."""
    definition = lock(Definition.objects.all(), definition_id)
    give_signature(definition, by=by, seen=seen)
    return definition


@transaction.atomic
def discard(definition_id: int, *, by: User) -> str:
    """Remove a draft that nobody has signed, and return what it was called."""
    return remove_draft(lock(Definition.objects.all(), definition_id), by=by)
