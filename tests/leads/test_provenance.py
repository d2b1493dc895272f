"""Every fact knows whose it is; of two values the later one stays, and what a person corrected."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from handoff import workflow
from leads import touchpoints
from leads.correct import correct
from leads.identity import Incoming, Upsert, upsert, upsert_many
from leads.intent import Journeys
from leads.models import PERSON, Lead, SourceRank
from tests.leads.conftest import at_once
from tests.world import MONDAY, World, make_lead

EMAIL = "dana@buyer.example"
TUESDAY, WEDNESDAY = MONDAY + timedelta(days=1), MONDAY + timedelta(days=2)


def say(system: str, at: datetime | None = None, **fields: Any) -> Upsert:
    erased = {name for name, value in fields.items() if value is None}
    return upsert({"email": EMAIL, "updated_at": at, **fields}, system=system, erased=erased)


def title() -> str:
    return Lead.objects.get().title


def whose(name: str) -> tuple[str, datetime, int | None]:
    entry = Lead.objects.get().provenance[name]
    return entry["system"], datetime.fromisoformat(entry["at"]), entry["by"]


@pytest.mark.django_db
class TestWhose:
    def test_a_fact_knows_its_system_its_moment_and_who_brought_it(self, world: World):
        upsert({"email": EMAIL, "title": "CTO", "updated_at": TUESDAY}, system="HubSpot", by=world.mia.pk)
        assert whose("title") == ("hubspot", TUESDAY, world.mia.pk)

    @pytest.mark.parametrize(
        ("moments", "at"),
        [
            ({"updated_at": TUESDAY, "created_at": MONDAY}, TUESDAY),
            ({"created_at": MONDAY}, MONDAY),
            ({}, WEDNESDAY),
        ],
        ids=["its last change", "else its capture", "else its receipt"],
    )
    def test_the_moment_is_that_of_the_source(self, moments: dict[str, datetime], at: datetime):
        with time_machine.travel(WEDNESDAY, tick=False):
            upsert({"email": EMAIL, "title": "CTO", **moments}, system="hubspot")
        assert whose("title")[1] == at

    @pytest.mark.parametrize(
        ("who", "system"),
        [
            ({"external_ids": [("HubSpot", "1")]}, "hubspot"),
            ({"system": "crm", "external_ids": [("HubSpot", "1")]}, "crm"),
            ({"door": "api"}, "api"),
            ({"external_ids": [("phone", "+49301234567")], "door": "api"}, "api"),
        ],
    )
    def test_the_system_is_the_one_that_is_named_else_that_of_the_id_else_the_door(
        self, who: dict[str, Any], system: str
    ):
        upsert({"email": EMAIL, "title": "CTO"}, **who)
        assert whose("title")[0] == system

    def test_a_correction_is_a_persons(self, world: World):
        lead = make_lead()
        with time_machine.travel(TUESDAY, tick=False):
            workflow.correct(lead.pk, {"title": "CTO"}, by=world.ada)
        assert whose("title") == (PERSON, TUESDAY, world.ada.pk)

    def test_source_and_campaign_are_those_of_the_capture_that_named_them(self):
        upsert({"email": EMAIL, "source": "webinar", "created_at": MONDAY}, system="hubspot")
        upsert({"email": EMAIL, "source": "webinar", "campaign": "Spring", "created_at": TUESDAY}, system="crm")
        assert whose("source") == ("hubspot", MONDAY, None)
        assert whose("campaign") == ("crm", TUESDAY, None)

    def test_a_merge_brings_along_whose_the_facts_are(self, world: World):
        stays = upsert({"email": EMAIL, "title": "CTO"}, system="hubspot", at=MONDAY).lead
        gone = upsert({"email": "d@buyer.example", "title": "CEO", "phone": "+49 30 1"}, system="crm", at=TUESDAY).lead
        workflow.merge(gone.pk, by=world.mia, into=stays)
        stays.refresh_from_db()
        assert (stays.title, stays.provenance["title"]["system"]) == ("CTO", "hubspot")
        assert (stays.phone, stays.provenance["phone"]["system"]) == ("+49 30 1", "crm")


@pytest.mark.django_db
class TestPrecedence:
    def test_an_older_event_never_replaces_a_newer_one(self):
        say("hubspot", TUESDAY, title="CTO")
        done = say("crm", MONDAY, title="CEO")
        assert (title(), done.outcome) == ("CTO", "unchanged")
        assert done.remark == "title: kept “CTO”, not “CEO”, because hubspot said so on 3 March 2026."
        say("crm", WEDNESDAY, title="CEO")
        assert title() == "CEO"

    def test_the_same_value_again_keeps_it_for_longer(self):
        say("hubspot", MONDAY, title="CTO")
        assert say("hubspot", WEDNESDAY, title="CTO").outcome == "unchanged"
        say("crm", TUESDAY, title="CEO")
        assert title() == "CTO"

    @pytest.mark.parametrize("first", ["crm", "hubspot"])
    def test_of_equal_moments_the_stronger_source_stays(self, first: str):
        SourceRank.objects.create(system="crm", position=2)
        for system in (first, "hubspot", "crm"):
            say(system, MONDAY, title=f"Title of {system}")
        assert title() == "Title of crm"

    @pytest.mark.parametrize("systems", [("crm", "hubspot"), ("hubspot", "crm")])
    def test_without_an_order_it_does_not_matter_who_was_first(self, systems: tuple[str, str]):
        for system in systems:
            say(system, MONDAY, title=f"Title of {system}")
        assert title() == "Title of hubspot"

    def test_what_a_person_corrected_is_not_undone_by_the_next_sync(self, world: World):
        lead = say("hubspot", MONDAY, title="CTO").lead
        with time_machine.travel(TUESDAY):
            workflow.correct(lead.pk, {"title": "CEO"}, by=world.ada)
        done = say("hubspot", WEDNESDAY, title="CTO", company="Fox")
        assert (title(), Lead.objects.get().company) == ("CEO", "Fox")
        assert done.remark == "title: kept “CEO”, not “CTO”, because Ada corrected it on 3 March 2026."

    def test_a_person_who_confirms_a_value_protects_it(self, world: World):
        lead = say("hubspot", MONDAY, title="CTO").lead
        workflow.correct(lead.pk, {"title": "CTO"}, by=world.ada)
        say("hubspot", title="CEO")
        assert title() == "CTO"

    def test_a_source_whose_values_stay_is_not_replaced_by_a_weaker_one(self):
        SourceRank.objects.create(system="crm", fact="title", position=1, is_final=True)
        say("crm", MONDAY, title="CTO", company="Fox")
        say("hubspot", TUESDAY, title="CEO", company="Fox & Co")
        assert (title(), Lead.objects.get().company) == ("CTO", "Fox & Co")

    def test_a_correction_that_the_next_sync_would_undo_is_refused(self, world: World):
        SourceRank.objects.create(system="crm", fact="title", position=1, is_final=True)
        SourceRank.objects.create(system=PERSON, fact="title", position=2, is_final=True)
        lead = say("crm", MONDAY, title="CTO").lead
        with pytest.raises(ValidationError, match="crm has precedence for this: correct it there"):
            workflow.correct(lead.pk, {"title": "CEO"}, by=world.ada)
        workflow.correct(lead.pk, {"company": "Fox"}, by=world.ada)
        assert title() == "CTO"

    def test_what_was_stored_before_provenance_gives_way_to_anything(self):
        make_lead(email=EMAIL, title="Old")
        say("hubspot", datetime(2001, 1, 1, tzinfo=UTC), title="CTO")
        assert title() == "CTO"


@pytest.mark.django_db
class TestErasing:
    def test_null_erases_and_a_blank_does_not(self):
        say("hubspot", MONDAY, title="CTO", phone="+49 30 1")
        assert say("hubspot", TUESDAY, title="", phone="n/a").outcome == "unchanged"
        assert say("hubspot", TUESDAY, title=None).outcome == "updated"
        lead = Lead.objects.get()
        assert (lead.title, lead.phone) == ("", "+49 30 1")

    def test_an_erasure_has_a_moment_of_its_own(self):
        say("hubspot", TUESDAY, title=None)
        done = say("crm", MONDAY, title="CTO")
        assert (title(), done.remark) == (
            "",
            "title: kept nothing, not “CTO”, because hubspot said so on 3 March 2026.",
        )
        say("crm", MONDAY, title=None, phone="+49 30 1")
        say("crm", WEDNESDAY, title="CTO")
        assert title() == "CTO"

    def test_an_erasure_that_is_older_erases_nothing(self):
        say("hubspot", TUESDAY, title="CTO")
        done = say("crm", MONDAY, title=None)
        assert title() == "CTO"
        assert "not nothing" in done.remark

    def test_an_email_is_erased_only_where_an_id_identifies_the_lead(self):
        lead = upsert({"email": EMAIL}, external_ids=[("crm", "1")]).lead
        upsert({"email": None, "title": "CTO"}, external_ids=[("crm", "1")], erased={"email"})
        lead.refresh_from_db()
        assert (lead.email, lead.title) == ("", "CTO")
        assert upsert({"email": EMAIL}).outcome == "created"

    def test_source_and_campaign_are_not_erased(self):
        say("hubspot", source="webinar", campaign="Spring")
        say("hubspot", source=None, campaign=None)
        lead = Lead.objects.get()
        assert (lead.source, str(lead.campaign)) == ("webinar", "Spring")


@pytest.mark.django_db
class TestFiles:
    def row(self, **fields: Any) -> Upsert:
        [done] = upsert_many([Incoming({"email": EMAIL, **fields}, system="crm", row=2)])
        assert isinstance(done, Upsert)
        return done

    def test_an_export_with_nothing_but_the_moment_of_capture_replaces_the_one_before(self):
        for value in ("CTO", "CEO", "Assistant"):
            assert self.row(created_at=MONDAY, title=value).outcome in ("created", "updated")
            assert title() == value

    def test_an_export_that_says_when_a_lead_was_changed_is_believed(self):
        self.row(title="CTO", updated_at=TUESDAY)
        assert "kept" in self.row(title="CEO", updated_at=MONDAY).remark

    def test_the_same_undated_file_writes_nothing(self):
        self.row(title="CTO")
        before = Lead.objects.values().get()
        assert self.row(title="CTO").outcome == "unchanged"
        assert Lead.objects.values().get() == before


@pytest.mark.django_db(transaction=True)
class TestAtOnce:
    @pytest.mark.parametrize("attempt", range(3))
    def test_systems_that_send_one_person_at_once_end_in_the_latest(self, attempt: int):
        def send(number: int) -> Any:
            day = (number + attempt) % 8
            fields = {"email": EMAIL, "title": f"Title {day}", "source": f"source {day}"}
            return upsert(fields, system=f"system{number}", at=MONDAY + timedelta(days=day))

        at_once(8, send)
        lead = Lead.objects.get()
        assert (lead.title, lead.source, lead.created_at) == ("Title 7", "source 0", MONDAY)
        assert sorted(point.source for point in lead.touchpoints.all()) == [f"source {day}" for day in range(1, 8)]

    def test_a_correction_beside_a_sync_stays(self, world: World):
        lead = say("hubspot", MONDAY, title="CTO").lead

        def do(number: int) -> Any:
            if number == 0:
                return correct(lead.pk, {"title": "CEO"}, by=world.ada)
            return say("hubspot", title=f"Title {number}")

        at_once(6, do)
        assert title() == "CEO"


@pytest.mark.django_db
class TestTogether:
    def test_killed_in_between_neither_facts_nor_provenance_nor_touchpoints_are_kept(
        self, monkeypatch: pytest.MonkeyPatch
    ):
        say("hubspot", MONDAY, title="CTO", source="webinar")
        before = Lead.objects.values().get()

        def killed(*_: object) -> None:
            raise KeyboardInterrupt

        monkeypatch.setattr(Journeys, "save", killed)
        with pytest.raises(KeyboardInterrupt):
            say("crm", TUESDAY, title="CEO", source="fair")
        assert Lead.objects.values().get() == before
        assert not Lead.objects.get().touchpoints.exists()

    def test_the_number_of_statements_grows_neither_with_facts_nor_with_rows(self):
        def statements(rows: int, number: int, **fields: str) -> int:
            at = MONDAY + timedelta(days=number)
            sent = [
                Incoming({"email": f"{row}@buyer.example", "updated_at": at, **fields}, system="crm")
                for row in range(rows)
            ]
            with CaptureQueriesContext(
                connection,
            ) as queries:
                assert not [each for each in upsert_many(sent) if isinstance(each, Exception)]
            return len(queries)

        upsert_many([Incoming({"email": f"{row}@buyer.example", "title": "A"}, at=MONDAY) for row in range(40)])
        few = statements(2, 1, title="B")
        many = statements(40, 2, title="C", company="C", phone="+49 30 1", name="C", country="DE", score="1")
        assert many == few

    def test_touchpoints_are_written_in_a_few_statements(self):
        upsert_many([Incoming({"email": f"{row}@buyer.example"}) for row in range(40)])

        def statements(rows: int, hour: int) -> int:
            at = MONDAY + timedelta(hours=hour)
            sent = [
                touchpoints.Stated(Incoming({"email": f"{row}@buyer.example", "campaign": "Spring"}, at=at), "form", "")
                for row in range(rows)
            ]
            with CaptureQueriesContext(connection) as queries:
                assert not [each for each in touchpoints.record(sent) if isinstance(each, Exception)]
            return len(queries)

        statements(1, 0)
        assert statements(40, 2) == statements(2, 1)
