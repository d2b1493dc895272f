"""Who a lead is: one and the same under all its names, whoever tells of it, and however many do so at once."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from handoff import workflow
from leads.identity import (
    IdentityConflict,
    Incoming,
    normalise_country,
    normalise_email,
    normalise_source,
    normalise_text,
    upsert,
    upsert_many,
)
from leads.models import Campaign, ExternalId, Lead, State
from tests.leads.conftest import at_once
from tests.world import MONDAY, World, bring_to, make_lead


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("Dana.Fox@Buyer.Example", "dana.fox@buyer.example"),
        ("  dana@buyer.example\t", "dana@buyer.example"),
        ("mailto:dana@buyer.example", "dana@buyer.example"),
        ("ÜBER@müller.example", "über@müller.example"),
        ("", ""),
        ("n/a", ""),
        ("NULL", ""),
        ("-", ""),
    ],
)
def test_an_email_has_one_spelling(text, kept):
    assert normalise_email(text) == kept


@pytest.mark.parametrize(
    "text", ["dana", "dana@", "@buyer.example", "dana@localhost", "a b@buyer.example", "a@b@c.example"]
)
def test_what_is_no_email_is_refused_by_name(text):
    with pytest.raises(ValidationError, match=f"“{text}” is not a valid email address"):
        normalise_email(text)


@pytest.mark.parametrize(
    "text", ["", " ", "-", "n/a", "N/A", "null", "None", "Select", "-- Select --", "(not set)", "#N/A"]
)
def test_placeholders_stand_for_nothing(text):
    assert normalise_text(text) == ""


@pytest.mark.parametrize("text", ["NA", "Na", "unknown", "0", "Null Island Ltd"])
def test_what_may_mean_something_is_kept(text):
    assert normalise_text(text) == text


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("de", "DE"),
        ("Germany", "DE"),
        ("DEUTSCHLAND", "DE"),
        ("USA", "US"),
        ("United States", "US"),
        ("uk", "GB"),
        ("Brasil", "BR"),
        ("Trinidad and Tobago", "TT"),
        ("NA", "NA"),
        ("n/a", ""),
    ],
)
def test_a_country_is_kept_by_its_code(text, code):
    assert normalise_country(text) == code


def test_an_unknown_country_is_refused():
    with pytest.raises(ValidationError, match="“Narnia” is not a valid country: give its ISO 3166 code, like DE"):
        normalise_country("Narnia")


@pytest.mark.parametrize(
    ("text", "kept"), [("Google", "google"), ("google ", "google"), ("organic_search", "organic_search")]
)
def test_a_source_has_one_spelling(text, kept):
    assert normalise_source(text) == kept


@pytest.mark.django_db
class TestFinding:
    def test_an_unknown_email_makes_a_lead(self):
        done = upsert(
            {"email": "Dana@Buyer.example", "name": " Dana  Fox ", "country": "germany", "score": "85"}, at=MONDAY
        )
        lead = Lead.objects.get()
        assert (done.lead, done.outcome) == (lead, "created")
        assert (lead.email, lead.name, lead.country, lead.score) == ("dana@buyer.example", "Dana Fox", "DE", 85)
        assert (lead.state, lead.created_at, lead.entered_at) == (State.RAW, MONDAY, MONDAY)

    def test_the_same_again_is_unchanged(self):
        fields = {"email": "dana@buyer.example", "name": "Dana Fox", "created_at": "2026-03-02"}
        upsert(fields, external_ids=[("HubSpot", "42")])
        assert upsert(fields, external_ids=[("hubspot ", "42")]).outcome == "unchanged"
        assert Lead.objects.count() == ExternalId.objects.count() == 1

    def test_a_lead_is_known_by_its_external_id_alone(self):
        first = upsert({"source": "Social"}, external_ids=[("olist", "a1")])
        second = upsert({"source": "social"}, external_ids=[("olist", "a1")])
        assert (first.outcome, second.outcome, second.lead.pk) == ("created", "unchanged", first.lead.pk)

    def test_the_same_id_in_another_system_is_another_lead(self):
        upsert({}, external_ids=[("hubspot", "42")])
        assert upsert({}, external_ids=[("salesforce", "42")]).outcome == "created"

    def test_one_lead_gathers_the_ids_of_many_systems(self):
        upsert({"email": "dana@buyer.example"}, external_ids=[("hubspot", "42")])
        done = upsert({"email": "dana@buyer.example"}, external_ids=[("salesforce", "00Q1")])
        assert done.outcome == "updated"
        assert upsert({"title": "CTO"}, external_ids=[("salesforce", "00Q1")]).lead == done.lead
        assert [str(known) for known in done.lead.external_ids.order_by("system")] == ["hubspot:42", "salesforce:00Q1"]

    def test_an_external_id_brings_a_new_email(self):
        lead = upsert({"email": "old@buyer.example"}, external_ids=[("hubspot", "42")]).lead
        done = upsert({"email": "new@buyer.example"}, external_ids=[("hubspot", "42")])
        lead.refresh_from_db()
        assert (done.outcome, lead.email) == ("updated", "new@buyer.example")

    def test_an_email_and_an_id_of_different_leads_are_a_conflict(self):
        dana = upsert({"email": "dana@buyer.example", "name": "Dana"}).lead
        eric = upsert({"name": "Eric"}, external_ids=[("hubspot", "42")]).lead
        with pytest.raises(IdentityConflict) as refusal:
            upsert({"email": "dana@buyer.example", "name": "Changed"}, external_ids=[("hubspot", "42")])
        assert str(refusal.value) == (
            f"“hubspot:42” is lead {eric.pk} (Eric) and “dana@buyer.example” is lead {dana.pk} (Dana): "
            "merge the two if they are one and the same, or correct what identifies the lead."
        )
        assert list(Lead.objects.order_by("pk").values_list("name", flat=True)) == ["Dana", "Eric"]

    def test_a_merged_lead_is_the_one_that_stayed(self, world: World):
        stays = upsert({"email": "dana@buyer.example", "name": "Dana"}).lead
        for merged in ("d.fox@buyer.example", "dfox@buyer.example"):
            away = upsert({"email": merged}, external_ids=[("hubspot", merged)]).lead
            workflow.merge(away.pk, by=world.mia, into=stays)
        done = upsert(
            {"email": "dfox@buyer.example", "title": "CTO"}, external_ids=[("hubspot", "d.fox@buyer.example")]
        )
        stays.refresh_from_db()
        assert (done.lead, done.outcome, stays.title, stays.email) == (stays, "updated", "CTO", "dana@buyer.example")
        assert upsert({"email": "dfox@buyer.example"}).outcome == "unchanged"


@pytest.mark.django_db
class TestUpdating:
    def test_a_blank_value_never_erases(self):
        lead = upsert({"email": "dana@buyer.example", "name": "Dana", "score": 0, "phone": "+49 30 1"}).lead
        done = upsert({"email": "dana@buyer.example", "name": "", "score": None, "phone": "n/a", "campaign": ""})
        lead.refresh_from_db()
        assert (done.outcome, lead.name, lead.score, lead.phone) == ("unchanged", "Dana", 0, "+49 30 1")

    def test_state_and_owner_stay_as_they_are(self, world: World):
        lead = bring_to(State.SAL, make_lead(), world)
        upsert({"email": lead.email, "company": "Fox & Co"})
        lead.refresh_from_db()
        assert (lead.state, lead.owner, lead.company) == (State.SAL, world.ada, "Fox & Co")

    def test_of_two_moments_of_capture_the_earlier_one_stays(self):
        lead = upsert({"email": "dana@buyer.example", "created_at": MONDAY}).lead
        assert upsert({"email": lead.email, "created_at": MONDAY + timedelta(days=1)}).outcome == "unchanged"
        assert upsert({"email": lead.email, "created_at": MONDAY - timedelta(days=1)}).outcome == "updated"
        lead.refresh_from_db()
        assert lead.created_at == lead.entered_at == MONDAY - timedelta(days=1)

    def test_an_earlier_capture_does_not_redate_a_later_move(self, world: World):
        lead = bring_to(State.MQL, make_lead(), world)
        moved = lead.entered_at
        upsert({"email": lead.email, "created_at": MONDAY})
        lead.refresh_from_db()
        assert (lead.created_at, lead.entered_at) == (MONDAY, moved)

    def test_a_campaign_is_found_by_id_then_by_name_and_else_made(self):
        spring = Campaign.objects.create(name="Spring", system="hubspot", external_id="7")
        for called, system in (("7", "HubSpot"), ("Spring", "hubspot"), ("Spring", "")):
            lead = upsert({"email": f"{called}{system}@buyer.example", "campaign": called}, system=system).lead
            assert lead.campaign == spring
        other = upsert({"email": "x@buyer.example", "campaign": "7"}, system="marketo").lead.campaign
        assert other is not None
        assert (other.name, other.system, other.external_id) == ("7", "marketo", "7")
        assert upsert({"email": "x@buyer.example", "campaign": other}).outcome == "unchanged"


@pytest.mark.django_db
class TestRefusing:
    @pytest.mark.parametrize(
        ("fields", "name", "words"),
        [
            ({}, "email", "Give an email or an external id, or at least a phone: by them a lead is known."),
            ({"name": "Dana", "email": "n/a"}, "email", "Give an email or an external id"),
            ({"email": "dana"}, "email", "“dana” is not a valid email address"),
            ({"email": 7}, "email", "This must be a text."),
            ({"country": "Narnia"}, "country", "“Narnia” is not a valid country"),
            ({"score": "a lot"}, "score", "“a lot” is not a valid whole number: write one like 85."),
            ({"score": "8.5"}, "score", "“8.5” is not a valid whole number"),
            ({"score": "NaN4"}, "score", "is not a valid whole number"),
            ({"score": "Infinity"}, "score", "is not a valid whole number"),
            ({"score": "99999999999"}, "score", "is not a valid whole number"),
            ({"name": "x" * 201}, "name", "at most 200 characters"),
            ({"campaign": "x" * 201}, "campaign", "at most 200 characters"),
            ({"name": "a\0b"}, "name", "Contains invalid characters"),
            ({"name": "a\ud800"}, "name", "Contains invalid characters"),
            ({"created_at": "soon"}, "created_at", "“soon” is not a valid time: write one like 2026-03-02T09:00:00Z."),
            ({"created_at": "2026-13-45"}, "created_at", "is not a valid time"),
            ({"created_at": "0021-04-15"}, "created_at", "is before 1970: check the year"),
            ({"created_at": "2999-01-01"}, "created_at", "is in the future"),
            ({"state": "sql"}, "state", "The state of a lead is moved by the verbs"),
            ({"nmae": "Dana"}, "nmae", "“nmae” is not a field of a lead; use one of name, first_name, "),
        ],
    )
    def test_what_does_not_fit_is_refused_with_the_words_that_help(self, fields: dict[str, Any], name: str, words: str):
        with pytest.raises(ValidationError) as refusal:
            upsert({"email": "dana@buyer.example"} | fields if fields and name != "email" else fields)
        assert words in " ".join(refusal.value.message_dict[name])
        assert not Lead.objects.exists()

    @pytest.mark.parametrize(
        "external_id", [("", "42"), ("x" * 41, "42"), ("hubspot", "x" * 201), ("hubspot", "4\0002")]
    )
    def test_an_external_id_that_does_not_fit_is_refused(self, external_id: tuple[str, str]):
        with pytest.raises(ValidationError) as refusal:
            upsert({"email": "dana@buyer.example"}, external_ids=[external_id])
        assert set(refusal.value.message_dict) == {"external_ids"}

    def test_everything_that_is_wrong_is_said_at_once(self):
        with pytest.raises(ValidationError) as refusal:
            upsert({"email": "dana", "country": "Narnia", "score": "x"})
        assert set(refusal.value.message_dict) == {"email", "country", "score"}


@pytest.mark.django_db
class TestMany:
    def test_rows_are_done_as_if_one_after_the_other(self):
        done = upsert_many(
            [
                Incoming({"email": "dana@buyer.example", "name": "Dana"}),
                Incoming({"email": "Dana@buyer.example", "name": "Dana Fox"}, [("hubspot", "42")]),
                Incoming({"email": "nobody"}),
                Incoming({}, [("hubspot", "42")]),
                Incoming({"email": "eric@buyer.example"}),
                Incoming({"email": "eric@buyer.example"}, [("hubspot", "42")]),
            ]
        )
        assert [getattr(one, "outcome", type(one)) for one in done] == [
            *("created", "updated", ValidationError, "unchanged", "created", IdentityConflict)
        ]
        assert sorted(Lead.objects.values_list("name", flat=True)) == ["", "Dana Fox"]

    def test_known_leads_cost_the_same_number_of_queries_however_many_they_are(self, django_assert_num_queries):
        rows = [
            Incoming({"email": f"{i}@buyer.example", "campaign": "Spring"}, [("hubspot", str(i))]) for i in range(50)
        ]
        upsert_many(rows)
        for some in (rows[:2], rows):
            with django_assert_num_queries(6):  # a savepoint and its release, campaigns, ids, emails, leads
                assert {one.outcome for one in upsert_many(some) if not isinstance(one, Exception)} == {"unchanged"}


@pytest.mark.django_db(transaction=True)
class TestAtOnce:
    @pytest.mark.parametrize(
        ("fields", "external_ids"),
        [
            ({"email": "dana@buyer.example"}, []),
            ({}, [("hubspot", "42")]),
            ({"email": "dana@buyer.example", "campaign": "Spring"}, [("hubspot", "42"), ("salesforce", "00Q1")]),
        ],
    )
    def test_eight_who_tell_of_one_lead_make_one(self, fields, external_ids):
        done = at_once(8, lambda number: upsert({**fields, "title": f"Title {number}"}, external_ids=external_ids))
        assert sorted(one.outcome for one in done) == ["created", *["updated"] * 7]
        assert Lead.objects.count() == 1

    def test_inside_the_callers_transaction_too(self):
        def do(_number: int) -> str:
            with transaction.atomic():
                return upsert({"email": "dana@buyer.example"}).outcome

        assert sorted(at_once(4, do)) == ["created", *["unchanged"] * 3]

    def test_many_and_many_in_opposite_order_neither_block_nor_double(self):
        rows = [Incoming({"email": f"{i}@buyer.example"}, [("hubspot", str(i))]) for i in range(200)]
        at_once(4, lambda number: upsert_many(rows if number % 2 else rows[::-1]))
        assert (Lead.objects.count(), ExternalId.objects.count()) == (200, 200)


@pytest.mark.django_db
def test_the_default_moment_of_capture_is_now():
    before = timezone.now()
    lead = upsert({"email": "dana@buyer.example"}).lead
    assert before <= lead.created_at == lead.entered_at <= timezone.now()
