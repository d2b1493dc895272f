"""An agreement of every kind of row, and the file of it."""

from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone
from pytest_django import DjangoDbBlocker

from handoff.agreement.handoff_rules import draft as draft_rules
from handoff.ascode import carrying_out, document
from handoff.ascode.differences import Change
from handoff.ascode.exporting import export
from handoff.demo.agreement import make_agreement
from handoff.demo.attributes import make_attributes
from handoff.demo.people import PEOPLE, make_people
from handoff.demo.scoring import score_by_a_model
from handoff.models import Destination, StandardMessage
from leads.models import Attribute, Reason, SourceRank, User
from sla.models import Calendar
from tests.world import person

SECRET = "https://crm.example/hooks/top-secret"


@pytest.fixture(scope="package")
def agreed(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> str:
    """What the demo agreed on, and some rows of kinds that it has not; the database is empty again afterwards."""
    with django_db_blocker.unblock(), transaction.atomic():
        cast = make_people()
        make_attributes()
        make_agreement(cast, timezone.now())
        score_by_a_model(cast, timezone.now())
        _add_the_rest()
        text = export()
        transaction.set_rollback(True)
    return text


@pytest.fixture
def exported(agreed: str, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("HANDOFF_ADDRESS_CRM_WEBHOOK", SECRET)
    return agreed


@pytest.fixture
def olga(db: None) -> User:
    make_people_without_teams()
    return User.objects.get(username="olga")


def make_people_without_teams() -> None:
    """People are no part of a file."""
    for each in PEOPLE:
        person(each.username, each.role)


def _add_the_rest() -> None:
    Destination.objects.create(
        name="CRM webhook", audience="fixed", medium="webhook", address=SECRET, signing_secret="whsec_top_secret"
    )
    SourceRank.objects.create(system="hubspot", position=1, is_final=True)
    SourceRank.objects.create(system="hubspot", fact="company", position=2)
    draft_rules({"recycle_limit": 2, "needs_evidence": True})
    StandardMessage.objects.update_or_create(kind="held", defaults={"active": False})
    Reason.objects.filter(code="spam_or_test").update(retired_at=timezone.now())
    industry: Any = Attribute.objects.get(key="industry")
    industry.choices[0]["archived"] = True
    industry.save()
    Attribute.objects.get(key="employees").archive(archived=True)
    special = {"2026-12-24": [["09:00", "12:00"]], "2026-12-31": []}
    Calendar.objects.filter(key="always").update(
        overrides=special, special_names={"2026-12-31": "Stocktaking (yearly)"}
    )


def do(act: Any, text: str, by: User) -> list[Change]:
    changes: list[Change] = act(document.read(text.encode()), by=by)
    return changes


@pytest.fixture
def plan(olga: User) -> Any:
    return lambda text, by=olga: do(carrying_out.plan, text, by)


@pytest.fixture
def apply(olga: User) -> Any:
    return lambda text, by=olga: do(carrying_out.apply, text, by)
