"""Whatever systems say of one person, in any order and any number of times, the record is the same in the end."""

import json
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import transaction
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from handoff import workflow
from handoff.amending import origins
from leads.facts import facts, value_of
from leads.identity import Incoming
from leads.models import Campaign, ExternalId, Lead, SourceRank, Touchpoint, User
from leads.touchpoints import Stated
from tests.world import MONDAY, World

pytestmark = pytest.mark.django_db
NOW = MONDAY + timedelta(days=30)
SYSTEMS = ("hubspot", "salesforce", "marketo")
COMMON = ("crm", "1")
"""Every event has it: that two names are one person can only be known once an event has both."""


@dataclass(frozen=True)
class Event:
    """What a system says, what a person corrects (`by` names them), or what the buyer did (`kind` names it)."""

    system: str
    fields: tuple[tuple[str, Any], ...]
    hour: int | None = None
    changed: int | None = None
    erased: tuple[str, ...] = ()
    by: str = ""
    is_correction: bool = False
    kind: str = ""
    external_id: str = ""

    @property
    def stated(self) -> dict[str, Any]:
        return dict(self.fields)

    def incoming(self, people: dict[str, int]) -> Incoming:
        moments = {name: _at(hour) for name, hour in (("created_at", self.hour), ("updated_at", self.changed))}
        ids = [COMMON, (self.system, f"{self.system}-1")]
        by = people.get(self.by)
        return Incoming({**self.stated, **moments}, ids, system=self.system, erased=self.erased, by=by)


def _at(hour: int | None) -> datetime | None:
    return None if hour is None else MONDAY + timedelta(hours=hour)


def maybe(*values: Any) -> st.SearchStrategy[Any]:
    return st.sampled_from((None, "", *values))


FACTS = {
    "email": maybe("dana@buyer.example", "Dana@Fox.example"),
    "name": maybe("Dana", "Dana Fox"),
    "title": maybe("CTO", "CEO", "cto"),
    "phone": maybe("+49 30 1234567", "+49 30 7654321"),
    "country": maybe("DE", "Austria"),
    "score": st.sampled_from((None, "", 0, 50, 70)),
}
CAPTURED = {
    "source": maybe("webinar", "Google", "google"),
    "campaign": maybe("Spring", "Launch"),
    "message": maybe("Call me", "A demo, please"),
}
HOURS = st.integers(0, 4)


def some(strategies: dict[str, st.SearchStrategy[Any]]) -> st.SearchStrategy[tuple[tuple[str, Any], ...]]:
    chosen = st.fixed_dictionaries({}, optional=strategies)
    return chosen.map(lambda fields: tuple((name, value) for name, value in fields.items() if value is not None))


CAPTURES = st.builds(
    Event,
    st.sampled_from(SYSTEMS),
    some(FACTS | CAPTURED),
    hour=HOURS,
    changed=st.none() | HOURS,
    erased=st.sets(st.sampled_from(("title", "phone", "score", "source"))).map(lambda names: tuple(sorted(names))),
    by=st.sampled_from(("", "ada", "mia")),
)
SYNCS = st.builds(Event, st.sampled_from(SYSTEMS), some(FACTS), changed=HOURS)
CORRECTIONS = st.builds(
    Event,
    st.just(""),
    some({name: FACTS[name].filter(lambda value: value is not None) for name in ("title", "phone", "score")}),
    hour=HOURS,
    by=st.sampled_from(("ada", "mia")),
    is_correction=st.just(True),
)
POINTS = st.builds(
    Event,
    st.sampled_from(SYSTEMS),
    some({"source": CAPTURED["source"], "campaign": CAPTURED["campaign"], "message": CAPTURED["message"]}),
    hour=HOURS,
    kind=st.sampled_from(("form", "page_visit", "reply")),
)
EVENTS = st.lists(CAPTURES | SYNCS | CORRECTIONS | POINTS, min_size=1, max_size=7)


@dataclass
class Teller:
    """Tells of events, and reads the record that they leave."""

    people: dict[str, int] = field(default_factory=dict)

    def record(self, events: Sequence[Event]) -> dict[str, Any]:
        """The record after these events; nothing of it stays."""
        with transaction.atomic():
            for event in _possible(events):
                self._tell(event)
            record = self._read()
            assert list(origins.disagreements()) == []
            transaction.set_rollback(True)
        return record

    def in_one_batch(self, events: Sequence[Event]) -> dict[str, Any]:
        with transaction.atomic():
            captures = [event for event in events if not (event.is_correction or event.kind)]
            done = workflow.upsert_many([event.incoming(self.people) for event in captures])
            assert not [each for each in done if isinstance(each, Exception)]
            for event in events:
                if event.is_correction or event.kind:
                    self._tell(event)
            record = self._read()
            transaction.set_rollback(True)
        return record

    def _tell(self, event: Event) -> None:
        if event.is_correction:
            ada = User.objects.get(pk=self.people[event.by])
            workflow.correct(Lead.objects.get().pk, event.stated, by=ada, at=_at(event.hour))
            return
        if event.kind:
            [point] = workflow.record_touchpoints([Stated(event.incoming(self.people), event.kind)])
            assert not isinstance(point, Exception), point
            return
        [done] = workflow.upsert_many([event.incoming(self.people)])
        assert not isinstance(done, Exception), done

    def _read(self) -> dict[str, Any]:
        lead = Lead.objects.get()
        campaigns: dict[int | None, str] = dict(Campaign.objects.values_list("pk", "name"))
        provenance = json.loads(json.dumps(lead.provenance))
        first = provenance["created_at"]
        first["campaign"] = campaigns.get(first["campaign"])
        if not first.get("is_dated", True):
            del first["system"], first["by"]  # nobody said when they came in: who did so first is a matter of arrival
        return {
            "facts": {card.name: value_of(lead, card) for card in facts()},
            "provenance": provenance,
            "captured": (lead.created_at, lead.entered_at),
            "touchpoints": sorted(
                (point.at, point.kind, point.source, campaigns.get(point.campaign_id, ""), point.detail, point.system)
                for point in Touchpoint.objects.all()
            ),
            "ids": sorted(map(str, ExternalId.objects.all())),
        }


def _possible(events: Sequence[Event]) -> list[Event]:
    """Nobody corrects, and no buyer visits, what is not there yet: captures that come first are told first."""
    first = next(event for event in events if not (event.is_correction or event.kind))
    rest = list(events)
    rest.remove(first)
    return [first, *rest]


@pytest.fixture
def teller(world: World) -> Teller:
    return Teller({"ada": world.ada.pk, "mia": world.mia.pk})


def _has_capture(events: Sequence[Event]) -> bool:
    return any(not (event.is_correction or event.kind) for event in events)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(events=EVENTS.filter(_has_capture), seed=st.integers(0, 10**6))
@example(
    # At one moment one system names a source and another one a campaign: neither is lost, whoever was first.
    events=[
        Event("hubspot", (("source", "webinar"),), hour=1),
        Event("salesforce", (("campaign", "Spring"),), hour=1),
        Event("marketo", (("source", "webinar"), ("campaign", "Launch")), hour=1),
        Event("hubspot", (("source", "google"),), hour=0),
    ],
    seed=0,
)
@example(
    # A correction, a sync that is newer, an erasure that is older.
    events=[
        Event("hubspot", (("title", "CTO"),), hour=1),
        Event("", (("title", "CEO"),), hour=2, by="ada", is_correction=True),
        Event("salesforce", (("title", "cto"),), changed=4),
        Event("marketo", (), changed=3, erased=("phone",)),
        Event("hubspot", (("phone", "+49 30 1234567"),), changed=2),
    ],
    seed=0,
)
@example(
    # One person says two things of one moment.
    events=[
        Event("hubspot", (), hour=0),
        Event("", (("score", ""),), hour=1, by="mia", is_correction=True),
        Event("", (("score", 0),), hour=1, by="mia", is_correction=True),
    ],
    seed=0,
)
@example(
    events=[
        Event("hubspot", (), hour=0),
        Event("", (("score", 0),), hour=1, by="mia", is_correction=True),
        Event("", (("score", ""),), hour=1, by="mia", is_correction=True),
    ],
    seed=0,
)
def test_any_order_and_repetition_ends_in_the_same_record(teller: Teller, events: list[Event], seed: int) -> None:
    rng = random.Random(seed)
    with time_machine.travel(NOW, tick=False):
        expected = teller.record(events)
        for _ in range(3):
            told = [*events, *rng.choices(events, k=rng.randrange(4))]
            rng.shuffle(told)
            assert teller.record(told) == expected


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(events=EVENTS.filter(_has_capture))
def test_together_or_one_by_one_they_end_in_the_same_record(teller: Teller, events: list[Event]) -> None:
    with time_machine.travel(NOW, tick=False):
        assert teller.in_one_batch(events) == teller.record(events)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    events=EVENTS.filter(_has_capture),
    ranked=st.permutations(SYSTEMS),
    final=st.integers(0, 3),
    seed=st.integers(0, 10**6),
)
def test_under_any_rules_of_precedence(
    teller: Teller, events: list[Event], ranked: list[str], final: int, seed: int
) -> None:
    rng = random.Random(seed)
    with transaction.atomic(), time_machine.travel(NOW, tick=False):
        SourceRank.objects.all().delete()
        SourceRank.objects.bulk_create(
            SourceRank(system=system, fact=fact, position=position, is_final=position < final)
            for fact in ("", "title")
            for position, system in enumerate(ranked if fact else ranked[:2])
        )
        expected = teller.record(events)
        told = [*events, *events]
        rng.shuffle(told)
        assert teller.record(told) == expected
        transaction.set_rollback(True)
