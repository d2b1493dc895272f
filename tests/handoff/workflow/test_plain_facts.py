"""Facts of a lead and the policies chosen by them are written together, whoever is killed in between."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from handoff import workflow
from handoff.imports import campaigns
from handoff.imports.kind import Reading, Row
from handoff.workflow import plain_facts
from leads.identity import Incoming, upsert_many
from leads.models import Campaign, Lead
from sla.metrics import Metric
from sla.models import Clock
from tests.world import World, assert_consistent, bring_to, make_lead, make_policy

HOT = [{"field": "score", "op": "at_least", "value": 90}]


class Killed(Exception):
    """Stands for whatever ends a process."""


@pytest.fixture
def dana(world: World) -> Lead:
    make_policy(Metric.TIME_TO_ACCEPT, 600, name="hot", conditions=HOT, position=1)
    make_policy(Metric.TIME_TO_ACCEPT, 14_400, name="others")
    return bring_to("mql", make_lead(score=70), world)


def judged_by(lead: Lead) -> str:
    return Clock.objects.get(lead=lead, stopped_at=None).policy.name


def write_by_file(lead: Lead, **fields: Any) -> None:
    workflow.upsert_many([Incoming({"email": lead.email, **fields})])


def write_by_request(lead: Lead, **fields: Any) -> None:
    workflow.upsert({"email": lead.email, **fields})


def write_by_hand(lead: Lead, **fields: Any) -> None:
    workflow.correct(lead.pk, fields)


DOORS = [write_by_file, write_by_request, write_by_hand]


@pytest.mark.parametrize("write", DOORS)
def test_a_fact_that_changes_chooses_the_policy_again(dana: Lead, write: Any) -> None:
    assert judged_by(dana) == "others"
    write(dana, score=95)
    assert judged_by(dana) == "hot"
    assert_consistent()


@pytest.mark.parametrize("write", DOORS)
def test_killed_between_the_fact_and_its_judgement_neither_is_written(
    dana: Lead, write: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_: Any, **__: Any) -> None:
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(plain_facts, "reevaluate_policies", die)
        with pytest.raises(Killed):
            write(dana, score=95)
    dana.refresh_from_db()
    assert (dana.score, judged_by(dana)) == (70, "others")
    write(dana, score=95)
    assert judged_by(dana) == "hot", "the same again finds it still to do"


def test_of_many_leads_those_on_the_clock_are_found_by_one_query(world: World) -> None:
    emails = [f"p{number}@buyer.example" for number in range(40)]
    upsert_many(Incoming({"email": email}) for email in emails)
    with CaptureQueriesContext(connection) as queries:
        workflow.upsert_many([Incoming({"email": email, "company": "Navy"}) for email in emails])
    assert sum("sla_clock" in query["sql"] for query in queries) == 1


def rename_by_file(campaign: Campaign) -> None:
    reading = Reading("hubspot", frozenset())
    campaigns.write([Row(2, {"external_id": campaign.external_id, "name": "Autumn"})], reading)


@pytest.mark.django_db
class TestARenamedCampaign:
    @pytest.fixture
    def spring(self) -> Campaign:
        return Campaign.objects.create(name="Spring", system="hubspot", external_id="7")

    def promised(self, world: World, spring: Campaign, field: str) -> Lead:
        wanted = [{"field": field, "op": "is", "value": "Autumn"}]
        make_policy(Metric.TIME_TO_ACCEPT, 600, name="autumn", conditions=wanted, position=1)
        make_policy(Metric.TIME_TO_ACCEPT, 14_400, name="others")
        return bring_to("mql", make_lead(campaign=spring), world)

    def test_is_what_its_leads_are_judged_by(self, world: World, spring: Campaign) -> None:
        lead = self.promised(world, spring, "campaign")
        rename_by_file(spring)
        assert judged_by(lead) == "autumn"
        assert_consistent()

    def test_costs_nothing_where_no_policy_asks_for_it(self, world: World, spring: Campaign) -> None:
        lead = self.promised(world, spring, "company")
        with CaptureQueriesContext(connection) as queries:
            rename_by_file(spring)
        assert judged_by(lead) == "others"
        assert not any("sla_clock" in query["sql"] for query in queries)

    def test_is_not_renamed_when_its_leads_cannot_be_judged(
        self, world: World, spring: Campaign, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def die(*_: Any, **__: Any) -> None:
            raise Killed

        self.promised(world, spring, "campaign")
        monkeypatch.setattr(plain_facts, "reevaluate_policies", die)
        with pytest.raises(Killed):
            rename_by_file(spring)
        spring.refresh_from_db()
        assert spring.name == "Spring"
