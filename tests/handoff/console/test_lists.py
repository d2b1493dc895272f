"""Leads and Rejections: order, buttons, filters, counts, CSV, and a constant number of queries."""

import csv
import re
from datetime import timedelta
from io import StringIO

import pytest
from django.urls import reverse
from django.utils import timezone

from handoff import workflow
from handoff.console.frame.export import defused
from handoff.models import Rejection
from leads.models import Campaign, Lead, State, Via
from sla.metrics import Metric
from sla.models import Clock
from tests.world import World, bring_to, make_lead, make_policy

MY_LEADS = "admin:my_leads"
LEADS = "admin:leads_lead_changelist"
REJECTIONS = "admin:handoff_rejection_changelist"


def rows(response) -> list[str]:
    return [str(row) for row in response.context["cl"].result_list]


def due_in(lead, **delta) -> None:
    at = timezone.now() + timedelta(**delta)
    Clock.objects.filter(lead=lead, stopped_at=None).update(due_at=at, started_at=at - timedelta(hours=1))


@pytest.fixture
def promises(db: None) -> None:
    for metric in (Metric.TIME_TO_ACCEPT, Metric.TIME_TO_ANSWER):
        make_policy(metric)


def test_an_empty_list_says_what_to_do(world: World, as_) -> None:
    assert "Look into the queue of your team" in as_(world.ada).get(reverse(MY_LEADS)).content.decode()


@pytest.mark.parametrize(("due", "names"), [("overdue", ["Late"]), ("running", ["Fine"]), ("none", [])])
def test_leads_are_filtered_by_their_clock(due: str, names: list[str], promises, world: World, as_) -> None:
    due_in(bring_to(State.MQL, make_lead("Late"), world), hours=-1)
    due_in(bring_to(State.MQL, make_lead("Fine"), world), hours=1)

    assert rows(as_(world.olga).get(reverse(LEADS), {"due": due})) == names


@pytest.mark.parametrize(
    ("metric", "state", "loud"),
    [
        (Metric.TIME_TO_ACCEPT, State.MQL, "Accept"),
        (Metric.TIME_TO_NEXT_TOUCH, State.SAL, "Log a touch"),
        (Metric.TIME_TO_QUALIFY, State.SAL, "Log a touch"),  # nobody has contacted them yet
        (Metric.TIME_TO_NEXT_TOUCH, State.SQL, "Log a touch"),
        (Metric.TIME_TO_CONVERT, State.SQL, "Convert"),
    ],
)
def test_the_loud_button_of_a_row_stops_its_clock(metric: Metric, state: State, loud: str, world: World, as_) -> None:
    make_policy(metric)
    bring_to(state, make_lead(), world)
    page = as_(world.ada).get(reverse(LEADS)).content.decode()
    assert re.findall(r'act-primary"[^>]*aria-label="(.+?)"', page) == [f"{loud} Dana Fox"]
    assert 'aria-label="More for Dana Fox"' in page


def test_whoever_only_reads_a_list_is_told_who_acts(world: World, as_) -> None:
    make_policy(Metric.TIME_TO_ACCEPT)
    bring_to(State.REJECTED, make_lead(), world)
    for page, person, words in (
        (REJECTIONS, world.ada, "Marketer or Marketing lead can answer these: ask"),
        (REJECTIONS, world.mia, ""),
        ("admin:sla_policy_changelist", world.ada, "RevOps can change these: ask Olga."),
        ("admin:sla_policy_changelist", world.olga, ""),
        (LEADS, world.ada, ""),
    ):
        shown = as_(person).get(reverse(page)).content.decode()
        assert words in shown
        assert bool(words) == (" these: ask " in shown)


def test_a_page_that_has_gone_leads_to_the_last_one(world: World, as_) -> None:
    bring_to(State.MQL, make_lead(), world)

    response = as_(world.ada).get(reverse(LEADS), {"p": "7", "q": "fox"})

    assert rows(response) == ["Dana Fox"]


def test_rejections_are_counted_as_they_are_filtered(world: World, as_) -> None:
    spring = Campaign.objects.create(name="Spring webinar")
    for number, reason in enumerate(("wrong_territory", "wrong_territory", "no_need")):
        lead = make_lead(f"Lead {number}", campaign=spring if number else None)
        workflow.promote(lead.pk, by=world.mia, owner=world.ada)
        workflow.reject(lead.pk, by=world.ada, reason=reason)

    client = as_(world.mia)
    by_reason, by_campaign = client.get(reverse(REJECTIONS)).context["groups"]
    filtered = client.get(reverse(REJECTIONS), {"lead__campaign__id__exact": spring.pk}).context["groups"]

    def numbers(group):
        return [(row["label"], row["number"]) for row in group["rows"]]

    assert numbers(by_reason) == [("Wrong territory", 2), ("No budget, authority or need", 1)]
    assert numbers(by_campaign) == [("Spring webinar", 2), ("No campaign", 1)]
    assert numbers(filtered[0]) == [("No budget, authority or need", 1), ("Wrong territory", 1)]


def test_marketing_answers_from_the_row_and_sales_reads(promises, world: World, as_) -> None:
    lead = bring_to(State.REJECTED, make_lead(), world)

    page = as_(world.mia).get(reverse(REJECTIONS)).content.decode()
    for verb in ("answer", "resubmit", "recycle", "dispute"):
        assert reverse("admin:act", args=[verb, lead.pk]) in page
    assert (
        reverse("admin:act", args=["answer", lead.pk]) not in as_(world.zoe).get(reverse(REJECTIONS)).content.decode()
    )

    as_(world.mia).post(reverse("admin:act", args=["answer", lead.pk]), {"kind": "acknowledge"})

    assert Rejection.objects.get().answered_by == world.mia
    assert rows(as_(world.mia).get(reverse(REJECTIONS))) == []
    page = as_(world.mia).get(reverse(REJECTIONS), {"answer_state": "all"}).content.decode()
    assert reverse("admin:act", args=["answer", lead.pk]) not in page
    assert reverse("admin:act", args=["resubmit", lead.pk]) in page
    lead_page = as_(world.mia).get(reverse("admin:leads_lead_change", args=[lead.pk])).content.decode()
    assert reverse("admin:act", args=["answer", lead.pk]) not in lead_page


@pytest.mark.parametrize(
    ("state", "number"), [("open", 1), ("overdue", 1), ("met", 1), ("late", 0), ("acknowledge", 1)]
)
def test_rejections_are_filtered_by_their_answer(state: str, number: int, promises, world: World, as_) -> None:
    due_in(bring_to(State.REJECTED, make_lead("Open"), world), hours=-1)
    answered = bring_to(State.REJECTED, make_lead("Answered"), world)
    workflow.answer(answered.pk, by=world.mia, kind="acknowledge")

    assert len(rows(as_(world.nora).get(reverse(REJECTIONS), {"answer_state": state}))) == number


@pytest.mark.parametrize("text", ["=1+1", "+49", "-1", "@x", "\tx", "\rx"])
def test_no_cell_of_a_csv_is_a_formula(text: str) -> None:
    assert defused(text) == f"'{text}"


def test_the_csv_has_what_is_filtered_and_no_formulas(world: World, as_) -> None:
    make_lead("=HYPERLINK(1)", email="a@buyer.example", company="Fox")
    make_lead("Other", email="b@buyer.example")

    response = as_(world.mia).get(reverse("admin:leads_lead_export"), {"q": "fox"})

    table = list(csv.DictReader(StringIO(b"".join(response.streaming_content).decode())))
    assert [row["name"] for row in table] == ["'=HYPERLINK(1)"]
    assert as_(world.eve).get(reverse("admin:leads_lead_export")).status_code == 403


def test_rejections_export_what_is_filtered(world: World, as_) -> None:
    bring_to(State.REJECTED, make_lead(), world)

    response = as_(world.zoe).get(reverse("admin:handoff_rejection_export"))

    table = list(csv.DictReader(StringIO(b"".join(response.streaming_content).decode())))
    assert [(row["lead"], row["reason"]) for row in table] == [("Dana Fox", "wrong_territory")]


def test_bulk_accept_says_of_each_row_what_became_of_it(world: World, as_) -> None:
    mine = bring_to(State.MQL, make_lead("Mine"), world)
    faster = bring_to(State.SAL, make_lead("Taken"), world)

    response = as_(world.ada).post(
        reverse(MY_LEADS), {"action": "accept_selected", "_selected_action": [mine.pk, faster.pk]}
    )

    page = response.content.decode()
    assert "Accepted 1 of 2 leads" in page
    assert "Cannot accept Taken: already accepted by Ada" in page


def test_bulk_assign_asks_once_and_answers_per_row(world: World, as_) -> None:
    leads = [make_lead(name, team=world.berlin) for name in ("One", "Two")]
    client = as_(world.max)
    ids = [lead.pk for lead in leads]

    asked = client.post(reverse(LEADS), {"action": "assign_selected", "_selected_action": ids})
    assert "Assign 2 leads" in asked.content.decode()
    done = client.post(reverse("admin:assign_all"), {"lead": ids, "owner": "ben", "team": "Berlin"})

    assert "Assigned 2 of 2 leads" in done.content.decode()
    assert set(Lead.objects.values_list("owner__username", flat=True)) == {"ben"}


@pytest.mark.parametrize(("page", "who", "most"), [(LEADS, "olga", 15), (REJECTIONS, "mia", 17), (LEADS, "max", 23)])
def test_a_list_takes_the_same_queries_for_three_rows_as_for_thirty(
    page, who, most, promises, world: World, as_, django_assert_max_num_queries
) -> None:
    client = as_(getattr(world, who))
    state = State.REJECTED if page == REJECTIONS else State.MQL

    def queries() -> int:
        with django_assert_max_num_queries(most) as captured:
            assert client.get(reverse(page)).status_code == 200
        return len(captured)

    for number in range(3):
        bring_to(state, make_lead(f"Few {number}"), world)
    few = queries()
    for number in range(27):
        bring_to(state, make_lead(f"Many {number}"), world)
    assert queries() == few


@pytest.mark.parametrize(
    "query", [{"foo": "bar"}, {"created_at__gte": "abc"}, {"reason__id__exact": "abc"}, {"at__gte": "abc"}]
)
@pytest.mark.parametrize("page", ["leads_lead_export", "my_leads_export", "handoff_rejection_export"])
def test_an_export_with_a_bad_filter_leads_back_to_the_list(page: str, query, world: World, as_) -> None:
    address = reverse(f"admin:{page}")

    response = as_(world.ada).get(address, query)

    assert response.status_code in (302, 200)
    assert response.status_code == 200 or response.headers["Location"] == "../?e=1"
    assert as_(world.ada).get(address, {"foo": "bar"}).status_code == 302


@pytest.mark.parametrize("query", [{"name__regex": "("}, {"name__iregex": "("}, {"q": "\0"}, {"foo\0": "1"}])
def test_what_the_database_fails_on_is_a_bad_request(query, world: World, as_) -> None:
    assert as_(world.olga).get(reverse(LEADS), query).status_code == 400
    assert as_(world.olga).get(reverse("admin:leads_lead_export"), query).status_code == 400


@pytest.mark.parametrize("page", [MY_LEADS, LEADS])
@pytest.mark.parametrize("action", ["accept_selected", "assign_selected"])
def test_chosen_rows_that_are_no_numbers_are_nobody(page: str, action: str, world: World, as_) -> None:
    lead = bring_to(State.MQL, make_lead(), world)
    client, sent = as_(world.max), {"action": action, "_selected_action": ["abc", "²", "9" * 30, lead.pk]}

    assert "1 lead" in client.post(reverse(page), sent).content.decode()
    assert client.post(reverse(page), sent | {"_selected_action": ["abc"]}).status_code in (200, 302)
    assert client.post(reverse(page), sent | {"_selected_action": ["1\0"]}).status_code == 400


def test_bulk_assign_drops_what_is_no_number(world: World, as_) -> None:
    response = as_(world.max).post(reverse("admin:assign_all"), {"lead": ["²", "9" * 30], "owner": "ben"})

    assert "No lead was chosen." in response.content.decode()


def test_bulk_assign_asks_again_when_the_owner_is_wrong(world: World, as_) -> None:
    leads = [make_lead(name, team=world.berlin) for name in ("One", "Two")]

    response = as_(world.max).post(
        reverse("admin:assign_all"), {"lead": [lead.pk for lead in leads], "owner": "nobody", "note": "Covers May"}
    )

    page = response.content.decode()
    assert page.count("“nobody” is not an active salesperson") == 1
    assert "Covers May" in page
    assert all(f'name="lead" value="{lead.pk}"' in page for lead in leads)
    assert not Lead.objects.exclude(owner=None).exists()


def test_a_rejection_names_the_duplicate_only_to_who_may_see_it(world: World, as_) -> None:
    other = make_lead("Secret Sam", team=world.new_york)
    lead = bring_to(State.MQL, make_lead(), world)
    workflow.reject(lead.pk, by=None, door=workflow.Door(via=Via.IMPORT), reason="duplicate", duplicate_of=other)
    page = reverse("admin:handoff_rejection_change", args=[Rejection.objects.get().pk])
    link = reverse("admin:leads_lead_change", args=[other.pk])

    hidden, shown = (as_(user).get(page).content.decode() for user in (world.ada, world.mia))

    assert f"lead {other.pk}" in hidden
    assert "Secret Sam" not in hidden
    assert link not in hidden
    assert "Secret Sam" in shown
    assert link in shown


def test_nobody_finds_a_rejection_by_an_email_that_he_may_not_see(world: World, as_) -> None:
    bring_to(State.REJECTED, make_lead(), world)

    assert rows(as_(world.zoe).get(reverse(REJECTIONS), {"q": "buyer.example"})) == []
    assert len(rows(as_(world.zoe).get(reverse(REJECTIONS), {"q": "fox"}))) == 1
