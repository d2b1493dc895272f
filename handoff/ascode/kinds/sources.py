"""Which systems are believed more than others."""

from collections.abc import Iterable, Mapping
from typing import Any

from handoff.ascode.document import Entry
from handoff.ascode.kind import Kind, Shape, Value, fill
from handoff.console.settings.sources import SourceRankForm
from leads.models import SourceRank, User
from leads.normalise import normalise_system


class Sources(Kind):
    section, noun, identity = "systems", "system", ("system", "fact")
    order = ("fact", "position")
    values = (
        Value("system"),
        Value("fact"),
        Value("position", Shape.NUMBER),
        Value("values_stay", Shape.SWITCH, default=False),
    )

    def rows(self) -> Iterable[SourceRank]:
        return SourceRank.objects.all()

    def find(self, wanted: Mapping[str, Any]) -> SourceRank | None:
        rows = SourceRank.objects.filter(system=normalise_system(wanted["system"]), fact=wanted.get("fact", ""))
        return rows.select_for_update(no_key=True).first()

    def read(self, row: SourceRank) -> dict[str, Any]:
        return {"system": row.system, "fact": row.fact, "position": row.position, "values_stay": row.is_final}

    def write(self, row: SourceRank | None, wanted: Entry, by: User) -> SourceRank:  # noqa: ARG002
        data = {name: wanted[name] for name in ("system", "fact", "position")} | {"is_final": wanted["values_stay"]}
        saved: SourceRank = fill(SourceRankForm, row or SourceRank(), data, wanted, {"is_final": "values_stay"}).save()
        return saved

    def retire(self, row: SourceRank, by: User) -> None:  # noqa: ARG002
        row.delete()
