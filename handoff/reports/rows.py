"""What the rows of a report can be: each with the SQL of its key, beside the thing that is counted and its lead."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from handoff.reports import calendar
from leads.facts import Fact, FactType, fact, seen_attributes

GROUPED = (FactType.TEXT, FactType.CHOICE, FactType.CHOICES, FactType.YES_NO)
"""Types of attributes that can be the rows: of the others each lead has a value of its own."""
YES_NO = {"true": "yes", "false": "no"}


@dataclass(frozen=True)
class Rows:
    """One choice of rows. In its SQL `item` is what is counted, and `lead` the lead that it is of."""

    label: str
    key: str
    name: str = "NULL"
    """SQL of what people read; where it is NULL they read the key."""
    joins: str = ""
    without: str = ""
    """What people read where the key is empty."""
    in_order: bool = False
    """By their key, and not the fullest first."""
    order: Callable[[str], Any] | None = None
    """By what they are in order instead, from their key."""


def campaign(of: str = "lead.campaign_id") -> Rows:
    joins = f"LEFT JOIN leads_campaign campaign ON campaign.id = {of}"
    return Rows("Campaign", "COALESCE(campaign.name, '')", joins=joins, without="(no campaign)")


def owner(of: str = "lead.owner_id") -> Rows:
    name = "NULLIF(btrim(owner.first_name || ' ' || owner.last_name), '')"
    joins = f"LEFT JOIN leads_user owner ON owner.id = {of}"
    return Rows("Owner", "COALESCE(owner.username, '')", name, joins, "(no owner)")


def team(of: str = "lead.team_id") -> Rows:
    joins = f"LEFT JOIN leads_team team ON team.id = {of}"
    return Rows("Team", "COALESCE(team.name, '')", joins=joins, without="(no team)")


def period(label: str, key: str) -> Rows:
    return Rows(label, f"COALESCE({key}, '')", without="(no date)", in_order=True)


ALL = Rows("Everything", "'all'", "'All'")
SOURCE = Rows("Source", "lead.source", without="(no source)")
COUNTRY = Rows("Country", "lead.country", without="(no country)")
WEEK = period("Week", calendar.week("item.at"))
MONTH = period("Month", calendar.month("item.at"))
QUARTER = period("Quarter", calendar.quarter("item.at"))
OF_A_LEAD: Mapping[str, Rows] = {
    "source": SOURCE,
    "campaign": campaign(),
    "country": COUNTRY,
    "team": team(),
    "owner": owner(),
}
"""What can be the rows of every report."""
OF_TIME: Mapping[str, Rows] = {"week": WEEK, "month": MONTH, "quarter": QUARTER, "all": ALL}


def choices(rows: Mapping[str, Rows]) -> list[tuple[str, str]]:
    return [(str(name), each.label) for name, each in rows.items()]


def reportable() -> list[Fact]:
    """The attributes that can be the rows. Everyone with a role reads reports, so only those that everyone may see."""
    return [each for each in seen_attributes(()) if each.type in GROUPED]


def rows_by(by: str, offered: Mapping[str, Rows]) -> Rows:
    """Those offered by this name, or an attribute of the leads."""
    return offered[by] if by in offered else _by_attribute(fact(by))


def _by_attribute(attribute: Fact) -> Rows:
    """A lead with several choices counts in the row of each."""
    joins = """
        CROSS JOIN LATERAL (SELECT COALESCE(lead.attributes -> %(attribute)s, '""'::jsonb) AS value) stored
        CROSS JOIN LATERAL jsonb_array_elements_text(
            CASE jsonb_typeof(stored.value) WHEN 'array' THEN stored.value ELSE jsonb_build_array(stored.value) END
        ) AS chosen (key)
    """
    return Rows(attribute.label, "chosen.key", joins=joins, without=f"(no {attribute.label.lower()})")


def values_of(by: str) -> dict[str, str]:
    """What the SQL of an attribute's rows is asked with."""
    return {"attribute": by.partition(".")[2]}


def spelled(by: str, key: str) -> str:
    """The key as it leaves the database: the API and files say yes and no."""
    return YES_NO.get(key, key) if _is_yes_no(by) else key


def stored(by: str, key: str) -> str:
    """The key as the database has it."""
    back = {word: value for value, word in YES_NO.items()}
    return back.get(key, key) if _is_yes_no(by) else key


def label_of(by: str, rows: Rows, key: str, name: str | None) -> str:
    """What a person reads for a key as the database has it."""
    if not key:
        return rows.without
    if "." not in by:
        return name or key
    attribute = fact(by)
    if attribute.type == FactType.YES_NO:
        return spelled(by, key).capitalize()
    return {choice.key: choice.label for choice in attribute.choices}.get(key, key)


def _is_yes_no(by: str) -> bool:
    return "." in by and fact(by).type == FactType.YES_NO


def offered(names: Iterable[tuple[str, str]]) -> list[tuple[Any, Any]]:
    """These choices, and the attributes that there are."""
    return [*names, *((each.name, each.label) for each in reportable())]
