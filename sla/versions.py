"""Policies and calendars are versioned together: an edit writes the next version, and running clocks keep theirs."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar, cast

from django.db import connection, transaction
from django.utils import timezone

from leads.sql import setting
from sla.models import Calendar, Policy, Step, StepAction
from sla.models.calendar import YEARS_AHEAD

Row = TypeVar("Row", bound=Policy | Calendar)


class Outdated(Exception):
    """Somebody else has written a newer version meanwhile."""


class NeedsSignatures(Exception):
    """The handoff rules in force ask both sides to sign each change of an SLA value, and this one is not signed."""

    def __init__(self) -> None:
        super().__init__(
            "Both sides sign each change of an SLA value: draft it on the page of the policy or calendar, "
            "or by `manage.py agreement apply`."
        )


@dataclass(frozen=True)
class StepTerms:
    """One step of a ladder to be written: when, counted from the target, and what is done."""

    percent: int = 100
    after_seconds: int = 0
    does: str = StepAction.NOTHING
    out_of_rotation_seconds: int = 0
    pierces: bool = False


def needs_signatures() -> bool:
    """By the rule of the database, which refuses what would go around this module."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT sla_needs_signatures()")
        return bool(cursor.fetchone()[0])


@contextmanager
def signed() -> Iterator[None]:
    """What is written in this block has its signatures, or needs none."""
    if not needs_signatures():  # or else a block inside another would end the permission of both
        yield
        return
    with transaction.atomic(), setting("handoff.sla_signed", "on"):
        yield


def ladder(policy: Policy) -> list[StepTerms]:
    """The steps of a policy, as they can be given to its next version."""
    return [
        StepTerms(step.percent, step.after_seconds, step.does, step.out_of_rotation_seconds, step.pierces)
        for step in policy.steps.all()
    ]


@transaction.atomic
def publish_policy(policy: Policy, steps: Iterable[StepTerms]) -> Policy:
    """Write a new policy with its ladder. The breach itself is always a step, so that it is always recorded."""
    _refuse_unsigned()
    policy.full_clean()
    policy.save(force_insert=True)
    wanted = {(terms.percent, terms.after_seconds): terms for terms in (StepTerms(), *steps)}
    for terms in wanted.values():
        step = Step(
            policy=policy,
            percent=terms.percent,
            after_seconds=terms.after_seconds,
            does=terms.does,
            out_of_rotation_seconds=terms.out_of_rotation_seconds,
            pierces=terms.pierces,
        )
        step.full_clean()
        step.save()
    return policy


@transaction.atomic
def revise_policy(policy: Policy, changes: Mapping[str, Any], steps: Sequence[StepTerms] | None = None) -> Policy:
    """Write the next version of a policy, with the ladder it has unless another is given."""
    _refuse_unsigned()
    current = _in_force(Policy, policy)
    kept = ladder(current) if steps is None else steps
    _retire(current)
    return publish_policy(_next(current, changes), kept)


@transaction.atomic
def publish_calendar(calendar: Calendar) -> Calendar:
    """Write a new calendar and its public holidays. Nothing counts by one that is new: it needs no signature."""
    if Calendar.objects.filter(key=calendar.key).exists():
        _refuse_unsigned()
    with signed():
        calendar.full_clean()
        calendar.save(force_insert=True)
        calendar.materialise_holidays()
    return calendar


@transaction.atomic
def revise_calendar(calendar: Calendar, changes: Mapping[str, Any]) -> Calendar:
    """Write the next version of a calendar, and with it the next version of every policy in force that counts by it."""
    _refuse_unsigned()
    current = _in_force(Calendar, calendar)
    _retire(current)
    revised = publish_calendar(_next(current, {"holidays_from": 0, "holidays_through": 0, **changes}))
    for policy in Policy.objects.filter(calendar=current, retired_at=None):
        revise_policy(policy, {"calendar": revised})
    return revised


@transaction.atomic
def declare_mistake(policy: Policy, reason: str) -> Policy:
    """Take a version out of force for good, and its whole ladder with it: from now on no alarm of it is sent.

    What it has judged stays. Declared twice, it keeps the first reason. Where both sides sign the SLA values, they sign
    first that a version in force is retired.
    """
    declared = Policy.objects.select_for_update(no_key=True, of=("self",)).get(pk=policy.pk)
    if declared.retired_at is None:
        _refuse_unsigned()
    if declared.mistake_at is None:
        declared.mistake_at, declared.mistake_reason = timezone.now(), reason
        declared.retired_at = declared.retired_at or declared.mistake_at
        with signed():
            declared.save(update_fields=["mistake_at", "mistake_reason", "retired_at"])
    return declared


def extend_holidays() -> None:
    """Write the holidays of the years to come into every calendar that lacks them. Run it daily; it is cheap."""
    for calendar in Calendar.objects.filter(holidays_through__lt=timezone.now().year + YEARS_AHEAD):
        with transaction.atomic(), signed():
            Calendar.objects.select_for_update(no_key=True).get(pk=calendar.pk).materialise_holidays()


@transaction.atomic
def retire(row: Policy | Calendar) -> None:
    """Take a policy or a calendar out of force. What it has judged stays; running clocks keep it."""
    _refuse_unsigned()
    current = _in_force(type(row), row)
    if isinstance(current, Calendar) and current.policies.filter(retired_at=None).exists():
        raise Outdated(f"Policies in force count by {current}: give them another calendar first.")
    _retire(current)


def _refuse_unsigned() -> None:
    if needs_signatures():
        raise NeedsSignatures


def _in_force(model: type[Row], row: Row) -> Row:
    current = cast("Row", model.objects.select_for_update(no_key=True, of=("self",)).get(pk=row.pk))
    if current.retired_at is not None:
        raise Outdated(f"{current} is no longer in force: open the newest version and edit that.")
    return current


def _retire(row: Policy | Calendar) -> None:
    row.retired_at = timezone.now()
    row.save(update_fields=["retired_at"])


def _next(row: Row, changes: Mapping[str, Any]) -> Row:
    fields = {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}
    given = {"id": None, "version": row.version + 1, "retired_at": None, "created_at": timezone.now()}
    following = type(row)(**fields | given)
    for name, value in changes.items():
        setattr(following, name, value)
    return following
