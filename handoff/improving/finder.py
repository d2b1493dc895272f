"""The finder of criteria: from rejections to the change of the definition that would have withheld them."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from handoff.improving import frozen
from handoff.improving.axes import LETTER, MOST_VALUES, Axes, axes, cut
from handoff.improving.cases import DECIDED, Filter, cases
from handoff.improving.masks import ACCEPTED, LATER, REJECTED, WON, Held, Sets
from handoff.improving.packing import packed_in_sql, unpacked
from handoff.improving.pointing import Let, Pointed, Pointing, Unasked
from handoff.improving.reading import reading_much
from handoff.improving.replay import pattern
from handoff.improving.search import LEAST_REJECTED, LEAST_WITHHELD, Proposal, Search, Searched
from leads.conditions import Condition, where
from leads.conditions.fragments import Sql, compose, joined, value
from leads.models import Definition, Reason, Stage
from leads.models.reason import Side

EARLIER = 0.7
"""The share of the handoffs, the oldest, on which changes are chosen; the later ones confirm them."""
SAMPLE = 50_000
"""Of so many handoffs the places of thresholds are taken."""
HAS_WON = Sql("EXISTS (SELECT FROM leads_opportunity deal WHERE deal.lead_id = frozen.lead_id AND deal.state = 'won')")
PLACES = [n / 20 for n in range(1, 20)]


@dataclass
class Finding:
    """What the finder has to say of the handoffs that were asked for."""

    definition: Definition | None
    chosen: Filter
    decided: int = 0
    rejected: int = 0
    since: datetime | None = None
    """Where older handoffs were left out, the first that was read."""
    split: datetime | None = None
    """From when on handoffs confirm, and nothing is chosen by them."""
    let_through: list[Let] = field(default_factory=list)
    unasked: list[Unasked] = field(default_factory=list)
    unmapped: int = 0
    """Rejected for reasons that name no fact."""
    proposals: list[Proposal] = field(default_factory=list)
    lost: list[dict[str, Decimal]] = field(default_factory=list)
    """Of each proposal, by currency, what the leads that it would have withheld have brought."""
    tries: int = 0
    unconfirmed: int = 0

    @property
    def is_too_small(self) -> bool:
        return self.rejected < LEAST_REJECTED


def find(chosen: Filter | None = None, roles: Collection[str] | None = None, most: int | None = None) -> Finding:
    """Search the facts that somebody with these roles may see. With `most`, only the latest handoffs, so many."""
    finding = Finding(Definition.active(Stage.MQL), _with_reasons(chosen or Filter()))
    _look(finding, most)
    if finding.definition and finding.rejected:
        pointed = Pointed(finding.definition.criteria, _pointing(finding, finding.definition.criteria))
        finding.let_through, finding.unasked, finding.unmapped = (
            pointed.let_through(),
            pointed.unasked(),
            pointed.unmapped,
        )
    if finding.is_too_small:
        return finding
    searched = _search(finding, roles)
    finding.proposals, finding.tries, finding.unconfirmed = searched.proposals, searched.tries, searched.unconfirmed
    finding.lost = _lost(finding)
    return finding


def _with_reasons(chosen: Filter) -> Filter:
    if chosen.reasons:
        return chosen
    against = Reason.objects.filter(counts_against=Side.MARKETING).order_by("pk").values_list("pk", flat=True)
    return replace(chosen, reasons=tuple(against))


def _look(finding: Finding, most: int | None) -> None:
    """Count, and see where the later period begins."""
    if most is not None:
        _leave_out_older(finding, most)
    looked = compose(
        "SELECT count(*), count(*) FILTER (WHERE {}), percentile_disc({}) WITHIN GROUP (ORDER BY offered_at) FROM {}",
        _is_rejected(finding),
        value(EARLIER, "double precision"),
        _decided(finding),
    )
    [(finding.decided, finding.rejected, finding.split)] = _rows(looked)


def _leave_out_older(finding: Finding, most: int) -> None:
    latest = compose(
        "SELECT offered_at FROM {} ORDER BY offered_at DESC OFFSET {} LIMIT 1",
        _decided(finding),
        value(most - 1, "integer"),
    )
    for (since,) in _rows(latest):
        finding.since, finding.chosen = since, replace(finding.chosen, start=since)


def _search(finding: Finding, roles: Collection[str] | None) -> Searched:
    searched = axes(roles)
    _cut(finding, searched)
    outcome, letters = _letters(finding, searched)
    held = (
        each
        for axis, of_axis in zip(searched.axes, letters, strict=True)
        for each in Held.of_all(axis.candidates(), of_axis)
    )
    return Search(Sets.of(outcome)).run(held)


def _cut(finding: Finding, searched: Axes) -> None:
    """Take the places of thresholds, and the frequent values of texts, from a sample that is always the same."""
    every = max(1, finding.decided // SAMPLE)
    least = max(1, LEAST_WITHHELD // every)
    uncut = {n: axis for n, axis in enumerate(searched.axes) if (axis.is_number and not axis.cuts) or axis.is_text}
    columns = {f"c{n}": axis.column for n, axis in uncut.items()}
    sampled = [Sql(f"frozen.id %% {every} = 0")] if every > 1 else []
    sample = compose("SELECT * FROM {}", _decided(finding, columns, sampled, searched.read))
    asked = [_places(n) if axis.is_number else _frequent(n, least) for n, axis in uncut.items()]
    values: dict[int, list[str]] = {}
    for n, text in _rows(compose("WITH sample AS MATERIALIZED ({}) {}", sample, _union(asked))) if asked else ():
        values.setdefault(n, []).append(text)
    for n, taken in values.items():
        cut(searched.axes[n], taken)


def _places(n: int) -> Sql:
    template = "SELECT {}, unnest(percentile_disc({}) WITHIN GROUP (ORDER BY {}))::text FROM sample"
    return compose(template, Sql(str(n)), value(PLACES, "double precision[]"), Sql(f"c{n}"))


def _frequent(n: int, least: int) -> Sql:
    template = (
        "(SELECT {}, {} FROM sample WHERE {} <> '' GROUP BY 2 HAVING count(*) >= {} ORDER BY count(*) DESC, 2 LIMIT {})"
    )
    column = Sql(f"c{n}")
    return compose(template, Sql(str(n)), column, column, value(least, "bigint"), Sql(str(MOST_VALUES)))


def _letters(finding: Finding, searched: Axes) -> tuple[bytes, list[bytes]]:
    """One letter for each handoff: what became of it, and of each axis. All are in the same order."""
    flags = [
        compose(f"CASE WHEN {{}} THEN {flag} ELSE 0 END", holds)
        for flag, holds in (
            (REJECTED, _is_rejected(finding)),
            (ACCEPTED, Sql("decision = 'accepted'")),
            (WON, Sql("is_won")),
            (LATER, compose("offered_at >= {}", value(finding.split, "timestamptz"))),
        )
    ]
    outcome = compose(f"chr({LETTER} + {{}})", compose(" + ".join(["{}"] * len(flags)), *flags))
    packed = {"letters": packed_in_sql([axis.code() for axis in searched.axes])}
    gathered = "SELECT COALESCE(string_agg({}, ''), ''), COALESCE(string_agg(letters, ''), '') FROM {}"
    [(outcomes, letters)] = _rows(compose(gathered, outcome, _decided(finding, packed, read=searched.read)))
    return outcomes.encode("ascii"), unpacked(bytes(letters), len(searched.axes))


def _pointing(finding: Finding, criteria: Sequence[Condition]) -> list[Pointing]:
    """The rejected, by their reason and the detail that was wrong: how many, and how each criterion stood."""
    decided = compose("{} AND {}", _decided(finding, {"letters": pattern(criteria)}), _is_rejected(finding))
    counted = "SELECT reason_id, COALESCE(wrong_field, ''), letters, count(*) FROM {} GROUP BY 1, 2, 3 ORDER BY 1, 2, 3"
    return [Pointing(*row) for row in _rows(compose(counted, decided))]


def _lost(finding: Finding) -> list[dict[str, Decimal]]:
    """By currency, what was won with the leads that each proposal would have withheld."""
    lost: list[dict[str, Decimal]] = [{} for _ in finding.proposals]
    if not lost:
        return lost
    columns = {f"c{n}": _withheld(each.conditions) for n, each in enumerate(finding.proposals)}
    sums = [Sql(f"sum(amount) FILTER (WHERE {column})") for column in columns]
    won = compose("{} AND amount IS NOT NULL", _decided(finding, columns, [HAS_WON]))
    for currency, *amounts in _rows(compose("SELECT currency, {} FROM {} GROUP BY 1 ORDER BY 1", _listed(sums), won)):
        for place, amount in zip(lost, amounts, strict=True):
            if amount is not None:
                place[currency] = amount
    return lost


def _withheld(conditions: Iterable[Condition]) -> Sql:
    """One of them is known not to have held."""
    source, parts = frozen.source(), []
    for each in conditions:
        text, params = where([each], source)
        parts.append(compose("{} AND NOT {}", frozen.is_answerable(each), Sql(text, tuple(params))))
    return joined(" OR ", parts)


def _decided(
    finding: Finding,
    columns: Mapping[str, Sql] | None = None,
    only: Sequence[Sql] = (),
    read: Sequence[Mapping[str, Sql]] = (),
) -> Sql:
    """The handoffs that sales has decided on. A row for each currency is read where amounts are."""
    every = "" if HAS_WON in only else " AND counts"
    return compose("{} WHERE TRUE" + every, cases(finding.chosen, columns, [DECIDED, *only], read))


def _is_rejected(finding: Finding) -> Sql:
    return compose("COALESCE(reason_id = ANY ({}), FALSE)", value(list(finding.chosen.reasons), "bigint[]"))


def _listed(parts: Sequence[Sql]) -> Sql:
    return compose(", ".join(["{}"] * len(parts)), *parts)


def _union(parts: Sequence[Sql]) -> Sql:
    return compose(" UNION ALL ".join(["{}"] * len(parts)), *parts)


def _rows(statement: Sql) -> list[tuple[Any, ...]]:
    with reading_much() as cursor:
        cursor.execute(statement.text, statement.params)
        return list(cursor.fetchall())
