"""What each campaign brought: from its leads to the amount won, what it cost, and what came back."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django import forms
from django.db import connection

from handoff.reports import conversion, funnel
from handoff.reports.behind import Behind
from handoff.reports.counting import Amounts, Counted
from handoff.reports.keeping import snapshot
from handoff.reports.kinds import Kind
from handoff.reports.measures import UNRATED, in_order
from handoff.reports.report import Asked, Chart, Column, Report
from handoff.reports.rows import OF_A_LEAD, Rows, campaign

Money = Mapping[str, str]
_COSTS = """
    SELECT name, money.unit, money.value FROM leads_campaign campaign, handoff_in_currency(
        campaign.cost, campaign.currency, campaign.starts_on, %(wanted)s, %(rates)s, %(version)s
    ) money
    ORDER BY name, campaign.id
"""
FIRST, LAST, LINEAR = "first", "last", "linear"
ROWS: Mapping[str, Rows] = {
    "campaign": campaign("item.campaign_id"),
    "source": Rows("Source", "item.source", without=OF_A_LEAD["source"].without),
}
SHARES = Counted(
    items="closed_loop_items.sql",
    rows=ROWS,
    counts={"won_amount": "cents <> 0"},
    sums={"cents": Amounts("currency", "cents")},
    values=lambda asked: {"model": asked["model"], **conversion.values_of(asked)},
)


@dataclass(frozen=True)
class ClosedLoopRow:
    """One campaign or source. Its leads and stages are those of the funnel; its amount is what is attributed to it."""

    key: str
    label: str
    leads: int
    mql: int
    sal: int
    sql: int
    opportunity: int
    won: int
    won_amount: Money
    cost: Money | None
    """By currency; nothing where the cost of a campaign of this name is not known, or what is asked for has none."""

    @property
    def return_on_cost(self) -> float | None:
        """What was won for each unit of cost, where both are in one currency and there is nothing else."""
        if not self.cost or len(self.cost) != 1 or self.won_amount.keys() - self.cost.keys():
            return None
        [(currency, cost)] = self.cost.items()
        if currency.endswith(UNRATED):
            return None
        return float(Decimal(self.won_amount.get(currency, "0")) / Decimal(cost)) if Decimal(cost) else None


def closed_loop(asked: Asked, now: datetime) -> list[ClosedLoopRow]:
    by = asked["by"]
    with snapshot():
        counted = {row.key: row for row in funnel.funnel(by, asked["from"], asked["to"])}
        shares = {row.key: _in_units(row.cents) for row in SHARES.answer(asked, now)}
    costs = _costs(asked) if by == funnel.By.CAMPAIGN else {}
    is_bounded = asked["from"] or asked["to"]
    idle = () if is_bounded else [name for name, cost in costs.items() if cost]
    keys = dict.fromkeys([*counted, *sorted(shares), *sorted(idle)])
    return [_row(by, key, counted.get(key), shares.get(key, {}), costs.get(key)) for key in keys]


def _row(by: str, key: str, counted: funnel.FunnelRow | None, won: Money, cost: Money | None) -> ClosedLoopRow:
    stages: list[Any] = [getattr(counted, name) if counted else 0 for name in funnel.LEADS.counts]
    figures: list[Any] = [*stages, won, cost]
    return ClosedLoopRow(key, key or ROWS[by].without, *figures)


def _in_units(cents: Mapping[str, Decimal]) -> Money:
    return {currency: f"{each / 100:.2f}" for currency, each in cents.items()}


def _costs(asked: Asked) -> dict[str, Money | None]:
    """By name. A cost that is not known is missing, and so is the sum of which it is a part."""
    totals: dict[str, dict[str, Decimal] | None] = {}
    with connection.cursor() as cursor:
        cursor.execute(_COSTS, conversion.values_of(asked))
        costs = cursor.fetchall()
    for name, currency, cost in costs:
        so_far = totals.setdefault(name, {})
        if cost is None or so_far is None:
            totals[name] = None
        else:
            so_far[currency] = so_far.get(currency, Decimal(0)) + cost
    return {
        name: None if sums is None else {unit: str(cost) for unit, cost in in_order(sums).items()}
        for name, sums in totals.items()
    }


def behind(asked: Asked, key: str | None, column: str, now: datetime) -> Behind:
    shown = SHARES if column in SHARES.counts else funnel.LEADS
    return shown.behind(asked, key, column, now)


class ClosedLoopForm(conversion.MoneyForm):
    offers = ROWS
    has_attributes = False
    model = forms.ChoiceField(
        choices=[(FIRST, "First touch"), (LAST, "Last touch"), (LINEAR, "Every touch alike")],
        label="Attributed to",
        help_text="Which campaigns share the amount of a deal.",
        required=False,
    )
    of_what = "Leads captured"

    def clean_model(self) -> str:
        return self.cleaned_data["model"] or FIRST


_MONEY = "Money"
REPORT = Report(
    name="closed_loop",
    title="Closed loop",
    summary="What each campaign brought: from its leads to the amount won, and what it cost.",
    form=ClosedLoopForm,
    asked_first={"by": "campaign", "model": FIRST},
    columns=[
        Column("leads", "Leads", "Leads captured in the period, by the campaign that brought them first."),
        Column("mql", "MQL", "Those that were ever offered to sales."),
        Column("sal", "SAL", "Those that sales ever accepted."),
        Column("sql", "SQL", "Those that were ever qualified."),
        Column("opportunity", "Opportunity", "Those that became an opportunity."),
        Column("won", "Won", "Those with a deal that is won. A lead with several counts once."),
        Column(
            "won_amount",
            "Won amount",
            "By currency: the share of the deals won with leads of the period that the campaign's touches earn.",
            Kind.AMOUNTS,
            _MONEY,
        ),
        Column(
            "cost", "Cost", "Of the whole campaign, by currency; empty where it is not known.", Kind.AMOUNTS, _MONEY
        ),
        Column(
            "return_on_cost",
            "Return",
            "Won amount for each unit of cost; empty where the cost is not known, or the currencies differ.",
            Kind.RATIO,
            _MONEY,
        ),
    ],
    rows=closed_loop,
    explanation=(
        "Every model shares out the same total: the won amount of the funnel, to the cent. Touches are the capture of "
        "a lead and the touchpoints that name a campaign, up to the day on which the deal was won. Currencies are "
        "never added up, unless all are converted into one; the amount of a deal is then converted before it is shared."
    ),
    nothing=("No lead to count", "No lead was captured in this period."),
    icon="currency_exchange",
    chart=Chart(["leads", "sal", "won"], most=20),
    behind=behind,
    opens=(*funnel.LEADS.counts, "won_amount"),
    about="",
)
