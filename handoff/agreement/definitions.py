"""Agreeing on what a stage means: a version is in force once one person of each side has signed it."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from handoff.agreement.signing import (
    SIGNATORIES,
    edit_draft,
    give_signature,
    lock,
    next_number,
    remove_draft,
    roles_to_sign,
    side_to_sign,
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
    version = next_number(Definition.objects.filter(stage=stage))
    written = Definition.objects.create(stage=stage, version=version, text=text, criteria=list(criteria), **terms)
    announce_signature(written, roles_to_sign(written))
    return written


@transaction.atomic
def edit(definition_id: int, *, seen: str, text: str, criteria: Sequence[Any], **terms: Any) -> tuple[Definition, bool]:
    """Change the words, criteria or terms of a draft, and say whether that voided signatures: see `edit_draft`."""
    definition = lock(Definition.objects.all(), definition_id)
    changed = {"text": text, "criteria": list(criteria), **terms}
    return definition, edit_draft(definition, lambda draft: _set(draft, changed), changed, seen=seen)


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


def _set(definition: Definition, terms: Mapping[str, Any]) -> None:
    for name, value in terms.items():
        setattr(definition, name, value)
