"""One description, two evaluators: a condition has the same answer in Python, in SQL and over a frozen packet."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection, transaction
from django.test import override_settings
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from handoff.agreement.packet import snapshot
from leads import conditions
from leads.conditions import all_hold, field_of, in_words, unmet, validate_conditions, where
from leads.models import Attribute, Campaign, Lead, Team, Touchpoint, User

NOON = datetime(2026, 3, 29, 12, tzinfo=UTC)  # the day on which clocks go forward in Berlin
ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Pacific/Apia", "Asia/Kathmandu")
TEXTS = ("", "Gold", "gold", "GOLD", "Straße", "STRASSE", "İ", "i", "a%b", "it's", "Spring", "n/a")
NUMBERS = (-1, 0, 5, 10.5, 0.1, 80, 999999999999999)
DAYS = ("2026-03-27", "2026-03-28", "2026-03-29", "2026-03-30", "2026-04-28", "2025-12-31")
SUMS = ({"amount": 5, "currency": "EUR"}, {"amount": 10.5, "currency": "EUR"}, {"amount": 10.5, "currency": "USD"})
KINDS = ("form", "webinar", "demo_request")
TYPES = {
    "note": "text",
    "size": "decimal",
    "budget": "money",
    "renewal": "date",
    "is_new": "yes_no",
    "tier": "choice",
    "tags": "choices",
}
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "note": st.sampled_from(TEXTS[1:]),
    "size": st.sampled_from(NUMBERS),
    "budget": st.sampled_from(SUMS),
    "renewal": st.sampled_from(DAYS),
    "is_new": st.booleans(),
    "tier": st.sampled_from(["gold", "tin"]),
    "tags": st.sampled_from([["gold"], ["gold", "tin"]]),
}


def moments(around: datetime = NOON) -> st.SearchStrategy[datetime]:
    """Near to now, to midnight somewhere, and to the ends of windows of days."""
    near = st.sampled_from([timedelta(0), timedelta(microseconds=1), timedelta(minutes=5), timedelta(hours=14)])
    days = st.sampled_from([0, 1, 30])
    return st.builds(
        lambda delta, day, sign: around + sign * delta - timedelta(day), near, days, st.sampled_from([1, -1])
    )


def said() -> st.SearchStrategy[dict[str, Any]]:
    """What a buyer has agreed to, as a lead sums it up."""
    at = st.sampled_from(["2026-01-01T00:00:00.000000+00:00", "2026-02-01T00:00:00.000000+00:00"])
    word = st.fixed_dictionaries({"granted": st.booleans(), "at": at}, optional={"is_dated": st.just(False)})
    return st.dictionaries(st.sampled_from(["email", "phone", "all"]), word)


LEAD = st.fixed_dictionaries(
    {
        "name": st.sampled_from(TEXTS),
        "source": st.sampled_from(["", "webinar", "paid_search"]),
        "country": st.sampled_from(["", "DE"]),
        "preferred_channel": st.sampled_from(["", "call"]),
        "score": st.none() | st.sampled_from([-1, 0, 5, 80]),
        "do_not_contact": st.booleans(),
        "attributes": st.fixed_dictionaries({}, optional=VALUES),
        "consent": said(),
        "created_at": moments(),
    }
)
POINT = st.tuples(st.sampled_from(KINDS), moments(), st.sampled_from(["", "Pricing", "pricing"]), st.booleans())
WANTED = st.one_of(
    *map(st.sampled_from, (TEXTS, NUMBERS, DAYS, KINDS)),
    st.none() | st.booleans(),
    st.sampled_from(
        ["5 EUR", "10.5 USD", "yes", "Germany", "Webinar", "Call", "Berlin", "ada", "granted", "Tin", "tin"]
    ),
)
WINDOW = {
    "within_days": st.sampled_from([1, 30]),
    "detail": st.sampled_from(["ricing", ""]),
    "campaign": st.just("Spring"),
}


def condition(name: str) -> st.SearchStrategy[dict[str, Any]]:
    """Any condition on a field, also one that is refused."""
    base = {"field": st.just(name), "op": st.sampled_from(conditions.OPERATORS)}
    optional: dict[str, st.SearchStrategy[Any]] = {}
    wanted = WANTED | st.lists(WANTED, max_size=3) | st.sampled_from([0, 1, 2, 30])
    if name in ("touchpoints", "event"):
        optional = dict(WINDOW)
        wanted = st.sampled_from([0, 1, 2, 3]) | st.sampled_from(KINDS) | st.lists(st.sampled_from(KINDS), min_size=1)
    if name == "touchpoints":
        optional |= {"distinct": st.sampled_from(["each", "days", "kinds"])}
        optional |= {"kinds": st.lists(st.sampled_from(KINDS), min_size=1, max_size=2)}
    return st.fixed_dictionaries(base | {"value": wanted}, optional=optional)


def is_valid(asked: dict[str, Any]) -> bool:
    try:
        validate_conditions([asked])
    except ValidationError:
        return False
    return True


FIELDS = sorted({*conditions.fields(), *(f"attributes.{key}" for key in TYPES)})


@pytest.fixture
def catalogue(db: None) -> dict[str, Any]:
    """An attribute of each type, and what leads point at."""
    choices = [{"key": "gold", "label": "Gold"}, {"key": "tin", "label": "Tin"}]
    for key, kind in TYPES.items():
        Attribute.objects.create(key=key, label=key.title(), type=kind, choices=choices if "cho" in kind else [])
    return {
        "team": Team.objects.create(name="Berlin"),
        "owner": User.objects.create_user("ada"),
        "campaign": Campaign.objects.create(name="Spring"),
    }


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_python_and_sql_agree_on_every_condition(catalogue: dict[str, Any], data: st.DataObject) -> None:
    facts = data.draw(LEAD)
    related = {name: data.draw(st.sampled_from([None, record])) for name, record in catalogue.items()}
    points = data.draw(st.lists(POINT, max_size=4))
    names = data.draw(st.lists(st.sampled_from(FIELDS), min_size=8, max_size=8))
    asked = [each for name in names if is_valid(each := data.draw(condition(name)))]
    at, zone, session = data.draw(moments()), data.draw(st.sampled_from(ZONES)), data.draw(st.sampled_from(ZONES))
    with override_settings(TIME_ZONE=zone), undone():
        lead = Lead.objects.create(**facts, **related)
        Lead.objects.filter(pk=lead.pk).update(consent=facts["consent"])
        for number, (kind, moment, detail, is_of_campaign) in enumerate(points):
            campaign = catalogue["campaign"] if is_of_campaign else None
            Touchpoint.objects.create(
                lead=lead, kind=kind, at=moment, detail=detail, campaign=campaign, system="x", external_id=str(number)
            )
        lead.refresh_from_db()
        packet = json.dumps(snapshot(lead), cls=DjangoJSONEncoder)  # before the session has a zone that Django ignores
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('TimeZone', %s, true)", [session])
        holds = [all_hold([each], lead.facts(), at) for each in asked]
        assert [unmet([each], lead.facts(), at=at) == [] for each in asked] == holds
        assert dict(zip(map(in_words, asked), in_sql(lead, asked, at), strict=True)) == dict(
            zip(map(in_words, asked), holds, strict=True)
        )
        frozen = [(each, answer) for each, answer in zip(asked, holds, strict=True) if is_frozen(each)]
        assert in_packet(packet, [each for each, _ in frozen], at) == [answer for _, answer in frozen], frozen
        assert in_lists(packet, [each for each, _ in frozen], at) == [answer for _, answer in frozen], frozen


def is_frozen(asked: dict[str, Any]) -> bool:
    return conditions.is_in_snapshot(field_of(asked["field"])) and "campaign" not in asked


class undone:  # noqa: N801 read as a word
    """The rows of one example go with it."""

    def __enter__(self) -> None:
        self.block = transaction.atomic()
        self.block.__enter__()

    def __exit__(self, *error: Any) -> None:
        transaction.set_rollback(True)
        self.block.__exit__(*error)


def in_sql(lead: Lead, asked: list[dict[str, Any]], at: datetime) -> list[Any]:
    source = conditions.leads("l", at=conditions.moment(at))
    return answers(asked, source, "leads_lead l WHERE id = %s", lead.pk)


def in_packet(packet: str, asked: list[dict[str, Any]], at: datetime) -> list[Any]:
    source = conditions.snapshot("h.packet", at=conditions.moment(at))
    return answers(asked, source, "(SELECT %s::jsonb AS packet) h", packet)


def in_lists(packet: str, asked: list[dict[str, Any]], at: datetime) -> list[Any]:
    """By the lists of touchpoints that are kept beside a packet."""
    source = conditions.snapshot("h.packet", at=conditions.moment(at), times="h.times", kinds="h.kinds")
    noted = "(SELECT packet, times, kinds FROM (SELECT %s::jsonb AS packet) h, handoff_touchpoints_of(packet)) h"
    return answers(asked, source, noted, packet)


def answers(asked: list[dict[str, Any]], source: conditions.Source, rows: str, row: Any) -> list[Any]:
    asked_in_sql = [where([each], source) for each in asked] or [where([], source)]
    columns = ", ".join(text for text, _ in asked_in_sql)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {columns} FROM {rows}", [*(each for _, p in asked_in_sql for each in p), row])  # noqa: S608
        return list(cursor.fetchone())[: len(asked)]
