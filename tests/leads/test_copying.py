"""Many new rows by COPY: as the ORM would have written them."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.forms.models import model_to_dict

from leads.internals.copying import copy_in, next_ids
from leads.models import ExternalId, Lead, Opportunity, Transition, Verb, Via

pytestmark = pytest.mark.django_db
AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def test_rows_are_as_the_orm_writes_them() -> None:
    names = ["Ann", "Tab\tand\nline", "Back\\slash", "Ünï 你好", ""]
    by_orm = [Lead(name=name, created_at=AT, entered_at=AT, score=7) for name in names]
    by_copy = [Lead(name=name, created_at=AT, entered_at=AT, score=7) for name in names]
    Lead.objects.bulk_create(by_orm)
    copy_in(by_copy)
    assert [plain(lead) for lead in by_copy] == [plain(lead) for lead in by_orm]
    assert {lead._state.adding for lead in by_copy} == {False}


def plain(lead: Lead) -> dict[str, Any]:
    return model_to_dict(Lead.objects.get(pk=lead.pk), exclude=["id"])


def test_json_money_and_what_the_database_sets_by_itself() -> None:
    lead = Lead(name="Ann")
    copy_in([lead])
    deal = Opportunity(lead=lead, name="Fox", amount=Decimal("12.50"))
    facts = {"note": 'Say "hi"\n', "at": AT}
    act = Transition(lead=lead, verb=Verb.COMMENT, from_state="raw", to_state="raw", cycle=0, at=AT, via=Via.API)
    act.facts = facts
    copy_in([deal])
    copy_in([act])
    deal.refresh_from_db()
    act.refresh_from_db()
    assert (deal.amount, deal.system) == (Decimal("12.50"), "")
    assert (act.facts, act.verb, act.team) == ({"note": 'Say "hi"\n', "at": "2026-03-02T09:00:00Z"}, "comment", None)


def test_what_points_at_a_row_that_was_made_since_finds_its_id() -> None:
    lead = Lead(name="Ann")
    named = ExternalId(lead=lead, system="crm", value="1")
    copy_in([lead])
    copy_in([named])
    assert ExternalId.objects.get().lead == lead


def test_what_the_database_refuses_is_raised_as_by_the_orm() -> None:
    copy_in([Lead(email="ann@buyer.example")])
    with pytest.raises(IntegrityError), transaction.atomic():
        copy_in([Lead(email="bob@buyer.example"), Lead(email="ann@buyer.example")])
    assert Lead.objects.count() == 1


def test_ids_are_never_given_twice() -> None:
    ids = next_ids(Lead, 5)
    lead = Lead(name="Ann")
    lead.save()
    assert len({*ids, lead.pk}) == 6


def test_nothing_costs_nothing(django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(0):
        copy_in([])
    assert connection.is_usable()
