"""Agreeing on how leads are scored: a model is drafted, signed by both sides, and looked at again within a year."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from handoff.agreement.score_reviews import refuse_unreviewed
from handoff.agreement.signing import (
    SIGNATORIES,
    edit_draft,
    give_signature,
    lock,
    next_number,
    refuse_invalid,
    remove_draft,
    roles_to_sign,
    side_to_sign,
)
from handoff.alerts import announce_signature
from leads.models import ScoringModel, User
from leads.score_rules import keyed

RULES = ("fit_rules", "behaviour_rules", "exclusions")
COVERED = ("text", *RULES, "grade_a", "grade_b", "grade_c", "review_months")


def drafts() -> list[ScoringModel]:
    """The versions that are not in force, and will be once they are signed."""
    in_force = ScoringModel.active()
    waiting = ScoringModel.objects.filter(active_from=None, version__gt=in_force.version if in_force else 0)
    return list(waiting.select_related("marketing_signatory", "sales_signatory").order_by("version"))


def waiting_for(user: User) -> list[ScoringModel]:
    """The drafts that this person may sign."""
    return [each for each in drafts() if side_to_sign(user, each)] if user.has_role(*SIGNATORIES) else []


@transaction.atomic
def draft(terms: Mapping[str, Any]) -> ScoringModel:
    """Write the next version of the model, which nobody has signed yet. Raise FactsRefused for what makes no sense."""
    model = ScoringModel(version=next_number(ScoringModel.objects.all()))
    _set(model, terms)
    model.save()
    announce_signature(model, roles_to_sign(model))
    return model


@transaction.atomic
def edit(model_id: int, terms: Mapping[str, Any], *, seen: str) -> tuple[ScoringModel, bool]:
    """Change a draft, and say whether that voided signatures: see `edit_draft`."""
    model = lock(ScoringModel.objects.all(), model_id)
    return model, edit_draft(model, lambda draft: _set(draft, terms), COVERED, seen=seen)


@transaction.atomic
def sign(model_id: int, *, by: User, seen: str) -> ScoringModel:
    """Sign a draft for one side, of which `seen` is the digest of what the signer read.

    While the review of the version in force is due, a side signs the next one only after that review.
    """
    model = lock(ScoringModel.objects.all(), model_id)
    refuse_unreviewed(by)
    give_signature(model, by=by, seen=seen)
    return model


@transaction.atomic
def discard(model_id: int, *, by: User) -> str:
    """Remove a draft that nobody has signed, and return what it was called."""
    return remove_draft(lock(ScoringModel.objects.all(), model_id), by=by)


def _set(model: ScoringModel, terms: Mapping[str, Any]) -> None:
    """A rule that is new gets a key; one that is known keeps its own."""
    taken: set[str] = set()
    for name in COVERED:
        value = terms[name]
        if name in RULES:
            value = keyed(value, taken)
            taken |= {rule["key"] for rule in value}
        setattr(model, name, value)
    refuse_invalid(model)
