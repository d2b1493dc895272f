"""Where the fields of a lead are in a statement: in its row, or in a snapshot of it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from leads.conditions.checks import CLOCK_SKEW, later
from leads.conditions.consents import consent_in_sql
from leads.conditions.fields import Field, Kind, from_json
from leads.conditions.fragments import Sql, compose, value
from leads.conditions.listed import Listed


@dataclass(frozen=True)
class Source:
    """Maps each field to an SQL expression that has the canonical value of its kind, and names the moment to ask at.

    Of touchpoints and events it is a FROM item `point` with kind, at, detail and campaign.
    """

    column: Callable[[Field], Sql]
    at: Sql


def moment(at: datetime | None = None) -> Sql:
    return value(at or timezone.now(), "timestamptz")


def leads(alias: str = "leads_lead", *, at: Sql | None = None) -> Source:
    """The rows of `leads_lead`, under this alias. Nothing has to be joined."""
    asked_at = at or moment()
    return Source(lambda field: _of_lead(field, alias, asked_at), asked_at)


def snapshot(packet: str, *, at: Sql, times: str = "", kinds: str = "") -> Source:
    """The packet of a handoff, in this JSON column, asked at the moment at which it was frozen.

    `times` and `kinds` are the columns that list its touchpoints, where there are any. KeyError for what a packet does
    not hold: see `is_in_snapshot`.
    """
    points = Sql(POINTS_OF_SNAPSHOT.format(packet))
    if times:
        points = Listed(points.text, times=Sql(times), kinds=Sql(kinds))
    return Source(lambda field: _of_snapshot(field, packet, points, at), at)


def is_in_snapshot(field: Field) -> bool:
    """A packet holds it. A fact that was added later is missing in those from before."""
    return field.name not in ("team", "owner", "created_at") and (field.card is None or field.card.in_packet)


# The name of another record is looked for only where a condition asks for it.
NAMES = {
    "campaign": "COALESCE((SELECT name FROM leads_campaign WHERE id = {0}.campaign_id), '')",
    "team": "COALESCE((SELECT name FROM leads_team WHERE id = {0}.team_id), '')",
    "owner": "COALESCE((SELECT username FROM leads_user WHERE id = {0}.owner_id), '')",
}
POINTS = """(
    SELECT point.kind, point.at, point.detail, COALESCE(campaign.name, '') AS campaign
    FROM leads_touchpoint point LEFT JOIN leads_campaign campaign ON campaign.id = point.campaign_id
    WHERE point.lead_id = {0}.id
) point"""
POINTS_OF_SNAPSHOT = """(
    SELECT kind, at, COALESCE(detail, '') AS detail, COALESCE(campaign, '') AS campaign
    FROM jsonb_to_recordset({0} -> 'touchpoints') AS frozen (kind text, at timestamptz, detail text, campaign text)
) point"""
_EVENTS = (Kind.TOUCHPOINTS, Kind.EVENT)


def _of_lead(field: Field, alias: str, at: Sql) -> Sql:
    if field.kind in _EVENTS:
        return Sql(POINTS.format(alias))
    if field.name == "last_touchpoint":
        return _latest(Sql(POINTS.format(alias)), at)
    if field.name.startswith("consent."):
        return consent_in_sql(field, Sql(f"{alias}.consent"), Sql(f"{alias}.do_not_contact"))
    if field.attribute:
        json = compose(f"({alias}.attributes -> {{}})", value(field.attribute.key, "text"))
        return from_json(field.kind, json)
    return Sql(NAMES[field.name].format(alias) if field.name in NAMES else f"{alias}.{field.name}")


def _of_snapshot(field: Field, packet: str, points: Sql, at: Sql) -> Sql:
    if not is_in_snapshot(field):
        raise KeyError(field.name)
    if field.kind in _EVENTS:
        return points
    if field.name == "last_touchpoint":
        return _latest(points, at)
    json = compose(f"({packet} -> {{}})", value(field.name, "text"))
    if field.name.startswith("consent."):
        is_blocked = f"COALESCE(({packet} ->> 'do_not_contact')::boolean, FALSE)"
        return consent_in_sql(field, Sql(f"({packet} -> 'consent')"), Sql(is_blocked))
    return from_json(field.kind, json)


def _latest(points: Sql, at: Sql) -> Sql:
    if isinstance(points, Listed):
        return points.latest(at)
    return compose("(SELECT max(point.at) FROM {} WHERE point.at <= {})", points, later(at, CLOCK_SKEW))
