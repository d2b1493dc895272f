"""Before and after: what became of handoffs under each version of the agreement, version beside version."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from handoff.reports import conversion
from handoff.reports.counting import Amounts, Counted, CountedRow, least, most, percentile, share
from handoff.reports.kinds import Kind
from handoff.reports.measures import FEWEST, around_median
from handoff.reports.report import Asked, Chart, Column, Report
from handoff.reports.rows import OF_A_LEAD, OF_TIME, Rows

_NUMBER = "to_char({}.version, 'FM0000')"  # in the order of versions also as text
_DEFINITION, _POLICY, _MODEL = (_NUMBER.format(name) for name in ("definition", "policy", "model"))
ROWS: Mapping[str, Rows] = {
    "definition": Rows(
        "Definition",
        f"COALESCE(definition.stage || '/' || {_DEFINITION}, '')",
        "upper(definition.stage) || ', version ' || definition.version",
        """
        JOIN handoff_handoff judged ON judged.id = item.handoff_id
        LEFT JOIN leads_definition definition ON definition.id = judged.definition_id
        """,
        without="(no definition)",
        in_order=True,
    ),
    "policy": Rows(
        "SLA policy",
        f"COALESCE(policy.key || '/' || {_POLICY}, '')",
        "policy.name || ', version ' || policy.version",
        """
        LEFT JOIN LATERAL (
            SELECT DISTINCT policy_id AS id FROM sla_clock
            WHERE lead_id = item.lead_id AND cycle = item.cycle AND state <> 'cancelled'
        ) ran ON true
        LEFT JOIN sla_policy policy ON policy.id = ran.id
        """,
        without="(no policy)",
        in_order=True,
    ),
    "model": Rows(
        "Scoring model",
        f"COALESCE({_MODEL}, '')",
        "'Version ' || model.version",
        """
        LEFT JOIN LATERAL (
            SELECT version FROM leads_scoringmodel
            WHERE active_from <= item.at ORDER BY active_from DESC LIMIT 1
        ) model ON true
        """,
        without="(no model)",
        in_order=True,
    ),
    **OF_A_LEAD,
    **OF_TIME,
}
HANDOFFS = Counted(
    items="versions_items.sql",
    rows=ROWS,
    counts={
        "handoffs": "true",
        "decided": "decided",
        "accepted": "accepted",
        "cold": "accepted AND (not_contacted OR late)",
        "not_contacted": "accepted AND not_contacted",
        "converted": "to_convert IS NOT NULL",
        "won": "won",
    },
    sums={
        "median_convert": percentile(0.5, "to_convert"),
        "convert_least": around_median(-1, "to_convert"),
        "convert_most": around_median(1, "to_convert"),
    },
    derived={
        "accept_rate": share("accepted", "decided"),
        "accept_rate_least": least("accepted", "decided"),
        "accept_rate_most": most("accepted", "decided"),
        "cold_rate": share("cold", "accepted"),
        "cold_rate_least": least("cold", "accepted"),
        "cold_rate_most": most("cold", "accepted"),
        "win_rate": share("won", "handoffs"),
        "win_rate_least": least("won", "handoffs"),
        "win_rate_most": most("won", "handoffs"),
    },
)
WON = Counted(
    items="versions_won_items.sql",
    rows=ROWS,
    counts={},
    sums={"amounts": Amounts("currency", "amount")},
    values=conversion.values_of,
)


def versions(asked: Asked, now: datetime) -> list[CountedRow]:
    won = {row.key: row.amounts for row in WON.answer(asked, now)}
    return [
        replace(row, figures={**row.figures, "won_amount": _plain(won.get(row.key, {}))})
        for row in HANDOFFS.answer(asked, now)
    ]


def _plain(amounts: Mapping[str, Decimal]) -> dict[str, str]:
    return {currency: str(total) for currency, total in amounts.items()}


class VersionsForm(conversion.MoneyForm):
    offers = ROWS
    of_what = "Leads handed to sales"


_ACCEPTED, _COLD, _CONVERTED, _WON = "Acceptance", "Cold leads", "Time to convert", "Winning"
_INTERVAL = "end of the interval in which the true rate lies at 95 %, after Wilson."
REPORT = Report(
    name="versions",
    title="Before and after",
    summary="What became of handoffs under each version of a definition, policy or scoring model.",
    form=VersionsForm,
    asked_first={"by": "definition"},
    columns=[
        Column("handoffs", "Handoffs", "Handoffs that marketing offered to sales in the period."),
        Column("decided", "Decided", "Those that sales has accepted or rejected.", group=_ACCEPTED),
        Column("accepted", "Accepted", "Those that sales has accepted.", group=_ACCEPTED),
        Column("accept_rate", "Rate", "Accepted of decided.", Kind.SHARE, _ACCEPTED),
        Column("accept_rate_least", "From", f"Lower {_INTERVAL}", Kind.SHARE, _ACCEPTED),
        Column("accept_rate_most", "To", f"Upper {_INTERVAL}", Kind.SHARE, _ACCEPTED),
        Column(
            "cold",
            "Cold",
            "Accepted, and not contacted at all, or only after a promise of a first touch was breached.",
            group=_COLD,
        ),
        Column("not_contacted", "Not contacted", "Cold ones that nobody has contacted so far.", group=_COLD),
        Column("cold_rate", "Rate", "Cold of accepted.", Kind.SHARE, _COLD),
        Column("cold_rate_least", "From", f"Lower {_INTERVAL}", Kind.SHARE, _COLD),
        Column("cold_rate_most", "To", f"Upper {_INTERVAL}", Kind.SHARE, _COLD),
        Column("converted", "Converted", "Those that became an opportunity in the same cycle.", group=_CONVERTED),
        Column("median_convert", "Median", "Seconds from the offer to the opportunity.", Kind.WALL_TIME, _CONVERTED),
        Column(
            "convert_least",
            "From",
            f"Lower end of the interval in which the true median lies at 95 %. With fewer than {FEWEST} there is none.",
            Kind.WALL_TIME,
            _CONVERTED,
        ),
        Column("convert_most", "To", "Upper end of that interval.", Kind.WALL_TIME, _CONVERTED),
        Column("won", "Won", "Those whose lead has a deal that is won; the last handoff counts.", group=_WON),
        Column("won_amount", "Amount", "By currency; of their won deals whose amounts are known.", Kind.AMOUNTS, _WON),
        Column("win_rate", "Rate", "Won of handoffs.", Kind.SHARE, _WON),
        Column("win_rate_least", "From", f"Lower {_INTERVAL}", Kind.SHARE, _WON),
        Column("win_rate_most", "To", f"Upper {_INTERVAL}", Kind.SHARE, _WON),
    ],
    rows=versions,
    explanation=(
        "A handoff counts for the definition by which it was judged, for each policy whose clock ran in its cycle, "
        "and for the scoring model that was in force when it was offered. Versions are not an experiment: other things "
        "changed as well, and the newest leads have had the least time to be contacted, to convert and to be won. "
        "Where two intervals do not overlap, luck alone explains the difference badly."
    ),
    nothing=("No handoff to compare", "No lead was handed to sales in this period."),
    icon="compare_arrows",
    chart=Chart(["accept_rate", "cold_rate", "win_rate"]),
    behind=HANDOFFS.behind,
    opens=HANDOFFS.counts,
    about="handoff",
)
