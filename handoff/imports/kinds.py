"""Which kind of file one is, by the kind that recognises most of its columns."""

from collections.abc import Sequence

from handoff.imports.headers import How, Vocabulary
from handoff.imports.mapping import map_columns
from handoff.imports.run import KINDS, SAMPLE
from handoff.imports.table import Source, parse
from handoff.workflow.backfill import Clocks

LABELS = {
    "leads": "Leads",
    "campaigns": "Campaigns",
    "outcomes": "Deals and rejections",
    "touches": "Touches: calls, meetings, mails",
    "touchpoints": "Touchpoints: forms, pages, replies",
    "stages": "Stages of leads, one a row",
    "pauses": "Pauses",
}

WITH_CLOCKS = frozenset({"leads", "outcomes", "touches", "stages"})
"""Kinds that bring stages in, of which clocks may run."""
CLOCKS = {
    Clocks.NONE: "Not at all, until something is done with the lead",
    Clocks.IMPORT: "From the import",
    Clocks.TRUE: "From the true moments",
}

# Ids and moments of whatever a file is about.
_IN_ANY_FILE = {"external_id", "touch_id", "touchpoint_id", "deal_id", "email", "phone", "created_at", "updated_at"}
_NEEDED = {"touchpoints": {"kind"}, "stages": {"stage", "at"}}
"""Without a column or a word for these no row of such a file says anything."""


def label(kind: str) -> str:
    return LABELS.get(kind, kind.replace("_", " ").capitalize())


def propose(data: bytes, name: str, source: Source) -> str:
    """The kind whose fields the headers name best; that of leads where none is better."""
    vocabularies = [Vocabulary(name, kind.aliases) for name, kind in KINDS.items()]
    table = parse(data, name, source, lambda headers: max(each.recognised(headers) for each in vocabularies))
    rows = [line.values for line in table.lines[:SAMPLE]]
    return max(KINDS, key=lambda kind: (_score(kind, table.headers, rows), kind == "leads"))


def _score(kind: str, headers: Sequence[str], rows: Sequence[Sequence[str]]) -> int:
    """A point for each field with a column, and another for one that no other kind has. No kind without an identity."""
    card = KINDS[kind]
    columns = map_columns(headers, card.aliases, kind=kind, rows=rows)
    if not columns.has(card.identities) or not columns.fields >= _NEEDED.get(kind, set()):
        return 0
    named = {choice.field for choice in columns.choices if choice.how != How.CONTENT} - _IN_ANY_FILE
    others = {name for other, each in KINDS.items() if other != kind for name in each.aliases}
    return len(named) + len(named - others)
