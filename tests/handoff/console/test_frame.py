"""The frame of the console: lists, filters as chips, the palette, one form for dates, small pages."""

import gzip
import re
from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from handoff import workflow
from leads import search
from leads.matching.finding import look_at
from leads.models import Campaign, ExternalId, Lead, State
from sla.durations import in_words
from sla.metrics import Metric
from sla.models import Alarm, Clock, Step
from tests.world import World, bring_to, make_lead, make_policy

LEADS = "admin:leads_lead_changelist"
REJECTIONS = "admin:handoff_rejection_changelist"
FIND = "admin:find"
ROW = re.compile(rb"<tr>.*?</tr>", re.DOTALL)


def found(client, query: str) -> list[str]:
    groups = client.get(reverse(FIND), {"q": query}).context["groups"]
    return [hit.title for group in groups for hit in group.hits if group.name == "Leads"]


class TestNarrowing:
    def test_a_filter_in_use_is_a_chip_that_takes_it_away(self, world: World, as_) -> None:
        make_lead("Dana Fox", source="organic_search")
        asked = {"state__exact": "raw", "q": "Fox", "o": "1"}

        chips = as_(world.mia).get(reverse(LEADS), asked).context["chips"]

        assert [(chip.title, chip.value) for chip in chips] == [("State", "Raw")]
        assert chips[0].without == "?q=Fox&o=1"

    def test_one_of_several_values_goes_and_the_others_stay(self, world: World, as_) -> None:
        one, other = (Campaign.objects.create(name=name) for name in ("Fair", "Guide"))
        make_lead("Dana Fox", campaign=one)
        asked = {"campaign__id__exact": [one.pk, other.pk]}

        chips = as_(world.mia).get(reverse(LEADS), asked).context["chips"]

        assert [(chip.title, chip.value) for chip in chips] == [("Campaign", "Fair"), ("Campaign", "Guide")]
        assert chips[0].without == f"?campaign__id__exact={other.pk}"

    def test_days_are_said_in_words(self, world: World, as_) -> None:
        chips = as_(world.mia).get(reverse(LEADS), {"created_at_from": "2026-09-11"}).context["chips"]

        assert [(chip.title, chip.value) for chip in chips] == [("Created", "from 11 Sep 2026")]

    def test_filters_are_named_and_valued_in_words(self, world: World, as_) -> None:
        bring_to(State.REJECTED, make_lead("Dana Fox", source="organic_search"), world)

        filters = as_(world.mia).get(reverse(REJECTIONS)).context["filters"]

        titles = [each.title for each in filters]
        assert "Rejected by" in titles
        assert not [title for title in titles if title.startswith("By ") or title == "By"]
        assert "Organic search" in {label for each in filters for label in each.labels.values()}

    def test_the_search_keeps_the_filters_and_the_filters_keep_the_search(self, world: World, as_) -> None:
        make_lead()
        response = as_(world.mia).get(reverse(LEADS), {"state__exact": "raw", "q": "Dana", "p": "1"})

        assert response.context["kept"] == [("q", "Dana")]
        page = response.content.decode()
        assert '<input type="hidden" name="state__exact" value="raw">' in page
        assert re.search(r'<input type="search" id="searchbar" name="q" value="Dana"', page)


class TestTable:
    def test_a_row_is_small(self, world: World, as_) -> None:
        for number in range(3):
            bring_to(State.MQL, make_lead(f"Dana Fox {number}", company="Fox Ltd", source="organic_search"), world)

        for name in ("leads_transition_changelist", "leads_user_changelist", "handoff_handoff_changelist"):
            rows = ROW.findall(as_(world.olga).get(reverse(f"admin:{name}")).content)[1:]
            assert rows, name
            assert max(map(len, rows)) < 1536, name

    def test_the_mark_says_by_what_the_list_is_sorted(self, world: World, as_) -> None:
        make_policy(Metric.TIME_TO_ANSWER)
        bring_to(State.REJECTED, make_lead(), world)

        def marked(url: str, **asked: str) -> list[tuple[str, str]]:
            heads = as_(world.olga).get(reverse(url), asked).context["table"].heads
            return [(head.name, head.sorted) for head in heads if head.sorted]

        assert marked(LEADS) == [("due", "ascending")]
        assert marked(LEADS, o="-3") == [("score_shown", "descending")]
        assert marked("admin:leads_transition_changelist") == [("moment_shown", "descending")]

    def test_a_healthy_alarm_is_not_marked(self, world: World, as_) -> None:
        policy = make_policy(Metric.TIME_TO_ACCEPT)
        lead = bring_to(State.MQL, make_lead(), world)
        step = Step.objects.filter(policy=policy).first() or Step.objects.create(policy=policy, percent=100)
        now = timezone.now()
        Alarm.objects.create(clock=Clock.objects.get(lead=lead), step=step, due_at=now, fired_at=now)

        page = as_(world.olga).get(reverse("admin:sla_alarm_changelist")).content.decode()

        assert '<td class="field-superseded" data-label="Superseded">–</td>' in page

    def test_a_lead_is_found_by_its_number_wherever_it_is_listed(self, world: World, as_) -> None:
        lead = bring_to(State.REJECTED, make_lead("Dana Fox"), world)
        bring_to(State.REJECTED, make_lead("Lena Kurz"), world)

        for url in (LEADS, REJECTIONS, "admin:handoff_handoff_changelist", "admin:leads_transition_changelist"):
            for text in (str(lead.pk), f"#{lead.pk}"):
                rows = as_(world.olga).get(reverse(url), {"q": text}).context["cl"].result_list
                assert {getattr(row, "lead_id", row.pk) for row in rows} == {lead.pk}, url

    def test_rows_are_named_by_what_they_are(self, world: World, as_) -> None:
        client = as_(world.olga)

        assert client.get(reverse("admin:auth_group_changelist")).context["amount"].endswith(" roles")
        assert client.get(reverse("admin:handoff_apitoken_changelist")).context["amount"] == "0 API tokens"
        assert ">Add API token<" in client.get(reverse("admin:handoff_apitoken_changelist")).content.decode()


class TestPalette:
    def test_a_lead_is_found_by_whatever_one_has_of_it(self, world: World, as_) -> None:
        lead = make_lead("Anna Larkspur", company="Copper Kettle", email="anna@kettle.example", phone="+493023125066")
        ExternalId.objects.create(lead=lead, system="hubspot", value="HS-77")
        ExternalId.objects.create(lead=make_lead("Lena Kurz"), system="salesforce", value="SF-1")
        look_at([lead.pk])
        client = as_(world.mia)

        for query in (
            "larkspur",
            "anna copper",
            "Copper Kettle",
            "ANNA@kettle.example",
            "030 23125066",
            "+49 30 23125 066",
            str(lead.pk),
            f"#{lead.pk}",
            "HS-77",
        ):
            assert found(client, query)[:1] == ["Anna Larkspur"], query

    def test_nobody_finds_what_they_may_not_see(self, world: World, as_) -> None:
        lead = make_lead("Anna Larkspur")
        ExternalId.objects.create(lead=lead, system="hubspot", value="HS-77")

        for query in ("Larkspur", lead.email, str(lead.pk), "HS-77"):
            assert found(as_(world.ada), query) == []
        assert as_(world.eve).get(reverse(FIND), {"q": "Larkspur"}).status_code == 403

    def test_people_are_found_by_those_who_see_them(self, world: World, as_) -> None:
        def people(client) -> list[str]:
            groups = client.get(reverse(FIND), {"q": "zoe"}).context["groups"]
            return [hit.title for group in groups if group.name == "People" for hit in group.hits]

        assert people(as_(world.olga)) == ["Zoe"]
        assert people(as_(world.ada)) == []

    def test_pages_are_found_by_those_whom_they_open(self, world: World, as_) -> None:
        def links(client, query: str) -> list[str]:
            groups = client.get(reverse(FIND), {"q": query}).context["groups"]
            return [hit.link for group in groups if group.name == "Pages" for hit in group.hits]

        assert links(as_(world.olga), "engine") == [reverse("admin:engine")]
        assert links(as_(world.olga), "agreement calend") == [reverse("admin:sla_calendar_changelist")]
        assert links(as_(world.ada), "engine") == []

    def test_it_says_when_nothing_matches(self, world: World, as_) -> None:
        answer = as_(world.mia).get(reverse(FIND), {"q": "<b>nobody"}, headers={"X-Handoff-Dialog": "1"})

        text = answer.content.decode()
        assert "Nothing matches “&lt;b&gt;nobody”" in text
        assert "<html" not in text

    def test_of_very_many_leads_all_are_known_by_how_they_begin_and_the_newest_by_any_part(
        self, world: World, as_, monkeypatch
    ) -> None:
        monkeypatch.setattr(search, "READ", 2)
        now = timezone.now()
        for age, name in enumerate(("Newest Fox", "Newer Fox", "Old Fox", "Oldest Fox")):
            make_lead(name, created_at=now - timedelta(days=age))
        workflow.promote(Lead.objects.get(name="Oldest Fox").pk, by=world.mia, owner=world.ada)

        assert "newest also by any part" in as_(world.mia).get(reverse(FIND), {"q": "fox"}).content.decode()
        assert "Oldest Fox" in found(as_(world.mia), "fox")
        assert "Oldest Fox" in found(as_(world.mia), "oldest f")
        assert "Oldest Fox" not in found(as_(world.mia), "ldest")
        assert "Newest Fox" in found(as_(world.mia), "ewest")
        assert found(as_(world.mia), "oldest.fox@buyer.example") == ["Oldest Fox"]
        assert found(as_(world.ada), "fox") == ["Oldest Fox"]  # of those that they see

    def test_it_asks_as_often_however_many_leads_fit(self, world: World, as_) -> None:
        client = as_(world.olga)

        def queries() -> int:
            with CaptureQueriesContext(
                connection,
            ) as captured:
                client.get(reverse(FIND), {"q": "fox"}, headers={"X-Handoff-Dialog": "1"})
            return len(captured)

        make_lead("Dana Fox")
        few = queries()
        for number in range(12):
            make_lead(f"Dana Fox {number}")
        assert queries() == few


class TestForms:
    def test_a_form_can_be_left_and_offers_no_more_than_makes_sense(self, world: World, as_) -> None:
        client = as_(world.olga)
        for name in ("leads_campaign", "sla_policy", "handoff_destination", "leads_lead"):
            page = client.get(reverse(f"admin:{name}_add")).content.decode()
            assert ">Cancel</a>" in page, name
            assert "_addanother" not in page, name

    def test_days_are_typed_into_the_browsers_own_field(self, world: World, as_) -> None:
        page = as_(world.olga).get(reverse("admin:leads_campaign_add")).content.decode()

        assert re.search(r'<input type="date" name="starts_on"', page)
        assert "DateTimeShortcuts" not in page

    def test_dates_have_one_form_in_lists_too(self, world: World, as_) -> None:
        Campaign.objects.create(name="Fair", starts_on=date(2026, 9, 11))

        page = as_(world.olga).get(reverse("admin:leads_campaign_changelist")).content.decode()

        assert "11 Sep 2026" in page
        assert "Sept." not in page

    def test_no_hash_of_a_password_is_shown(self, world: World, as_) -> None:
        page = as_(world.olga).get(reverse("admin:leads_user_change", args=[world.ada.pk])).content.decode()

        assert "algorithm" not in page
        assert "iterations" not in page
        assert "../password/" in page


class TestMenu:
    @pytest.mark.parametrize("own", [True, False])
    def test_one_page_is_lit(self, own: bool, world: World, as_) -> None:
        person = world.olga if own else world.ada
        response = as_(world.olga).get(reverse("admin:leads_user_change", args=[person.pk]))

        lit = [
            item["title"]
            for group in response.context["sidebar_navigation"]
            for item in group["items"]
            if item["active"]
        ]

        assert lit == ["My settings" if own else "Users"]

    def test_nothing_leads_to_where_one_is(self, world: World, as_) -> None:
        page = as_(world.olga).get(reverse(LEADS)).content.decode()

        assert "View site" not in page
        assert 'rel="icon"' in page


class TestSize:
    def test_a_page_of_the_console_is_compressed(self, world: World, as_) -> None:
        for number in range(20):
            make_lead(f"Dana Fox {number}")
        client = as_(world.mia)

        one, other = (client.get(reverse(LEADS), headers={"Accept-Encoding": "gzip"}) for _ in range(2))

        assert one["Content-Encoding"] == "gzip"
        assert b"Dana Fox 19" in gzip.decompress(one.content)
        assert len(one.content) * 3 < len(gzip.decompress(one.content))
        assert "Accept-Encoding" in one["Vary"]
        assert one.content[:200] != other.content[:200]  # padded at random: the length tells nothing

    def test_the_api_and_files_are_left_as_they_are(self, world: World, as_) -> None:
        for number in range(20):
            make_lead(f"Dana Fox {number}")
        client = as_(world.mia)

        for address in ("/api/v1/leads/", reverse("admin:leads_lead_export")):
            assert "Content-Encoding" not in client.get(address, headers={"Accept-Encoding": "gzip"}), address


class TestLengths:
    def test_an_explanation_hides_what_is_below_a_second(self, world: World, as_) -> None:
        make_policy(Metric.TIME_TO_ACCEPT)
        clock = Clock.objects.get(lead=bring_to(State.MQL, make_lead(), world))
        started = clock.started_at.replace(microsecond=123456)
        Clock.objects.filter(pk=clock.pk).update(started_at=started)

        page = as_(world.olga).get(reverse("admin:explanation", args=[clock.pk])).content.decode()

        assert not re.search(r"\d\.\d+ s\b", page)
        assert not re.search(r"\d\d:\d\d:\d\d\.\d", page)

    def test_a_step_says_how_long_after_it_comes(self) -> None:
        assert str(Step(percent=100, after_seconds=28_800)) == f"Escalation {in_words(28_800)} after 100 %"
