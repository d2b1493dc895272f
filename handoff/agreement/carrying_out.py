"""Carrying out what both sides have signed: the changes of a version of the SLA table, in one transaction."""

from collections.abc import Iterable

from django.db import transaction

from handoff.agreement.ladders import publish_policy, revise_calendar, revise_policy
from handoff.agreement.sla_terms import columns_of, steps_of
from handoff.models import SlaChange, Subject
from handoff.models.sla_table import Terms
from handoff.refusals import FactsRefused
from sla import versions
from sla.models import Calendar, Policy


@transaction.atomic
def carry_out(changes: Iterable[SlaChange]) -> None:
    """Running clocks keep their versions, as after any edit."""
    with versions.signed():
        for change in sorted(changes, key=_place):
            (_calendar if change.about == Subject.CALENDAR else _policy)(change)


def refuse_outdated(changes: Iterable[SlaChange]) -> None:
    """What was changed meanwhile, while no signatures were needed, stands beside values that are not in force now."""
    for change in changes:
        if _version_in_force(change) != change.version:
            raise FactsRefused(
                f"{change.name} was changed after this was drafted: take it out of the draft, and draft it again."
            )


def _version_in_force(change: SlaChange) -> int:
    model = Calendar if change.about == Subject.CALENDAR else Policy
    rows = model.objects.filter(key=change.key)
    in_force = rows.filter(retired_at=None).values_list("version", flat=True).first()
    return in_force or (-1 if rows.exists() else 0)


def _place(change: SlaChange) -> int:
    """A policy may move off a calendar that is retired."""
    return 1 if change.about == Subject.POLICY else 2 if change.after is None else 0


def _calendar(change: SlaChange) -> None:
    calendar = Calendar.objects.get(key=change.key, retired_at=None)
    if change.after is None:
        versions.retire(calendar)
    else:
        revise_calendar(calendar, _changed(change.before or {}, change.after))


def _policy(change: SlaChange) -> None:
    if change.after is None:
        versions.retire(Policy.objects.get(key=change.key, retired_at=None))
    elif change.before is None:
        publish_policy(Policy(**columns_of(change.after)), steps_of(change.after))
    else:
        # The version in force now: a calendar that was changed just before has taken it along.
        policy = Policy.objects.get(key=change.key, retired_at=None)
        revise_policy(policy, columns_of(_changed(change.before, change.after)), steps_of(change.after))


def _changed(before: Terms, after: Terms) -> Terms:
    return {name: value for name, value in after.items() if before.get(name) != value}
