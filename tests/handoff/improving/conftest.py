"""Handoffs of the past, each with what was known of its lead and what became of it."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

import pytest
from django.db import transaction
from django.test import Client

from handoff.doors import Door
from handoff.workflow.backfill import PastAct, lock_many, record
from leads.internals.copying import copy_in
from leads.models import Attribute, AttributeType, Lead, Opportunity, Reason, Touchpoint, User, Verb, Via
from tests.world import World

PAST = Door(via=Via.IMPORT, historical=True)
OFFERED = datetime(2025, 3, 3, 9, 0, tzinfo=UTC)
HandOver = Callable[..., Lead]
HandOverAll = Callable[[Sequence[Mapping[str, Any]]], list[Lead]]


@pytest.fixture
def employees(db: None) -> Attribute:
    return Attribute.objects.create(key="employees", label="Employees", type=AttributeType.NUMBER)


@pytest.fixture
def hand_over_all(world: World) -> HandOverAll:
    """Hand leads over, all at once. `became` is accepted, won, the code of a reason, or nothing while sales has not
    decided; `points` says how many days before there were touchpoints. The rest are facts."""
    numbers = count(1)

    @transaction.atomic
    def hand_over_all(made: Sequence[Mapping[str, Any]]) -> list[Lead]:
        leads = [_lead(next(numbers), **each) for each in made]
        copy_in(leads)
        copy_in([point for lead, each in zip(leads, made, strict=True) for point in _points(lead, **each)])
        locked = lock_many([lead.pk for lead in leads])
        endings = zip(leads, made, strict=True)
        record([(locked[lead.pk], _acts(locked[lead.pk], world, **each)) for lead, each in endings], door=PAST)
        return leads

    return hand_over_all


@pytest.fixture
def hand_over(hand_over_all: HandOverAll) -> HandOver:
    """Hand one lead over."""
    return lambda became="", **given: hand_over_all([{"became": became, **given}])[0]


def _lead(number: int, at: datetime = OFFERED, became: str = "", points: Sequence[int] = (), **facts: Any) -> Lead:
    made = {"name": f"Lead {number}", "email": f"lead{number}@buyer.example", "created_at": at, "entered_at": at}
    return Lead(**made | facts)


def _points(lead: Lead, at: datetime = OFFERED, points: Sequence[int] = (), **_: Any) -> list[Touchpoint]:
    return [Touchpoint(lead=lead, kind="form", at=at - timedelta(days=ago)) for ago in points]


def _acts(lead: Lead, world: World, at: datetime = OFFERED, became: str = "", **_: Any) -> list[PastAct]:
    offer = PastAct(verb=Verb.PROMOTE, at=at, by=world.mia, facts={"owner": world.ada, "team": None})
    return [offer, *_ending(lead, became, at, world)]


def _ending(lead: Lead, became: str, at: datetime, world: World) -> list[PastAct]:
    later = at + timedelta(hours=1)
    if became in ("accepted", "won"):
        verbs = [Verb.ACCEPT] if became == "accepted" else [Verb.ACCEPT, Verb.QUALIFY, Verb.CONVERT]
        deal = Opportunity(
            lead=lead, name="Deal", amount=Decimal(1000), currency="EUR", state="won", opened_at=later, closed_at=later
        )
        return [
            PastAct(verb=verb, at=later, by=world.ada, deal=deal if verb == Verb.CONVERT else None) for verb in verbs
        ]
    if became:
        facts = {"reason": Reason.objects.get(code=became), "note": "", "retry_on": None, "wrong_field": ""}
        return [PastAct(verb=Verb.REJECT, at=later, by=world.ada, facts=facts)]
    return []


@pytest.fixture
def as_(settings: Any) -> Callable[[User], Client]:
    """A client of the console, logged in as somebody."""
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}

    def login(user: User) -> Client:
        client = Client()
        client.force_login(user)
        return client

    return login
