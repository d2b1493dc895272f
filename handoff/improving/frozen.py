"""A lead as it was at its handoff: where each field of criteria is in what was frozen then, and whether it is."""

from leads.conditions import Condition, Source, field_of, is_in_snapshot, snapshot
from leads.conditions.fields import Field, from_json
from leads.conditions.fragments import Sql, compose, value

PACKET, FACTS, OFFERED_AT = "frozen.packet", "frozen.facts", Sql("frozen.offered_at")
TIMES, KINDS = "frozen.touchpoint_times", "frozen.touchpoint_kinds"
TOUCHPOINTS = ("touchpoints", "event", "last_touchpoint")


def source() -> Source:
    """Fields of the row `frozen`, asked at the moment of its handoff."""
    packet = snapshot(PACKET, at=OFFERED_AT, times=TIMES, kinds=KINDS)

    def column(field: Field) -> Sql:
        if field.attribute or not is_in_snapshot(field):
            return from_json(field.kind, stored(field))
        return packet.column(field)

    return Source(column, OFFERED_AT)


def stored(field: Field) -> Sql:
    """The JSON of a plain fact, or of whose the lead was; NULL where nothing was frozen."""
    name = value(field.name, "text")
    if field.attribute or not is_in_snapshot(field):
        return compose(f"COALESCE({PACKET} -> {{}}, {FACTS} -> {{}})", name, name)
    return compose(f"({PACKET} -> {{}})", name)


def is_known(field: Field) -> Sql:
    """What was frozen says it, be it that there was nothing to say."""
    if field.name in TOUCHPOINTS:
        return Sql(f"({PACKET} ? 'touchpoints' AND {TIMES} IS NOT NULL)")
    name = value("consent" if field.name.startswith("consent.") else field.name, "text")
    if field.attribute or not is_in_snapshot(field):
        return compose(f"({PACKET} ? {{}} OR COALESCE({FACTS} ? {{}}, FALSE))", name, name)
    return compose(f"({PACKET} ? {{}})", name)


def is_answerable(condition: Condition) -> Sql:
    """What was frozen is enough to tell whether the condition held."""
    known = is_known(field_of(condition["field"]))
    if not condition.get("campaign"):
        return known
    has_campaigns = f"COALESCE({PACKET} -> 'touchpoints' -> 0 ? 'campaign', TRUE)"
    return compose(f"({{}} AND {has_campaigns})", known)
