"""What each side promised in a period, and what came of it. A closed period is as it was when it was closed."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django import forms

from handoff.models import Firm, PeriodClose
from handoff.reports.behind import Behind
from handoff.reports.counting import Counted, CountedRow, Derived, share
from handoff.reports.fiscal import EXAMPLES, period_of
from handoff.reports.goals import goals_of
from handoff.reports.keeping import snapshot
from handoff.reports.lines import ACTIONS, CLOCKS, HANDOFFS, LINES, OPENS, REJECTIONS, counts_of
from handoff.reports.report import Asked, Chart, Report
from handoff.reports.rows import ALL, OF_A_LEAD, OF_TIME, Rows, rows_by
from handoff.reports.rows_form import RowsForm
from sla.metrics import Metric

ROWS: Mapping[str, Rows] = {"all": ALL, **OF_A_LEAD, **{name: rows for name, rows in OF_TIME.items() if name != "all"}}
_VALUES: Mapping[str, Mapping[str, Any]] = {CLOCKS: {"metrics": Metric.values}}
_DUE = {CLOCKS: "scorecard_open_clocks.sql"}


def _list(name: str) -> Counted:
    return Counted(
        items=f"scorecard_{name}.sql",
        rows=ROWS,
        counts=counts_of(name),
        values=lambda _asked: _VALUES.get(name, {}),
        due=_DUE.get(name, ""),
    )


LISTS: Mapping[str, Counted] = {name: _list(name) for name in (HANDOFFS, ACTIONS, CLOCKS, REJECTIONS)}
CLOSED = Counted(
    items="scorecard_closed.sql",
    rows=ROWS,
    counts={name: f"'{name}' = ANY(figures)" for name in OPENS},
    values=lambda asked: {"close": asked["close"]},
    keeps=False,  # what was closed stays: there is nothing to renew
)


class ScorecardForm(RowsForm):
    """A month or quarter by its name, or any period."""

    offers = ROWS
    of_what = "Leads handed to sales or rejected, and clocks that ended,"
    period = forms.CharField(
        label="Month or quarter",
        required=False,
        help_text=f"Like {EXAMPLES}, instead of from and to. Closed ones are as they were.",
    )

    def clean(self) -> dict[str, Any]:
        asked = super().clean()
        if not asked.get("period"):
            return asked
        firm = Firm.of_now()
        try:
            period = period_of(asked["period"], firm)
        except ValueError as error:
            self.add_error("period", str(error))
            return asked
        start, end = period.bounds(firm.zone)
        return {**asked, "period": period.key, "from": start, "to": end}


def closed(asked: Asked) -> PeriodClose | None:
    """The close of the period that is asked for by its name."""
    key = asked.get("period")
    return PeriodClose.objects.select_related("closed_by").filter(key=key).first() if key else None


def rates(figures: Mapping[str, Any]) -> dict[str, float | None]:
    """What follows from the numbers of a row."""
    return {f"{line.name}_rate": _rate(line.name)(figures) for line in LINES if line.of}


def _rate(name: str) -> Derived:
    return lambda figures: share("part", "whole")(
        {"part": figures[name], "whole": figures[name] + figures[f"{name}_missed"]}
    )


def figures_now(asked: Asked, now: datetime) -> dict[str, int]:
    """The numbers of everything, counted from what is there now."""
    [figures] = [row.figures for row in counted_now({**asked, "by": "all"}, now)] or [_none()]
    return {name: figures[name] for name in OPENS}


def counted_now(asked: Asked, now: datetime) -> Sequence[CountedRow]:
    """The rows, counted from what is there now, whether or not the period is closed."""
    with snapshot():
        answers = [row for each in LISTS.values() for row in each.answer(asked, now)]
    return _merged(answers, in_order=rows_by(str(asked["by"]), ROWS).in_order)


def answer(asked: Asked, now: datetime) -> Sequence[CountedRow]:
    close = closed(asked)
    if close is None:
        rows = counted_now(asked, now)
    elif asked["by"] == "all":
        rows = [_row("all", "All", {**_none(), **close.figures})]
    else:
        parts = CLOSED.answer({**asked, "close": close.pk}, now)
        rows = [_row(row.key, row.label, row.figures) for row in parts]
    return _with_goals(rows, goals(asked, close) if asked["by"] == "all" else {})


def goals(asked: Asked, close: PeriodClose | None) -> Mapping[str, int]:
    """Of the month or quarter that is asked for by its name; of a closed one as they were."""
    if close is not None or not asked.get("period"):
        return close.goals if close else {}
    firm = Firm.of_now()
    return goals_of(period_of(asked["period"], firm).months, asked["from"].astimezone(firm.zone).date())


def _with_goals(rows: Sequence[CountedRow], goals: Mapping[str, int]) -> list[CountedRow]:
    of_figures = {f"{line.name}_goal": goals.get(line.name) for line in LINES if line.has_goal}
    return [CountedRow(row.key, row.label, {**row.figures, **of_figures}) for row in rows]


def behind(asked: Asked, key: str | None, column: str, now: datetime) -> Behind:
    close = closed(asked)
    if close is not None:
        return CLOSED.behind({**asked, "close": close.pk}, key, column, now)
    return LISTS[OPENS[column]].behind(asked, key, column, now)


def _merged(answers: Sequence[CountedRow], *, in_order: bool) -> list[CountedRow]:
    """One row for each key, of what the lists say of it. Those with the most handoffs come first."""
    figures: dict[str, dict[str, Any]] = {}
    labels: dict[str, str] = {}
    for row in answers:
        figures.setdefault(row.key, _none()).update(row.figures)
        labels.setdefault(row.key, row.label)
    keys = sorted(figures, key=lambda key: key if in_order else (-figures[key]["delivered"], key))
    return [_row(key, labels[key], figures[key]) for key in keys]


def _none() -> dict[str, Any]:
    return dict.fromkeys(OPENS, 0)


def _row(key: str, label: str, figures: Mapping[str, Any]) -> CountedRow:
    return CountedRow(key, label, {**figures, **rates(figures)})


REPORT = Report(
    name="scorecard",
    title="Scorecard by segment",
    summary="What each side promised in a period, and what came of it.",
    form=ScorecardForm,
    asked_first={"by": "all"},
    columns=[column for line in LINES for column in line.columns],
    rows=answer,
    explanation=(
        "Both sides read the same sheet. The figures of a month or quarter that was closed are those of then, by "
        "everything and by any row; what has changed since is on the page Scorecard, as restatements. "
        "Rows of a closed period are by what its leads are now."
    ),
    nothing=("Nothing to count", "In this period nothing was handed over, and no clock ended."),
    icon="balance",
    chart=Chart(["accepted_rate", "valid_rate", "actions_rate", "speed_to_lead_rate"]),
    behind=behind,
    opens=frozenset(OPENS),
    about="handoff, owed action, clock or rejection",
)
