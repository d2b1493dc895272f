"""Definitions. A file signs nothing: other words make a draft, which comes into force by two signatures."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from handoff.agreement.definitions import draft, drafts, edit
from handoff.agreement.signing import roles_to_sign
from handoff.ascode.document import Entry
from handoff.ascode.kind import Kind, Shape, Value, fill, refuse
from handoff.ascode.writing import Line
from handoff.console.settings.definitions import TERMS, DefinitionForm
from leads.models import Definition, Stage, Team, User
from leads.models.definition import Receiver


class Definitions(Kind):
    section, noun, identity = "definitions", "definition", ("stage",)
    values = (
        Value("stage"),
        Value("text"),
        Value("criteria", Shape.ENTRIES, default=[]),
        Value("promotes", Shape.SWITCH, default=False),
        Value("receiver", default=Receiver.QUEUE.value),
        Value("team"),
    )

    def rows(self) -> Iterable[Definition]:
        """Of each stage the newest words: those of a draft, if one waits."""
        return [newest[0] for stage in Stage.values if (newest := _candidates(stage))]

    def find(self, wanted: Mapping[str, Any]) -> Definition | None:
        """The version in force or the draft that says what the file says, else the newest."""
        # Locked in one order, so that two who apply and one who signs wait for each other.
        list(Definition.objects.filter(stage=wanted["stage"]).order_by("pk").select_for_update(no_key=True))
        candidates = _candidates(str(wanted["stage"]))
        says_so = (each for each in candidates if self._says(each, wanted))
        return next(says_so, candidates[0] if candidates else None)

    def _says(self, row: Definition, wanted: Mapping[str, Any]) -> bool:
        return all(wanted.get(name, words) == words for name, words in self.read(row).items())

    def read(self, row: Definition) -> dict[str, Any]:
        text = row.text.replace("\r\n", "\n")
        return {
            "stage": row.stage,
            "text": text,
            "criteria": [Line(each) for each in row.criteria],
            "promotes": row.promotes,
            "receiver": row.receiver,
            "team": row.team.name if row.team else "",
        }

    def write(self, row: Definition | None, wanted: Entry, by: User) -> Definition:  # noqa: ARG002
        data = {"stage": wanted["stage"], "text": wanted["text"], "criteria": json.dumps(wanted["criteria"])}
        data |= {"promotes": wanted["promotes"], "receiver": wanted["receiver"], "team": _team(wanted)}
        words = fill(DefinitionForm, Definition(), data, wanted).cleaned_data
        terms = {name: words[name] for name in TERMS}
        if row is not None and _is_unsigned(row):
            return edit(row.pk, seen="", text=words["text"], criteria=words["criteria"], **terms)[0]
        return draft(words["stage"], words["text"], words["criteria"], **terms)

    def note(self, row: Definition, is_new: bool) -> str:  # noqa: ARG002
        roles = " and ".join(f"a {role.lower()}" for role in roles_to_sign(row))
        return f"A draft, version {row.version}: it comes into force when {roles} have signed it."


def _team(wanted: Entry) -> str:
    if not wanted["team"]:
        return ""
    team = Team.objects.filter(name=wanted["team"]).first()
    if team is None:
        raise refuse(wanted, "team", f"team: “{wanted['team']}” is not the name of a team: add it under “teams”.")
    return str(team.pk)


def _candidates(stage: str) -> list[Definition]:
    """The drafts that wait, the newest first, and the version in force."""
    waiting = drafts().filter(stage=stage).order_by("-version")
    in_force = Definition.active(stage)
    return [*waiting, *([in_force] if in_force else [])]


def _is_unsigned(row: Definition) -> bool:
    """What somebody has signed stays as they read it: other words are another draft."""
    return not (row.active_from or row.marketing_signatory_id or row.sales_signatory_id)
