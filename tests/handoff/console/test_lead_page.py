"""The page of one lead: what is kept by the engine is read, and everything that happened stands in one order."""

import time
from datetime import timedelta

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone

from handoff import workflow
from handoff.console.leads.timeline import timeline
from handoff.ladder.sweep import sweep
from leads.identity import IdentityConflict
from leads.models import ExternalId, Lead, State, Touch, Touchpoint
from sla.metrics import Metric
from sla.models import Alarm
from tests.world import World, bring_to, make_lead, make_policy


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
        with django_assert_max_num_queries(35) as queries:
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
