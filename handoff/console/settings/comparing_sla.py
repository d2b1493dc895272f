"""A draft of the SLA table beside what is in force: of each policy and calendar the values that change."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from handoff.agreement import sla_table
from handoff.agreement.sla_terms import recipients_of
from handoff.console.settings.comparing import NEVER, Compared, marked_items
from handoff.models import SlaChange, Subject
from handoff.models.sla_table import Terms
from leads.conditions import in_words as condition_in_words
from leads.conditions import is_hidden
from sla.business_time import WEEKDAYS
from sla.durations import in_words
from sla.metrics import Metric
from sla.models import Calendar, OnReassign, Policy, StepAction, WhoseHours
from sla.versions import needs_signatures

DONE = {
    StepAction.REASSIGN: "the lead goes to the next in rotation",
    StepAction.QUEUE: "the lead returns to the queue of its team",
}
IN_FORCE = "In force"
RETIRED = "Retired"

Roles = Collection[str]


def compare_changes(
    changes: Sequence[SlaChange], roles: Roles, names: Mapping[int, str] | None = None
) -> list[Compared]:
    """A row for each policy and calendar. What somebody with these roles may not see is said to be there.

    `names` are those of the destinations, where they were read for several versions at once.
    """
    recipients = recipients_of(*(terms for each in changes for terms in each.both)) if names is None else names
    return [_compared(change, recipients, roles) for change in changes]


def signed_values(row: Policy | Calendar | None, roles: Roles) -> Mapping[str, Any]:
    """For the form of a row: whether both sides sign what it changes, and what the draft says of it already."""
    if not needs_signatures():
        return {}
    draft = next(iter(sla_table.drafts()), None)
    about = Subject.CALENDAR if isinstance(row, Calendar) else Subject.POLICY
    change = draft.change_of(about, row.key) if draft and row else None
    return {
        "is_drafted": not (isinstance(row, Calendar) and row.pk is None),
        "seen": draft.digest if draft else "",
        "draft": draft,
        "compared": compare_changes([change], roles) if change else [],
        "heading": IN_FORCE,
    }


def step_in_words(step: Mapping[str, Any], names: Iterable[str]) -> str:
    """Like `At 75 %: Owner by email` or `1 h after it is due: Manager by email; the lead returns to the queue`."""
    if step["after_seconds"]:
        moment = f"{in_words(step['after_seconds'], exact=True)} after it is due"
    else:
        moment = f"At {step['percent']} %" if step["percent"] < 100 else "When it is due"
    return "; ".join(_parts(f"{moment}: {', '.join(sorted(names)) or 'no one'}", step))


def _parts(notified: str, step: Mapping[str, Any]) -> Iterator[str]:
    yield f"{notified}, also in quiet hours" if step["pierces"] else notified
    if step["does"]:
        yield DONE[StepAction(step["does"])]
    if step["out_of_rotation_seconds"]:
        yield f"its owner gets no other lead for {in_words(step['out_of_rotation_seconds'], exact=True)}"


def _compared(change: SlaChange, names: Mapping[int, str], roles: Roles) -> Compared:
    was, now = (_items(change.about, terms, names, roles) for terms in change.both)
    gone, new = ([each for each in mine if each not in theirs] for mine, theirs in ((was, now), (now, was)))
    before = marked_items(gone, [], "del") if gone else NEVER
    after = marked_items(new, [], "ins") if new else NEVER
    label = f"{change.about.capitalize()} {change.name}"
    return Compared(label, before, RETIRED if change.after is None else after, is_changed=True)


def _items(about: str, terms: Terms | None, names: Mapping[int, str], roles: Roles) -> list[str]:
    if terms is None:
        return []
    return list(_of_calendar(terms) if about == Subject.CALENDAR else _of_policy(terms, names, roles))


def _of_policy(terms: Terms, names: Mapping[int, str], roles: Roles) -> Iterator[str]:
    budget = terms["pause_budget_seconds"]
    hidden = "a restricted condition"
    segment = [hidden if is_hidden(each, roles) else condition_in_words(each) for each in terms["conditions"]]
    yield f"Name: {terms['name']}"
    yield f"Metric: {Metric(terms['metric']).label}"
    yield f"Target: {in_words(terms['target_seconds'], exact=True)}"
    yield f"Calendar: {terms['calendar']}"
    yield f"Segment: {' and '.join(segment) or 'every lead'}"
    yield f"Priority: {terms['position']}"
    yield f"Hours: {WhoseHours(terms['whose_hours']).label}"
    yield f"On reassignment: {OnReassign(terms['on_reassign']).label}"
    yield f"Minimum left after reassignment: {in_words(terms['floor_seconds'], exact=True)}"
    yield f"Maximum paused time: {'any' if budget is None else in_words(budget, exact=True)}"
    for step in terms["ladder"]:
        yield step_in_words(step, [names.get(pk, "a destination that was removed") for pk in step["recipients"]])


def _of_calendar(terms: Terms) -> Iterator[str]:
    yield f"Name: {terms['name']}"
    yield f"Time zone: {terms['zone']}"
    for day in WEEKDAYS:
        yield f"{day.capitalize()}: {_hours(terms['weekly'].get(day))}"
    for day, hours in sorted(terms["overrides"].items()):
        called = terms["special_names"].get(day)
        yield f"{day}: {_hours(hours)}{f' ({called})' if called else ''}"
    country = "-".join(filter(None, (terms["holiday_country"], terms["holiday_subdivision"])))
    yield f"Public holidays of: {country or 'no country'}"


def _hours(hours: Any) -> str:
    return ", ".join(f"{opens} to {closes}" for opens, closes in hours or []) or "closed"
