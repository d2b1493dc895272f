"""The page of one lead: what is kept by the engine is read, and everything that happened stands in one order."""

import time
from datetime import timedelta

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone

from handoff import workflow
from handoff.console.leads.pieces import PIECE, Place
from handoff.console.leads.primary import STOPS, primary_verb
from handoff.console.leads.timeline import piece, timeline
from handoff.ladder.sweep import sweep
from leads.identity import IdentityConflict
from leads.models import ExternalId, Lead, Reason, State, Touch, Touchpoint, Verb
from sla.metrics import Metric
from sla.models import Alarm, Clock
from tests.world import MONDAY, World, bring_to, make_lead, make_policy


def url(lead) -> str:
    return reverse("admin:leads_lead_change", args=[lead.pk])


def facts(lead, **changed) -> dict[str, str]:
    names = ("name", "email", "company", "title", "phone", "country", "source", "score")
    return {name: getattr(lead, name) or "" for name in names} | changed


def test_the_page_shows_packet_clocks_and_timeline(world: World, as_) -> None:
    make_policy(Metric.TIME_TO_ACCEPT)
    lead = make_lead(company="Fox Ltd")
    Touchpoint.objects.create(lead=lead, kind="page_visit", at=timezone.now(), detail="/pricing")
    bring_to(State.MQL, lead, world)

    page = as_(world.ada).get(url(lead)).content.decode()

    for text in ("Packet", "Page visit", "/pricing", "Time to accept", " left<", "(version 1)", "Promoted to Ada"):
        assert text in page


def test_the_page_shows_every_deal_and_updates_one(world: World, as_) -> None:
    lead = bring_to(State.OPPORTUNITY, make_lead(), world)
    workflow.update_deal(lead.pk, by=world.ada, name="Second deal", stage="Demo", amount="7", currency="EUR")
    first = lead.deals.get(name="Fox deal")
    page = as_(world.ada).get(url(lead)).content.decode()
    for text in ("Fox deal", "1200.00 EUR", "Second deal", "Demo", f"deal={first.pk}", "Updated a deal"):
        assert text in page
    act = reverse("admin:act", args=["update_deal", lead.pk])
    form = as_(world.ada).get(f"{act}?deal={first.pk}").context["form"]
    shown = {name: form[name].value() or "" for name in form.fields}
    assert (shown["deal"], shown["name"], shown["amount"]) == (str(first.pk), "Fox deal", "1200.00")
    as_(world.ada).post(act, shown | {"state": "won"})
    first.refresh_from_db()
    assert (first.state, str(first.amount), first.currency) == ("won", "1200.00", "EUR")
    of_a_marketer = as_(world.mia).get(url(lead)).content.decode()
    assert "Fox deal" in of_a_marketer
    assert f"deal={first.pk}" not in of_a_marketer


def test_all_that_happened_stands_in_one_order_newest_first(world: World, as_) -> None:
    make_policy(Metric.TIME_TO_ACCEPT)
    lead = make_lead()
    Touchpoint.objects.create(lead=lead, kind="webinar", at=timezone.now() - timedelta(days=1))
    bring_to(State.MQL, lead, world)
    sweep(at=timezone.now() + timedelta(hours=2))
    workflow.touch(lead.pk, by=world.ada, channel="call", outcome="no_answer", note="Rang twice")
    workflow.reject(lead.pk, by=world.ada, reason="not_now", retry_on="2031-01-01", note="Budget next year")
    workflow.comment(lead.pk, by=world.mia, text="We will ask again")

    events = timeline(lead)

    assert [event.headline for event in events] == [
        "Breach: time to accept",
        "Warning: time to accept",
        "Commented",
        "Rejected: MQL → Rejected",
        "Call: no answer",
        "Promoted to Ada: Raw → MQL",
        "Webinar",
    ]
    assert events[3].why == (("Reason", "Not now"), ("Try again on", "2031-01-01"), ("Note", "Budget next year"))
    assert events[6].who == "The buyer"


def test_marketing_edits_plain_facts_and_the_edit_is_in_the_timeline(world: World, as_) -> None:
    lead = bring_to(State.MQL, make_lead(), world)

    response = as_(world.mia).post(url(lead), facts(lead, company=" Fox  Ltd ", score="77"))

    assert response.status_code == 302
    lead.refresh_from_db()
    assert (lead.company, lead.score, lead.state) == ("Fox Ltd", 77, State.MQL)
    assert [event.who for event in timeline(lead)] == ["Mia", "Mia"]


def test_a_wrong_fact_is_refused_at_its_field(world: World, as_) -> None:
    make_lead("Lena Kurz")
    lead = make_lead()

    page = as_(world.mia).post(url(lead), facts(lead, email="lena.kurz@buyer.example")).content.decode()

    assert "errornote" in page
    lead.refresh_from_db()
    assert lead.email == "dana.fox@buyer.example"


def test_a_blanked_email_is_refused_at_its_field(world: World, as_) -> None:
    lead = make_lead()

    page = as_(world.mia).post(url(lead), facts(lead, email="")).content.decode()

    assert "Give an email: without an external id, a lead is known by nothing else." in page
    lead.refresh_from_db()
    assert lead.email == "dana.fox@buyer.example"


def test_a_lead_with_an_external_id_may_lose_its_email(world: World, as_) -> None:
    lead = make_lead()
    ExternalId.objects.create(lead=lead, system="hubspot", value="42")

    assert as_(world.mia).post(url(lead), facts(lead, email="")).status_code == 302

    lead.refresh_from_db()
    assert lead.email == ""


@pytest.mark.parametrize("email", ["lena@buyer.example", " Lena@Buyer.Example "])
def test_an_email_that_another_lead_has_is_refused_in_words(email: str, world: World, as_) -> None:
    make_lead("Lena", email="lena@buyer.example")
    lead = make_lead()
    words = "Another lead has the email lena@buyer.example: merge the two if they are one and the same."

    assert words in as_(world.mia).post(url(lead), facts(lead, email=email)).content.decode()
    assert words in as_(world.mia).post(reverse("admin:leads_lead_add"), {"email": email}).content.decode()


def test_an_email_that_is_taken_between_check_and_saving_is_refused_too(
    world: World, as_, monkeypatch: pytest.MonkeyPatch
) -> None:
    def too_late(*_, **__) -> None:
        raise IdentityConflict("Another lead has the email lena@buyer.example: merge the two.")

    lead = make_lead()
    monkeypatch.setattr(workflow, "correct", too_late)

    response = as_(world.mia).post(url(lead), facts(lead, email="lena@buyer.example"), follow=True)

    assert [str(message) for message in response.context["messages"]] == [
        "Another lead has the email lena@buyer.example: merge the two."
    ]


def test_a_country_is_written_by_its_name(world: World, as_) -> None:
    lead = make_lead()

    as_(world.mia).post(url(lead), facts(lead, country="Germany"))

    lead.refresh_from_db()
    assert lead.country == "DE"


@pytest.mark.parametrize("score", ["1e999999999", "9" * 5000, "NaN", "8.5"])
def test_a_number_beyond_measure_is_refused_at_its_field(score: str, world: World, as_) -> None:
    lead = make_lead(score=5)

    assert as_(world.mia).post(url(lead), facts(lead, score=score)).status_code == 200

    lead.refresh_from_db()
    assert lead.score == 5


def test_nobody_moves_a_lead_or_its_owner_by_the_form(world: World, as_) -> None:
    lead = bring_to(State.MQL, make_lead(), world)
    posted = facts(lead, name="New", state="sal", owner=world.ben.pk, cycle="9", reason="1")

    as_(world.olga).post(url(lead), posted)

    lead.refresh_from_db()
    assert (lead.name, lead.state, lead.owner, lead.cycle) == ("New", State.MQL, world.ada, 1)


def test_who_does_not_work_a_lead_reads_its_facts(world: World, as_) -> None:
    lead = bring_to(State.MQL, make_lead(), world)

    assert as_(world.ben).post(url(lead), facts(lead, name="New")).status_code == 403
    lead.refresh_from_db()
    assert lead.name == "Dana Fox"


def test_the_owner_corrects_how_the_buyer_is_reached_and_nothing_of_marketing(world: World, as_) -> None:
    lead = bring_to(State.MQL, make_lead(source="google", score=50), world)

    assert as_(world.ada).post(url(lead), facts(lead, name="New", source="friend", score="99")).status_code == 302
    lead.refresh_from_db()
    assert (lead.name, lead.source, lead.score) == ("New", "google", 50)


def test_a_lead_is_added_raw_and_spelled_as_everywhere(world: World, as_) -> None:
    as_(world.mia).post(reverse("admin:leads_lead_add"), {"name": "Dana Fox", "email": " Dana.Fox@Buyer.Example "})

    response = as_(world.mia).get(reverse("admin:leads_lead_changelist"))
    lead = response.context["cl"].result_list[0]
    assert (lead.email, lead.state) == ("dana.fox@buyer.example", State.RAW)


def test_a_lead_without_an_email_is_known_by_its_phone(world: World, as_) -> None:
    client, add = as_(world.mia), reverse("admin:leads_lead_add")
    client.post(add, {"name": "Dana Fox", "phone": "030 1234567", "country": "Germany"})
    lead = Lead.objects.get()
    assert [str(each) for each in lead.external_ids.all()] == ["phone:+49301234567"]

    page = client.post(add, {"name": "Emil Gray", "phone": "+49 30 1234567", "is_another_person": "on"})
    assert "Another lead is known by the phone" in page.content.decode()
    page = client.post(add, {"name": "Emil Gray", "phone": "1234567"}).content.decode()
    assert "identifies no one without its country" in page
    assert "or at least a phone" in client.post(add, {"name": "Emil Gray"}).content.decode()
    assert Lead.objects.count() == 1


def test_two_thousand_events_take_the_same_queries_and_less_than_a_second(
    world: World, as_, django_assert_max_num_queries
) -> None:
    make_policy(Metric.TIME_TO_ACCEPT)
    lead = bring_to(State.SAL, make_lead(), world)
    client = as_(world.ada)

    def look() -> tuple[int, float]:
        with django_assert_max_num_queries(28) as queries:
            started = time.process_time()  # other programs of a busy machine do not count
            assert client.get(url(lead)).status_code == 200
        return len(queries), time.process_time() - started

    workflow.touch(lead.pk, by=world.ada, channel="call", outcome="reached")
    Touchpoint.objects.create(lead=lead, kind="page_visit", at=timezone.now())
    look()  # Django learns its content types once
    few, _seconds = look()
    now = timezone.now()
    Touch.objects.bulk_create(
        Touch(lead=lead, by=world.ada, channel="email", outcome="sent", at=now - timedelta(minutes=n), note="Hello")
        for n in range(1000)
    )
    Touchpoint.objects.bulk_create(
        Touchpoint(lead=lead, kind="page_visit", at=now - timedelta(minutes=n), detail="/pricing") for n in range(1000)
    )
    many, seconds = look()

    assert many == few
    assert seconds < 1


@pytest.mark.parametrize("number", ["²", "abc", "9" * 30])
def test_what_is_no_number_is_no_lead(number: str, world: World, as_) -> None:
    address = reverse("admin:leads_lead_change", args=[number])

    assert as_(world.olga).get(address).status_code == 302


def test_the_history_of_a_lead_is_its_page(world: World, as_) -> None:
    lead = make_lead()

    response = as_(world.olga).get(reverse("admin:leads_lead_history", args=[lead.pk]))

    assert response.headers["Location"] == url(lead)


def test_an_alarm_says_what_its_step_did(world: World, as_) -> None:
    policy = make_policy(Metric.TIME_TO_ACCEPT, 1)
    policy.steps.filter(percent=100).update(does="reassign", out_of_rotation_seconds=3600)
    lead = bring_to(State.MQL, make_lead(), world)
    with time_machine.travel(timezone.now() + timedelta(minutes=1)):
        sweep()
    alarm = Alarm.objects.get(step__percent=100)

    page = as_(world.max).get(reverse("admin:leads_lead_change", args=[lead.pk])).content.decode()
    record = as_(world.max).get(reverse("admin:sla_alarm_change", args=[alarm.pk])).content.decode()

    assert "Assigned to Ben" in page
    assert "By the ladder of" in page
    assert "Ada is out of rotation for 1 h." in page
    assert "Given to Ben. Ada is out of rotation for 1 h." in record


def test_the_head_reaches_the_buyer_and_names_what_is_due(world: World, as_) -> None:
    make_policy(Metric.TIME_TO_ACCEPT, 3600)
    with time_machine.travel(MONDAY, tick=False):
        lead = bring_to(State.MQL, make_lead(company="Fox Ltd", phone="+49 (30) 901820"), world)
    with time_machine.travel(MONDAY + timedelta(minutes=15), tick=False):
        page = as_(world.ada).get(url(lead))

    text = page.content.decode()
    head = text[text.index("lead-top") : text.index("lead-columns")]
    for part in ('href="tel:+4930901820"', 'href="mailto:dana.fox@buyer.example"', "45 min left", "<b>Mon 11:00</b>"):
        assert part in head
    assert f'data-copy="{lead.pk}"' in head
    assert "Accept" in page.context["head"]["primary"]
    assert [verb for verb in page.context["head"]["others"] if "act-primary" in verb] == []


def test_a_buyer_who_may_not_be_contacted_is_neither_called_nor_written_to(world: World, as_) -> None:
    lead = bring_to(State.MQL, make_lead(phone="+49 30 901820", do_not_contact=True), world)
    text = as_(world.ada).get(url(lead)).content.decode()
    assert "tel:" not in text
    assert "mailto:" not in text
    assert "Do not contact" in text


def test_the_loud_verb_stops_the_most_urgent_clock(world: World) -> None:
    lead = bring_to(State.SAL, make_lead(), world)
    verbs = {Verb.TOUCH, Verb.QUALIFY, Verb.REJECT, Verb.PAUSE}
    assert primary_verb(lead, verbs, Clock(metric=Metric.SPEED_TO_LEAD)) == Verb.TOUCH
    assert primary_verb(lead, verbs, Clock(metric=Metric.TIME_TO_QUALIFY)) == Verb.TOUCH, "it would be refused"
    lead.last_touch_at = timezone.now()
    assert primary_verb(lead, verbs, Clock(metric=Metric.TIME_TO_QUALIFY)) == Verb.QUALIFY
    assert primary_verb(lead, verbs, None) == Verb.QUALIFY
    assert primary_verb(lead, set(), None) is None
    assert set(STOPS) == set(Metric)


@pytest.mark.parametrize(
    ("reason", "verb"), [("not_now", "recycle"), ("bad_contact_data", "resubmit"), ("spam_or_test", "answer")]
)
def test_the_loud_verb_of_a_rejected_lead_is_what_its_reason_asks_for(reason: str, verb: str, world: World) -> None:
    lead = bring_to(State.REJECTED, make_lead(), world)
    lead.reason = Reason.objects.get(code=reason)
    assert primary_verb(lead, {"recycle", "resubmit", "answer"}, None) == verb
    assert primary_verb(lead, {"recycle", "resubmit"}, None) is None, "it is answered"


def test_running_clocks_stand_before_stopped_ones_the_most_urgent_first(world: World, as_) -> None:
    for metric, seconds in ((Metric.TIME_TO_ACCEPT, 60), (Metric.TIME_TO_QUALIFY, 9000), (Metric.SPEED_TO_LEAD, 3600)):
        make_policy(metric, seconds)
    lead = bring_to(State.SAL, make_lead(), world)
    clocks = as_(world.ada).get(url(lead)).context["clocks"]
    assert [clock["metric"] for clock in clocks] == ["Speed to lead", "Time to qualify", "Time to accept"]


def test_what_the_marketer_wrote_stands_before_the_facts_and_each_fact_stands_once(world: World, as_) -> None:
    lead = make_lead(company="Fox Ltd", source="trade_show", country="DE")
    workflow.promote(lead.pk, by=world.mia, owner=world.ada, note="Asked about SSO")
    workflow.correct(lead.pk, {"country": "AT"}, by=world.mia)
    text = as_(world.ben).get(url(lead)).content.decode()
    assert text.index("Asked about SSO") < text.index("Trade show")
    assert text.count("Trade show") == 1
    assert "trade_show" not in text
    assert "<dd>Austria<small>Germany at the handoff</small>" in text


def test_system_fields_are_folded_and_show_no_dashes(world: World, as_) -> None:
    lead = bring_to(State.MQL, make_lead(), world)
    kept = as_(world.olga).get(url(lead)).context["kept"]
    assert [row.label for row in kept] == ["Number", "Captured"]


def test_editing_is_folded_and_leads_back_to_the_lead(world: World, as_) -> None:
    lead = bring_to(State.MQL, make_lead(), world)
    here = f"{url(lead)}?next=/console/my-leads/%3Fwhose%3Dteam"
    text = as_(world.mia).get(here).content.decode()
    assert '<details class="panel folded" id="edit-facts">' in text
    assert "Save and add another" not in text
    assert as_(world.mia).post(here, facts(lead, company="Fox Ltd")).headers["Location"] == here
    refused = as_(world.mia).post(here, facts(lead, email="nonsense")).content.decode()
    assert 'id="edit-facts" open>' in refused
    assert "lead-top" in refused
    assert "edit-facts" not in as_(world.ben).get(url(lead)).content.decode()


@pytest.mark.parametrize(
    ("query", "title", "address"),
    [
        ("next=/console/my-leads/%3Fwhose%3Dteam", "My leads", "/console/my-leads/?whose=team"),
        ("next=/console/board/%3Fwho%3Dada", "Board", "/console/board/?who=ada"),
        ("_changelist_filters=state__exact%3Dmql", "Leads", "/console/leads/lead/?state__exact=mql"),
        ("next=https://evil.example/", "Leads", "/console/leads/lead/"),
        ("", "Leads", "/console/leads/lead/"),
    ],
)
def test_the_way_back_is_the_list_as_it_was_filtered(query: str, title: str, address: str, world: World, as_) -> None:
    page = as_(world.max).get(f"{url(bring_to(State.MQL, make_lead(), world))}?{query}")
    assert (page.context["list_title"], page.context["list_url"]) == (title, address)


def test_the_timeline_comes_in_pieces_that_make_up_the_whole(world: World, as_) -> None:
    make_policy(Metric.TIME_TO_ACCEPT)
    lead = make_lead()
    now = timezone.now() - timedelta(hours=1)
    Touchpoint.objects.bulk_create(Touchpoint(lead=lead, kind=f"visit_{n}", at=now, detail=str(n)) for n in range(30))
    Touch.objects.bulk_create(
        Touch(lead=lead, by=world.ada, channel="call", outcome="reached", at=now - timedelta(minutes=n // 2))
        for n in range(30)
    )
    bring_to(State.REJECTED, lead, world)

    whole, pieces, before = timeline(lead), [], None
    while True:
        part = piece(lead, None, before, 7)
        pieces += part.events
        if not part.older:
            break
        before = Place.read(part.older)

    assert pieces == whole
    assert len(whole) > PIECE


def test_older_events_are_read_on_request_with_and_without_the_script(world: World, as_) -> None:
    lead = bring_to(State.MQL, make_lead(), world)
    now = timezone.now() - timedelta(days=1)
    Touchpoint.objects.bulk_create(
        Touchpoint(lead=lead, kind="visit", at=now - timedelta(minutes=n), detail=f"page {n}") for n in range(120)
    )
    client = as_(world.ada)
    page = client.get(f"{url(lead)}?next=/console/my-leads/")
    assert len(page.context["events"]) == PIECE
    older = page.context["older"]
    assert "next=" in older
    part = client.get(f"{reverse('admin:lead_timeline', args=[lead.pk])}?{older}")
    assert len(part.context["events"]) == PIECE
    assert "page 60" in part.content.decode()
    assert "<html" not in part.content.decode()
    plain = client.get(f"{url(lead)}?{older}").content.decode()
    assert "page 60" in plain
    assert "Show the newest" in plain
    assert as_(world.zoe).get(f"{reverse('admin:lead_timeline', args=[lead.pk])}?{older}").status_code == 404


@pytest.mark.parametrize(
    "before", ["", "x", "~~", "2026-03-02~1~1", "0001-01-01T00:00:00+23:00~1~1", "9" * 200, "²~²~²"]
)
def test_a_place_that_is_none_means_the_newest(before: str, world: World, as_) -> None:
    lead = bring_to(State.MQL, make_lead(), world)
    assert as_(world.ada).get(url(lead), {"before": before}).context["events"]


def test_both_leads_of_a_merge_and_of_a_duplicate_tell_of_it_with_a_link(world: World, as_) -> None:
    stays, copy = (bring_to(State.MQL, make_lead(name), world) for name in ("Dana Fox", "D Fox"))
    gone = make_lead("Dana F")
    workflow.merge(gone.pk, by=world.mia, into=stays)
    workflow.reject(copy.pk, by=world.ada, reason="duplicate", duplicate_of=stays)

    on_stays = {event.headline: event.other_url for event in timeline(stays)}
    assert on_stays["Merged"] == url(gone)
    assert on_stays["Rejected another lead as a duplicate of this one"] == url(copy)
    assert timeline(gone)[0].other_url == url(stays)
    assert timeline(copy)[0].other_url == url(stays)
    assert f'href="{url(stays)}"' in as_(world.olga).get(url(gone)).content.decode()


def test_only_people_who_see_the_lead_are_offered_to_be_mentioned(world: World, as_) -> None:
    lead = bring_to(State.MQL, make_lead(), world)
    address = reverse("admin:mentionable", args=[lead.pk])

    def offered(words: str) -> list[str]:
        return [person["username"] for person in as_(world.max).get(address, {"q": words}).json()["people"]]

    assert offered("") == ["ada", "ben", "mia", "nora", "olga"]
    assert offered("be") == ["ben"]
    assert offered("zo") == offered("ev") == offered("%") == []
    assert as_(world.zoe).get(address, {"q": "a"}).status_code == 404


def test_a_comment_on_the_page_comes_back_to_it(world: World, as_) -> None:
    lead = bring_to(State.MQL, make_lead(), world)
    page = as_(world.ben).get(url(lead))
    done = as_(world.ben).post(page.context["comment_url"], {"text": "@ada please call; @zoe too"}, follow=True)
    text = done.content.decode()
    assert done.request["PATH_INFO"] == url(lead)
    assert "@ada please call" in text
    assert "Not notified, as they may not see the lead:</span> zoe" in text
