"""Definitions. A file signs nothing: other words make a draft, which comes into force by two signatures."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from django.db.models import QuerySet

from handoff.agreement.definitions import draft, drafts, edit
from handoff.ascode.document import Entry
from handoff.ascode.kind import Shape, Value, fill, refuse
from handoff.ascode.kinds.signed import SignedKind, is_unsigned
from handoff.ascode.writing import Line
from handoff.console.settings.definitions import TERMS, DefinitionForm
from leads.models import Definition, Stage, Team, User
from leads.models.definition import Receiver


class Definitions(SignedKind):
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
        return [newest[0] for stage in Stage.values if (newest := self.candidates({"stage": stage}))]

    def versions(self, wanted: Mapping[str, Any]) -> QuerySet[Definition]:
        return Definition.objects.filter(stage=wanted["stage"])

    def candidates(self, wanted: Mapping[str, Any]) -> list[Definition]:
        waiting = drafts().filter(stage=wanted["stage"]).order_by("-version")
        in_force = Definition.active(wanted["stage"])
        return [*waiting, *([in_force] if in_force else [])]

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
        if row is not None and is_unsigned(row):
            return edit(row.pk, seen="", text=words["text"], criteria=words["criteria"], **terms)[0]
        return draft(words["stage"], words["text"], words["criteria"], **terms)


def _team(wanted: Entry) -> str:
    if not wanted["team"]:
        return ""
    team = Team.objects.filter(name=wanted["team"]).first()
    if team is None:
        raise refuse(wanted, "team", f"team: “{wanted['team']}” is not the name of a team: add it under “teams”.")
    return str(team.pk)
