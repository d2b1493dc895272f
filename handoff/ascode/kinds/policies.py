"""Policies with their ladders. A change writes the next version, as on the page."""

import json
from collections.abc import Mapping
from typing import Any

from handoff.agreement.ladders import LadderStep
from handoff.agreement.sla_table import write_policy
from handoff.agreement.sla_terms import recipients_of, terms_of
from handoff.ascode.document import Entry, FileRefused
from handoff.ascode.kind import Shape, Value, fill, refuse, unknown
from handoff.ascode.kinds.sla import Row, SlaKind, begun, terms_in
from handoff.ascode.writing import Line
from handoff.console.settings.policies import PolicyForm, StepForm, step_of
from handoff.models import Destination, Subject
from handoff.models.sla_table import Terms
from leads.models import User
from sla.durations import in_words
from sla.models import Calendar, OnReassign, Policy, Step, WhoseHours

_NAMES = {
    "target_seconds": "target", "conditions": "segment", "position": "priority", "floor_seconds": "floor",
    "pause_budget_seconds": "pause_budget",
}  # fmt: skip
_OF_STEP = {
    "percent": "at", "after_seconds": "after", "destinations": "notifies", "pierces": "ignores_quiet_hours",
    "out_of_rotation_seconds": "out_of_rotation", "does": "does",
}  # fmt: skip


class Policies(SlaKind):
    model, about = Policy, Subject.POLICY
    section, noun, identity = "policies", "policy", ("key",)
    order = ("metric", "priority")
    values = (
        Value("key"),
        Value("name"),
        Value("metric"),
        Value("target"),
        Value("calendar"),
        Value("segment", Shape.ENTRIES, default=[]),
        Value("priority", Shape.NUMBER, default=100),
        Value("whose_hours", default=WhoseHours.POLICY.value),
        Value("on_reassign", default=OnReassign.CARRY.value),
        Value("floor", default="0 s"),
        Value("pause_budget", default=None, may_be_null=True),
        Value("ladder", Shape.ENTRIES, default=[]),
    )

    def read(self, row: Row) -> dict[str, Any]:
        terms = terms_in(row)
        budget = terms["pause_budget_seconds"]
        names = recipients_of(terms)
        return {
            "key": terms["key"],
            "name": terms["name"],
            "metric": terms["metric"],
            "target": in_words(terms["target_seconds"], exact=True),
            "calendar": terms["calendar"],
            "segment": [Line(each) for each in terms["conditions"]],
            "priority": terms["position"],
            "whose_hours": terms["whose_hours"],
            "on_reassign": terms["on_reassign"],
            "floor": in_words(terms["floor_seconds"], exact=True),
            "pause_budget": None if budget is None else in_words(budget, exact=True),
            "ladder": [_read_step(step, names) for step in terms["ladder"]],
        }

    def write(self, row: Row | None, wanted: Entry, by: User) -> Row:  # noqa: ARG002
        if row is not None and wanted["metric"] != terms_in(row)["metric"]:
            raise refuse(wanted, "metric", "metric: that of a policy stays: write another policy, and retire this one.")
        form, ladder = _filled(row, wanted)
        if row is not None and terms_of(form.instance, ladder) == terms_in(row):
            return row  # spelled otherwise
        changes = {name: form.cleaned_data[name] for name in form.changed_data}
        policy = Policy.objects.get(pk=form.instance.pk) if form.instance.pk else form.instance
        return self.written(write_policy(policy, changes, ladder, announced=False), policy.key)

    def wanted_terms(self, row: Row | None, wanted: Entry) -> Terms:
        form, ladder = _filled(row, wanted)
        return terms_of(form.instance, ladder)

    def note_in_force(self, row: Any, is_new: bool) -> str:
        return "" if is_new else f"Version {row.version}; running clocks keep theirs."


def _filled(row: Row | None, wanted: Entry) -> tuple[Any, list[LadderStep]]:
    form = fill(PolicyForm, begun(Policy, row), _sent(wanted), wanted, _NAMES, fixed=["key", "metric"])
    return form, _ladder(wanted, form.instance)


def _sent(wanted: Entry) -> dict[str, Any]:
    same = {name: wanted[name] for name in ("key", "name", "metric", "whose_hours", "on_reassign")}
    return same | {
        "target_seconds": wanted["target"],
        "calendar": str(_calendar(wanted).pk),
        "conditions": json.dumps(wanted["segment"]),
        "position": wanted["priority"],
        "floor_seconds": wanted["floor"],
        "pause_budget_seconds": wanted["pause_budget"],
    }


def _calendar(wanted: Entry) -> Calendar:
    calendar = Calendar.objects.filter(key=wanted["calendar"], retired_at=None).first()
    if calendar is None:
        keys = ", ".join(Calendar.objects.filter(retired_at=None).values_list("key", flat=True).order_by("key"))
        words = f"calendar: “{wanted['calendar']}” is not in force: use one of {keys or 'none'}."
        raise refuse(wanted, "calendar", words)
    return calendar


def _read_step(step: Mapping[str, Any], names: Mapping[int, str]) -> Line:
    """Without what goes without saying."""
    said: dict[str, Any] = {"at": f"{step['percent']} %"}
    if step["after_seconds"]:
        said["after"] = in_words(step["after_seconds"], exact=True)
    said["notifies"] = sorted(names[pk] for pk in step["recipients"] if pk in names)
    if step["does"]:
        said["does"] = step["does"]
    if step["out_of_rotation_seconds"]:
        said["out_of_rotation"] = in_words(step["out_of_rotation_seconds"], exact=True)
    if step["pierces"]:
        said["ignores_quiet_hours"] = True
    return Line(said)


def _ladder(wanted: Entry, policy: Policy) -> list[LadderStep]:
    steps: dict[tuple[int, int], LadderStep] = {}
    for entry in wanted["ladder"]:
        step = _step(entry, policy)
        if (instant := (step.percent, step.after_seconds)) in steps:
            raise refuse(entry, "at", "ladder: two steps are at the same moment: make them one.")
        steps[instant] = step
    return list(steps.values())


def _step(entry: Any, policy: Policy) -> LadderStep:
    if not isinstance(entry, Entry):  # of the version in force, which the file does not change
        copy = Entry(0)
        copy.update(entry)
        entry = copy
    names = list(_OF_STEP.values())
    if wrong := [unknown(entry, name, names, "a step") for name in entry if name not in names]:
        raise FileRefused(wrong)
    data = {
        "percent": str(entry.get("at", "100 %")).removesuffix("%").strip(),
        "after_seconds": str(entry.get("after", "")),
        "destinations": [str(_destination(entry, name).pk) for name in _names(entry)],
        "does": str(entry.get("does", "")),
        "out_of_rotation_seconds": str(entry.get("out_of_rotation", "")),
        "pierces": entry.get("ignores_quiet_hours", False) is True,
    }
    form = _EveryDestination
    return step_of(fill(form, Step(policy=policy), data, entry, _OF_STEP).cleaned_data)


class _EveryDestination(StepForm):
    """A ladder goes on to name a destination that is switched off."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["destinations"].queryset = Destination.objects.all()  # type: ignore[attr-defined]


def _names(entry: Entry) -> list[Any]:
    names = entry.get("notifies", [])
    if not isinstance(names, list):
        raise refuse(entry, "notifies", "notifies: write a list of destinations, like [Owner by email].")
    return names


def _destination(entry: Entry, name: Any) -> Destination:
    destination = Destination.objects.filter(name=name).first() if isinstance(name, str) else None
    if destination is None:
        raise refuse(
            entry, "notifies", f"notifies: “{name}” is not the name of a destination: add it under “destinations”."
        )
    return destination
