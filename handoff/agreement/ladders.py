"""Versions of policies with the recipients of their steps: `sla.versions` writes the times, this who is notified."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from handoff.models import Destination, StepRecipient
from sla import versions
from sla.models import Calendar, Policy


@dataclass(frozen=True)
class LadderStep(versions.StepTerms):
    """One step of a ladder to be written, with the destinations that it notifies."""

    recipients: tuple[Destination, ...] = ()


@transaction.atomic
def publish_policy(policy: Policy, ladder: Iterable[LadderStep]) -> Policy:
    """Write a new policy with its ladder."""
    steps = list(ladder)
    versions.publish_policy(policy, steps)
    _write_recipients(policy, steps)
    return policy


@transaction.atomic
def revise_policy(policy: Policy, changes: Mapping[str, Any], ladder: Sequence[LadderStep] | None = None) -> Policy:
    """Write the next version of a policy, with the ladder it has unless another is given."""
    revised = versions.revise_policy(policy, changes, ladder)
    if ladder is None:
        _keep_recipients(revised)
    else:
        _write_recipients(revised, ladder)
    return revised


@transaction.atomic
def revise_calendar(calendar: Calendar, changes: Mapping[str, Any]) -> Calendar:
    """Write the next version of a calendar, and with it of every policy in force that counts by it."""
    revised = versions.revise_calendar(calendar, changes)
    for policy in revised.policies.all():
        _keep_recipients(policy)
    return revised


def ladder_of(policy: Policy) -> list[LadderStep]:
    """The steps of a policy with their recipients, as they can be given to another version."""
    return [
        LadderStep(
            step.percent,
            step.after_seconds,
            step.does,
            step.out_of_rotation_seconds,
            step.pierces,
            tuple(step.destinations.all()),
        )
        for step in policy.steps.prefetch_related("destinations")
    ]


def _write_recipients(policy: Policy, ladder: Iterable[LadderStep]) -> None:
    steps = {(step.percent, step.after_seconds): step for step in policy.steps.all()}
    wanted = {(step.percent, step.after_seconds): step.recipients for step in ladder}
    StepRecipient.objects.bulk_create(
        StepRecipient(step=steps[instant], destination=destination)
        for instant, destinations in wanted.items()
        for destination in dict.fromkeys(destinations)
    )


def _keep_recipients(revised: Policy) -> None:
    """Let the steps of a version notify whom those of the version before it did."""
    steps = {(step.percent, step.after_seconds): step for step in revised.steps.all()}
    before = StepRecipient.objects.filter(step__policy__key=revised.key, step__policy__version=revised.version - 1)
    StepRecipient.objects.bulk_create(
        StepRecipient(
            step=steps[recipient.step.percent, recipient.step.after_seconds], destination_id=recipient.destination_id
        )
        for recipient in before.select_related("step")
    )
