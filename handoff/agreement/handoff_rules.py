"""Agreeing on how leads go to and fro: the handoff rules are drafted, and signed by both sides."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction

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
from handoff.models import Handoff
from leads.models import HandoffRules, Lead, User
from leads.models.handoff_rules import TERMS

__all__ = ["TERMS", "discard", "draft", "drafts", "edit", "rules_of", "sign", "waiting_for"]


def rules_of(lead: Lead, cycle: int | None = None) -> HandoffRules:
    """Those that a handoff of a lead is pinned to, the present one by default; without one, those in force."""
    handoffs = Handoff.objects.select_related("rules").defer("packet", "facts")
    handoff = handoffs.filter(lead=lead, cycle=lead.cycle if cycle is None else cycle).first()
    return handoff.governed_by if handoff else HandoffRules.active()


def drafts() -> list[HandoffRules]:
    """The versions that are not in force, and will be once they are signed."""
    waiting = HandoffRules.objects.filter(active_from=None, version__gt=HandoffRules.active().version)
    return list(waiting.select_related(*SIGNATORIES.values()).order_by("version"))


def waiting_for(user: User) -> list[HandoffRules]:
    """The drafts that this person may sign."""
    return [each for each in drafts() if side_to_sign(user, each)] if user.has_role(*SIGNATORIES) else []


@transaction.atomic
def draft(terms: Mapping[str, Any]) -> HandoffRules:
    """Write the next version, which nobody has signed yet. Raise FactsRefused for what makes no sense."""
    rules = HandoffRules(version=max(next_number(HandoffRules.objects.all()), 2))  # the first holds without a row
    _set(rules, terms)
    rules.save()
    announce_signature(rules, roles_to_sign(rules))
    return rules


@transaction.atomic
def edit(rules_id: int, terms: Mapping[str, Any], *, seen: str) -> tuple[HandoffRules, bool]:
    """Change a draft, and say whether that voided signatures: see `edit_draft`."""
    rules = lock(HandoffRules.objects.all(), rules_id)
    return rules, edit_draft(rules, lambda draft: _set(draft, terms), TERMS, seen=seen)


@transaction.atomic
def sign(rules_id: int, *, by: User, seen: str) -> HandoffRules:
    """Sign a draft for one side, of which `seen` is the digest of what the signer read."""
    rules = lock(HandoffRules.objects.all(), rules_id)
    give_signature(rules, by=by, seen=seen)
    return rules


@transaction.atomic
def discard(rules_id: int, *, by: User) -> str:
    """Remove a draft that nobody has signed, and return what it was called."""
    return remove_draft(lock(HandoffRules.objects.all(), rules_id), by=by)


def _set(rules: HandoffRules, terms: Mapping[str, Any]) -> None:
    for name in TERMS:
        setattr(rules, name, terms.get(name, getattr(rules, name)))
    refuse_invalid(rules)
