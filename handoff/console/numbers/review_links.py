"""Where the figures of a review open to their leads.

The scorecard of a closed period opens to the leads of then. What else is kept of it may have changed since, so that its
figures open only while the period is open.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.urls import reverse

from handoff.console.numbers.behind import leads_url
from handoff.reports.fiscal import FiscalPeriod
from handoff.reports.registry import REPORTS
from handoff.reviewing.sections import Section
from leads.models import Lead, User

Cells = Mapping[int, str]
"""The address behind a cell of a row, by its place."""
REASONS = ("rejections", "against_marketing", "against_sales", "overturned")
DRIFT = {3: ("handoffs", "delivered"), 4: ("decided", "decided")}
"""By its place, what the report calls a figure, and what the pack does."""


class Links:
    """The addresses behind the figures of one pack, for whoever reads it."""

    def __init__(self, data: Mapping[str, Any], period: FiscalPeriod, user: User) -> None:
        self.data, self.user = data, user
        self.asked = {"from": period.starts_on.isoformat(), "to": period.moved(1).starts_on.isoformat()}
        self.key = period.key
        numbers = {row["lead"] for part in ("fixed", "disputes") for row in data[part]}
        self.seen = set(Lead.objects.visible_to(user).filter(pk__in=numbers).values_list("pk", flat=True))

    def shown(self, section: Section) -> dict[str, Any]:
        """A section with an address, or none, beside each text."""
        of_section = _OF.get(section.title)
        links: Sequence[Cells] = of_section(self) if of_section else []
        texts = section.rows
        return {
            "title": section.title,
            "header": section.header,
            "note": section.note,
            "rows": [
                [(text, cells.get(place, "")) for place, text in enumerate(row)]
                for row, cells in zip(texts, [*links, *({} for _ in texts[len(links) :])], strict=False)
            ],
        }

    def scorecard(self) -> list[Cells]:
        return [
            {
                3: self._of_scorecard(line["name"], line["count"]),
                6: self._of_scorecard(f"{line['name']}_excused", line["excused"]),
            }
            for line in self.data["lines"]
        ]

    def reasons(self) -> list[Cells]:
        rows = [] if self.data["closed"] else self.data["reasons"]
        return [
            {
                place: leads_url("rejections", name, row[name], **self.asked, by="reason", key=row["code"])
                for place, name in enumerate(REASONS, 1)
            }
            for row in rows
        ]

    def breaches(self) -> list[Cells]:
        """With an excuse among them, no other figure counts the same clocks."""
        rows = [] if self.data["closed"] else self.data["breaches"]
        names = dict(User.objects.filter(pk__in={row["owner_id"] for row in rows}).values_list("pk", "username"))
        return [self._of_breaches(row, names.get(row["owner_id"], "")) for row in rows]

    def drift(self) -> list[Cells]:
        rows = [] if self.data["closed"] else self.data["drift"]
        return [
            {
                place: leads_url("versions", column, row[name], **self.asked, by="definition", key=_version(row))
                for place, (column, name) in DRIFT.items()
            }
            for row in rows
        ]

    def fixed(self) -> list[Cells]:
        return [self._lead(row) for row in self.data["fixed"]]

    def disputes(self) -> list[Cells]:
        return [self._lead(row) for row in self.data["disputes"]]

    def _of_scorecard(self, column: str, number: int | None) -> str:
        """A pack of an earlier release may have a figure that the scorecard no longer has."""
        if column not in REPORTS["scorecard"].opens:
            return ""
        return leads_url("scorecard", column, number, by="all", period=self.key, key="all")

    def _of_breaches(self, row: Mapping[str, Any], owner: str) -> Cells:
        asked = {**self.asked, "metric": row["metric"], "by": "owner", "key": owner}
        breached = 0 if row["excused"] else row["breaches"]
        numbers = {2: ("breached", breached), 3: ("overdue", row["running"]), 4: ("excused", row["excused"])}
        return {place: leads_url("attainment", *number, **asked) for place, number in numbers.items()}

    def _lead(self, row: Mapping[str, Any]) -> Cells:
        return {0: reverse("admin:leads_lead_change", args=[row["lead"]])} if row["lead"] in self.seen else {}


def _version(row: Mapping[str, Any]) -> str:
    return f"mql/{row['version']:04}" if row["version"] else ""


_OF: Mapping[str, Callable[[Links], Sequence[Cells]]] = {
    "Scorecard": Links.scorecard,
    "Top reasons of rejections": Links.reasons,
    "Breaches": Links.breaches,
    "Who fixed what": Links.fixed,
    "Disputes": Links.disputes,
    "Definition drift": Links.drift,
}
