"""Campaigns from a file: known by the id of their system, else by name."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Q

from handoff.imports.kind import REFUSALS, Kind, Reading, Result, Row, named, refused
from handoff.imports.money import read_currency, read_money
from handoff.workflow.plain_facts import reevaluate_leads_of
from leads.external_ids import normalise_id, spellings
from leads.models import Campaign
from leads.repeats import remark

ALIASES = {
    "external_id": ("campaign_id", "id", "record_id"),
    "name": ("campaign_name", "campaign"),
    "cost": ("actual_cost", "amount_spent", "spend", "budgeted_cost"),
    "currency": ("currency_iso_code", "currency_code", "account_currency"),
    "starts_on": ("start_date", "starts", "start"),
    "ends_on": ("end_date", "ends", "end"),
    "promise": ("offer", "description"),
}
ATTEMPTS = 3


def write(rows: Sequence[Row], reading: Reading) -> list[Result]:
    return [_write_row(row, reading) for row in rows]


def _write_row(row: Row, reading: Reading) -> Result:
    """Write one; again if somebody else made the same campaign meanwhile."""
    for attempt in range(1, ATTEMPTS + 1):
        try:
            with transaction.atomic():
                return _upsert(row, reading)
        except REFUSALS as error:
            return refused(row, error)
        except IntegrityError:
            if attempt == ATTEMPTS:
                raise
    raise AssertionError


def _upsert(row: Row, reading: Reading) -> Result:
    # Without an id its name is its id: so the database itself keeps it single.
    with named("external_id"):
        external_id = normalise_id(reading.system, row.get("external_id"))
    called = external_id or row.get("name")
    if not called:
        raise ValidationError({"name": ["Give the campaign an id or a name."]})
    stored = _find(row, reading)
    fields = _uncontradicted(row, _fields(row, reading), stored, reading)
    campaign = stored or Campaign(name=called, system=reading.system, external_id=called)
    if stored and external_id:  # a campaign that was known by name alone gets its id
        fields |= {"system": reading.system, "external_id": called}
    changes = {name: value for name, value in fields.items() if getattr(campaign, name) != value}
    for name, value in changes.items():
        setattr(campaign, name, value)
    _check(campaign)
    if changes or not stored:
        campaign.save()
    if stored and "name" in changes:
        reevaluate_leads_of(campaign, door=reading.door)
    reading.repeats.add(campaign.pk, row.number, fields)
    return Result(row, "created" if not stored else "updated" if changes else "unchanged")


def _uncontradicted(row: Row, given: dict[str, Any], stored: Campaign | None, reading: Reading) -> dict[str, Any]:
    """What a row gives, without what an earlier row of the same file gives otherwise."""
    earlier = reading.repeats.of(stored.pk) if stored else None
    if earlier is None or earlier.row == row.number:  # the same row, tried again
        return given
    contradicted = [name for name in given if name in earlier.names and given[name] != getattr(stored, name)]
    row.remark(remark(row.number, earlier.row, contradicted))
    return {name: value for name, value in given.items() if name not in contradicted}


def _find(row: Row, reading: Reading) -> Campaign | None:
    """By its id; else by its name, unless that campaign has another id."""
    alike = Campaign.objects.select_for_update(no_key=True).filter(system__in=(reading.system, "")).order_by("pk")
    called, name = row.get("external_id"), row.get("name")
    ids = spellings(reading.system, called) if called else []
    with_id = {campaign.external_id: campaign for campaign in alike.filter(system=reading.system, external_id__in=ids)}
    by_id = next((with_id[spelled] for spelled in ids if spelled in with_id), None)
    if by_id or not name:
        return by_id
    by_name = alike.filter(name=name)
    return (by_name.filter(external_id__in=("", name)) if called else by_name).first()


def _fields(row: Row, reading: Reading) -> dict[str, Any]:
    """What the row says; a blank value never erases."""
    fields: dict[str, Any] = {"name": row.get("name"), "promise": row.prose("promise")}
    with named("currency"):
        fields["currency"] = read_currency(row.get("currency"))
    if row.get("cost"):
        with named("cost"):
            money = read_money(row.get("cost"))
        fields["cost"], fields["currency"] = money.amount, fields["currency"] or money.currency
    fields["starts_on"], fields["ends_on"] = reading.day(row, "starts_on"), reading.day(row, "ends_on")
    return {name: value for name, value in fields.items() if value not in ("", None)}


def _check(campaign: Campaign) -> None:
    campaign.clean_fields()
    if campaign.cost is not None and campaign.cost < 0:
        raise ValidationError({"cost": ["The cost must not be below zero."]})
    if campaign.starts_on and campaign.ends_on and campaign.ends_on < campaign.starts_on:
        raise ValidationError({"ends_on": ["The campaign ends before it starts."]})


def keys(rows: Sequence[Row], reading: Reading) -> list[Collection[object]]:
    """By what rows may be about the same campaign: its id, its name, and the names of the one that has the id."""
    labels = {row.get(field) for row in rows for field in ("external_id", "name")} - {""}
    stored = Campaign.objects.filter(Q(external_id__in=labels) | Q(name__in=labels), system__in=(reading.system, ""))
    alike: dict[str, set[object]] = defaultdict(set)
    for pk, name, external_id in stored.values_list("pk", "name", "external_id"):
        for label in {name, external_id}:
            alike[label].add(pk)
    return [
        {("label", label) for label in labels} | {("campaign", pk) for label in labels for pk in alike.get(label, ())}
        for labels in ({row.get("external_id"), row.get("name")} - {""} for row in rows)
    ]


def locks_itself(reading: Reading) -> bool:  # noqa: ARG001 as those of other kinds
    return True


KIND = Kind(
    ALIASES,
    ("external_id", "name"),
    frozenset({"starts_on", "ends_on"}),
    write,
    keys,
    locks_itself=locks_itself,
)
