"""Changing SLA values: at once, or by a draft that comes into force when both sides have signed it.

There is one draft at a time, which takes all changes up. The handoff rules in force say whether one is needed.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db import connection, transaction

from handoff.agreement.carrying_out import carry_out, refuse_outdated
from handoff.agreement.ladders import LadderStep, publish_policy, revise_calendar, revise_policy
from handoff.agreement.signing import (
    SIGNATORIES,
    edit_draft,
    give_signature,
    lock,
    next_number,
    remove_draft,
    roles_to_sign,
    side_to_sign,
    void_signatures,
)
from handoff.agreement.sla_terms import as_terms, terms_of
from handoff.alerts import announce_signature
from handoff.models import SlaChange, SlaTable, Subject
from handoff.models.sla_table import Terms
from handoff.refusals import FactsRefused, NotAllowed
from leads.models import Role, User
from sla import versions
from sla.models import Calendar, Policy

_ONE_AT_A_TIME = "SELECT pg_advisory_xact_lock(hashtext('handoff.sla_table'))"


def drafts() -> list[SlaTable]:
    """The draft that waits for signatures, if there is one."""
    return list(SlaTable.objects.filter(active_from=None).select_related(*SIGNATORIES.values()))


def waiting_for(user: User) -> list[SlaTable]:
    """The drafts that this person may sign."""
    return [each for each in drafts() if side_to_sign(user, each)] if user.has_role(*SIGNATORIES) else []


def digest_of_draft() -> str:
    """What an editor sees of the draft; empty while there is none."""
    return next((draft.digest for draft in drafts()), "")


def draft_for_update() -> SlaTable | None:
    """The draft, locked; or the right to begin it. Whoever locks rows of policies as well takes this lock first."""
    with connection.cursor() as cursor:
        cursor.execute(_ONE_AT_A_TIME)
    return SlaTable.objects.select_for_update(no_key=True).filter(active_from=None).first()


@transaction.atomic
def write_policy(
    policy: Policy,
    changes: Mapping[str, Any],
    ladder: Sequence[LadderStep] | None,
    *,
    seen: str | None = None,
    announced: bool = True,
) -> Policy | SlaTable:
    """Write a policy, if it has no row yet, or its next version: at once, or into the draft that is returned.
    Without a ladder it keeps the one that it has, or that the draft gives it.

    `seen` is what the editor saw of the draft; None if that is not known. Whoever writes several rows notifies by
    `announce` once they are all written.
    """
    if versions.needs_signatures():
        terms = terms_of(policy, ladder) if not policy.pk else as_terms(changes, ladder)
        return propose(policy, terms, seen=seen, announced=announced)
    return publish_policy(policy, ladder or ()) if not policy.pk else revise_policy(policy, changes, ladder)


@transaction.atomic
def write_calendar(
    calendar: Calendar, changes: Mapping[str, Any], *, seen: str | None = None, announced: bool = True
) -> Calendar | SlaTable:
    """Write a calendar or its next version, likewise. Nothing counts by one that is new, so it is written at once."""
    if not calendar.pk:
        return versions.publish_calendar(calendar)
    if versions.needs_signatures():
        return propose(calendar, changes, seen=seen, announced=announced)
    return revise_calendar(calendar, changes)


@transaction.atomic
def retire(row: Policy | Calendar, *, seen: str | None = None, announced: bool = True) -> SlaTable | None:
    """Take a policy or a calendar out of force, at once, or by the draft that is returned."""
    if versions.needs_signatures():
        return propose(row, None, seen=seen, announced=announced)
    versions.retire(row)
    return None


@transaction.atomic
def propose(
    row: Policy | Calendar, values: Terms | Mapping[str, Any] | None, *, seen: str | None = None, announced: bool = True
) -> SlaTable:
    """Take up into the draft that a row gets these values besides those that it has or the draft gives it; None: that
    it is retired. Raise Outdated for a version that is not in force, and FactsRefused for what cannot be carried out.
    """
    draft = draft_for_update()
    change = _change(draft, row, values, seen)
    others = draft.without(change.about, change.key) if draft else []
    kept = others if change.before == change.after else [*others, change]
    if not kept:
        raise FactsRefused(f"{change.name} is so already: nothing would change.")
    _refuse_impossible(kept)
    return _rewrite(draft, kept, announced=announced)


@transaction.atomic
def take_out(table_id: int, about: str, key: str, *, by: User, seen: str) -> str:
    """Take one change out of a draft, and return what it was. The draft goes with the last of them."""
    if not by.has_role(Role.REVOPS):
        raise NotAllowed("You may not change a draft: RevOps may.")
    draft = draft_for_update()
    change = draft.change_of(about, key) if draft and draft.pk == table_id else None
    if draft is None or change is None:
        raise FactsRefused("This change does not wait any more: it was signed or taken out.")
    _refuse_unseen(draft, seen)
    if kept := draft.without(about, key):
        _rewrite(draft, kept)
    else:
        void_signatures(draft)
        remove_draft(draft, by=by)
    return change.in_words


@transaction.atomic
def sign(table_id: int, *, by: User, seen: str) -> SlaTable:
    """Sign the draft for one side, of which `seen` is the digest of what the signer read.

    The second signature carries it out in the same transaction: both are done, or neither.
    """
    draft_for_update()
    table = lock(SlaTable.objects.all(), table_id)
    if not table.active_from:
        refuse_outdated(table.listed)
    give_signature(table, by=by, seen=seen)
    if table.active_from:
        carry_out(table.listed)
    return table


@transaction.atomic
def discard(table_id: int, *, by: User) -> str:
    """Remove a draft that nobody has signed, and return what it was called."""
    draft_for_update()
    return remove_draft(lock(SlaTable.objects.all(), table_id), by=by)


def announce() -> None:
    """Notify whoever may sign the draft, if there is one, once of each wording."""
    for draft in drafts():
        announce_signature(draft, roles_to_sign(draft))


def _refuse_unseen(draft: SlaTable | None, seen: str) -> None:
    """Two who edit at once: the second reads first what the first has drafted."""
    if seen != (draft.digest if draft else ""):
        name = f"The {draft}" if draft else "The draft of the SLA table"
        raise FactsRefused(f"{name} was changed after you opened it: read it again first.")


def _change(
    draft: SlaTable | None, row: Policy | Calendar, values: Mapping[str, Any] | None, seen: str | None
) -> SlaChange:
    """What becomes of a row, with what the draft says of it already."""
    if seen is not None:
        _refuse_unseen(draft, seen)
    about = (Subject.CALENDAR if isinstance(row, Calendar) else Subject.POLICY).value
    drafted = draft.change_of(about, row.key) if draft else None
    if not row.pk:
        if seen is not None and drafted:  # whoever has read it, as a file does, may write it again
            raise FactsRefused(f"The {draft} adds {drafted.name} already: take it out of the draft first.")
        return SlaChange(about, row.key, 0, None, dict(values or {}))
    current = type(row).objects.get(pk=row.pk)
    if current.retired_at is not None:
        raise versions.Outdated(f"{current} is no longer in force: open the newest version and edit that.")
    before = terms_of(current)
    begun = (drafted.after if drafted and drafted.version == current.version else None) or before
    return SlaChange(about, row.key, current.version, before, None if values is None else {**begun, **values})


def _refuse_impossible(changes: list[SlaChange]) -> None:
    """It is carried out, and then undone: so nobody signs what could not come into force."""
    refuse_outdated(changes)
    with transaction.atomic():
        try:
            carry_out(changes)
        except ValidationError as error:
            raise FactsRefused(" ".join(error.messages)) from error
        transaction.set_rollback(True)


def _rewrite(draft: SlaTable | None, changes: list[SlaChange], *, announced: bool = True) -> SlaTable:
    if draft is None:
        draft = SlaTable(version=next_number(SlaTable.objects.all()))
        draft.write(changes)
        draft.save()
        if announced:
            announce_signature(draft, roles_to_sign(draft))
        return draft
    edit_draft(draft, lambda each: each.write(changes), ["changes"], seen="", announced=announced)
    return draft
