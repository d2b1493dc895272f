"""Rejections for marketing: the answer that the reason asks for, with what sales has said carried into it."""

import re
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.urls import reverse
from django.utils import timezone

from handoff import workflow
from handoff.amending import duplicates
from handoff.models import Rejection
from handoff.workflow import other_leads
from leads.models import Absence, Lead, Reason, State, Verb
from tests.world import World, bring_to, last, make_lead, person

pytestmark = pytest.mark.django_db
LIST = "admin:handoff_rejection_changelist"
DEAD, RIGHT = "+493012345678", "+493087654321"
IN_DIALOG = {"X-Handoff-Dialog": "1"}


def act_url(verb: str, lead: Lead) -> str:
    return reverse("admin:act", args=[verb, lead.pk])


def rejected(world: World, reason: str, name: str = "Dana Fox", **facts: Any) -> Lead:
    lead = bring_to(State.MQL, make_lead(name, phone=DEAD, company="Fox Ltd"), world)
    workflow.reject(lead.pk, by=world.ada, reason=reason, **facts)
    lead.refresh_from_db()
    return lead


def row(client: Any, **query: Any) -> Any:
    return client.get(reverse(LIST), query).context["cl"].result_list[0]


def text(response: Any) -> str:
    return str(response.content.decode())


@pytest.mark.parametrize(
    ("reason", "facts", "label"),
    [
        ("not_now", {"retry_on": "2031-03-01"}, "Recycle until 1 Mar"),
        ("bad_contact_data", {"wrong_field": "phone"}, "Fix and resubmit"),
        ("do_not_contact", {}, "Retire"),
        ("spam_or_test", {}, "Retire"),
        ("wrong_territory", {}, "Reassign"),
        ("already_owned", {"belongs_to": "zoe"}, "Give to Zoe"),
        ("wrong_territory", {"belongs_to_team": "New York"}, "Give to New York"),
    ],
)
def test_the_loud_button_is_what_the_reason_asks_for(reason: str, facts: Any, label: str, world: World, as_) -> None:
    rejected(world, reason, **facts)
    shown = row(as_(world.mia))
    assert f'aria-label="{label} Dana Fox"' in shown.primary
    assert "act-primary" in shown.primary
    assert label not in [choice.label for choice in shown.menu]


def test_the_loud_button_of_a_duplicate_leads_to_the_merge_with_that_lead(world: World, as_) -> None:
    stays = make_lead("Dana Fux", email="d.fux@buyer.example", team=world.berlin)
    lead = rejected(world, "duplicate", duplicate_of=stays.pk)
    shown = row(as_(world.mia))
    assert f"{act_url(Verb.MERGE, lead)}?" in shown.primary
    assert f"into={stays.pk}" in shown.primary


def test_nothing_is_loud_once_marketing_has_answered(world: World, as_) -> None:
    lead = rejected(world, "no_need")
    workflow.answer(lead.pk, by=world.mia, kind="acknowledge")
    shown = row(as_(world.mia), answer_state="all")
    assert shown.primary == ""
    assert Verb.RECYCLE in [choice.key for choice in shown.menu]


def test_whoever_cannot_answer_has_no_button(world: World, as_) -> None:
    rejected(world, "no_need")
    shown = row(as_(world.ada))
    assert (shown.primary, shown.menu) == ("", [])


@pytest.mark.parametrize(
    ("reason", "facts", "words"),
    [
        ("bad_contact_data", {"wrong_field": "phone", "note": "Dead."}, [f"Wrong phone: {DEAD}", "Dead."]),
        ("not_now", {"retry_on": "2031-03-01"}, ["Try again on 1 Mar 2031"]),
        ("already_owned", {"belongs_to": "zoe", "account": "Fox AG"}, ["Belongs to: zoe", "Account: Fox AG"]),
        ("other", {"note": "They are students at Fox."}, ["They are students at Fox."]),
    ],
)
def test_the_row_says_what_sales_has_said(reason: str, facts: Any, words: list[str], world: World, as_) -> None:
    rejected(world, reason, **facts)
    page = text(as_(world.mia).get(reverse(LIST)))
    assert all(each in page for each in words)


def test_the_duplicate_is_a_link_for_who_may_see_it_and_a_number_for_others(world: World, as_) -> None:
    other = make_lead("Secret Sam", team=world.berlin)
    rejected(world, "duplicate", duplicate_of=other.pk)
    link = reverse("admin:leads_lead_change", args=[other.pk])
    assert link in text(as_(world.mia).get(reverse(LIST)))
    seen_by_zoe = text(as_(world.zoe).get(reverse(LIST)))
    assert link not in seen_by_zoe
    assert "Secret Sam" not in seen_by_zoe
    assert f"Duplicate of lead {other.pk}" in seen_by_zoe


def test_recycle_is_asked_with_the_date_that_sales_gave(world: World, as_) -> None:
    lead = rejected(world, "not_now", retry_on="2031-03-01")
    form = as_(world.mia).get(act_url(Verb.RECYCLE, lead), headers=IN_DIALOG).context["form"]
    assert str(form["reenter_on"].value()) == "2031-03-01"


def test_a_date_that_has_passed_is_not_filled_in(world: World, as_) -> None:
    lead = rejected(world, "not_now", retry_on="2031-03-01")
    Rejection.objects.update(evidence={"retry_on": "2020-01-01"})
    form = as_(world.mia).get(act_url(Verb.RECYCLE, lead), headers=IN_DIALOG).context["form"]
    assert form["reenter_on"].value() is None


def test_the_wrong_detail_is_corrected_in_the_dialog_of_the_resubmission(world: World, as_) -> None:
    lead = rejected(world, "bad_contact_data", wrong_field="phone", note="The number is dead.")
    client = as_(world.mia)
    asked = client.get(act_url(Verb.RESUBMIT, lead), headers=IN_DIALOG)
    page = text(asked)
    assert f'value="{DEAD}"' in page
    assert "The number is dead." in page
    assert re.search(r'<label for="fact_corrected">Phone', page)
    client.post(act_url(Verb.RESUBMIT, lead), {"corrects": "phone", "corrected": RIGHT, "fixed": "Asked."})

    lead.refresh_from_db()
    assert (lead.state, lead.phone) == (State.MQL, RIGHT)
    assert (last(lead).facts["was"], last(lead).facts["corrected"]) == (DEAD, RIGHT)
    seen_by_ada = text(as_(world.ada).get(reverse("admin:leads_lead_change", args=[lead.pk])))
    assert DEAD in seen_by_ada


def test_a_correction_that_is_refused_is_said_at_its_field(world: World, as_) -> None:
    lead = rejected(world, "bad_contact_data", wrong_field="email")
    make_lead("Lena Kurz", email="lena@buyer.example")
    facts = {"corrects": "email", "corrected": "lena@buyer.example", "fixed": "Looked it up."}
    page = text(as_(world.mia).post(act_url(Verb.RESUBMIT, lead), facts))
    assert 'id="fact_corrected_error"' in page
    assert "Another lead has the email" in page


def test_a_reason_that_reroutes_asks_whose_it_is_and_for_no_detail(world: World, as_) -> None:
    lead = rejected(world, "existing_customer", account="Fox AG")
    asked = as_(world.mia).get(act_url(Verb.RESUBMIT, lead), headers=IN_DIALOG)
    assert list(asked.context["form"].fields) == ["owner", "team", "fixed"]
    assert "Account: Fox AG" in text(asked)
    as_(world.mia).post(act_url(Verb.RESUBMIT, lead), {"owner": "zoe", "team": "", "fixed": "Zoe has the deal."})
    lead.refresh_from_db()
    assert lead.owner == world.zoe


def test_a_lead_goes_to_whom_sales_has_named_in_one_click(world: World, as_) -> None:
    lead = rejected(world, "already_owned", belongs_to="zoe")
    url = reverse("admin:reroute", args=[Rejection.objects.get().pk])
    answer = as_(world.mia).post(f"{url}?next={reverse(LIST)}", follow=True)
    lead.refresh_from_db()
    assert (lead.state, lead.owner, lead.team) == (State.MQL, world.zoe, world.new_york)
    assert "Dana Fox went to Zoe." in text(answer)
    assert lead.transitions.filter(verb=Verb.RESUBMIT).count() == 1


def test_a_second_click_and_a_get_give_nothing_away(world: World, as_) -> None:
    lead = rejected(world, "wrong_territory", belongs_to_team="New York")
    url = reverse("admin:reroute", args=[Rejection.objects.get().pk])
    as_(world.mia).get(url)
    assert lead.transitions.filter(verb=Verb.RESUBMIT).count() == 0
    for _click in range(2):
        as_(world.mia).post(url)
    assert as_(world.ada).post(url).status_code == 302
    assert lead.transitions.filter(verb=Verb.RESUBMIT).count() == 1
    lead.refresh_from_db()
    assert (lead.owner, lead.team) == (None, world.new_york)


def test_a_click_gives_nothing_away_where_nobody_was_named(world: World, as_) -> None:
    lead = rejected(world, "wrong_territory")
    as_(world.mia).post(reverse("admin:reroute", args=[Rejection.objects.get().pk]))
    assert lead.transitions.filter(verb=Verb.RESUBMIT).count() == 0


def test_a_colleague_who_has_left_is_not_offered_in_one_click(world: World, as_) -> None:
    rejected(world, "already_owned", belongs_to="zoe")
    world.zoe.is_active = False
    world.zoe.save()
    assert "Reassign Dana Fox" in row(as_(world.mia)).primary


@pytest.mark.parametrize(("answer", "kind"), [("acknowledge", "acknowledge"), ("retire", "retire")])
def test_many_are_answered_at_once_with_a_result_for_each(answer: str, kind: str, world: World, as_) -> None:
    leads = [rejected(world, "no_need", f"Lead {number}") for number in range(2)]
    workflow.answer(leads[1].pk, by=world.nora, kind="acknowledge")
    client, ids = as_(world.mia), [lead.pk for lead in leads]
    asked = client.post(reverse("admin:answer_all"), {"answer": answer, "lead": ids})
    assert "2 rejections" in text(asked)
    assert Rejection.objects.filter(answer="").count() == 1
    done = text(client.post(reverse("admin:answer_all"), {"answer": answer, "lead": ids, "sent": "1", "note": "Seen."}))
    assert "1 of 2 rejections" in done
    assert "Nora has already answered this rejection." in done
    assert Rejection.objects.get(lead=leads[0]).answer == kind


def test_many_are_recycled_each_until_its_own_date_or_the_one_that_is_given(world: World, as_) -> None:
    dated = rejected(world, "not_now", "Dated", retry_on="2031-03-01")
    other = rejected(world, "no_need", "Other")
    client, wanted = as_(world.mia), {"answer": "recycle", "lead": [dated.pk, other.pk], "sent": "1"}
    refused = text(client.post(reverse("admin:answer_all"), wanted))
    assert "Give the date from which the lead may be promoted again." in refused
    client.post(reverse("admin:answer_all"), wanted | {"reenter_on": "2032-01-01"})
    dated.refresh_from_db()
    other.refresh_from_db()
    assert [str(lead.reenter_on) for lead in (dated, other)] == ["2031-03-01", "2032-01-01"]


def test_sales_answers_nothing_in_bulk(world: World, as_) -> None:
    lead = rejected(world, "no_need")
    as_(world.ada).post(reverse("admin:answer_all"), {"answer": "retire", "lead": [lead.pk], "sent": "1"})
    assert Rejection.objects.get().answer == ""


def test_a_row_is_small(world: World, as_) -> None:
    rejected(world, "bad_contact_data", wrong_field="phone", note="The number is dead.")
    page = text(as_(world.mia).get(reverse(LIST)))
    body = page[page.index("<tbody>") : page.index("</tbody>")]
    assert len(body) < 1536


# The dialog in which sales rejects.


def test_the_usual_reasons_of_the_team_come_first_and_other_last(world: World, as_) -> None:
    for number, reason in enumerate(("no_need", "no_need", "spam_or_test")):
        lead = rejected(world, reason, f"Lead {number}")
        Rejection.objects.filter(lead=lead).update(at=timezone.now() - timedelta(days=10))
    elsewhere = make_lead("Elsewhere", team=world.new_york)
    workflow.promote(elsewhere.pk, by=world.mia, owner=world.zoe)
    workflow.reject(elsewhere.pk, by=world.zoe, reason="do_not_contact")
    lead = bring_to(State.MQL, make_lead("Now"), world)

    form = as_(world.ada).get(act_url(Verb.REJECT, lead), headers=IN_DIALOG).context["form"]
    codes = [code for code, _label in form.fields["reason"].widget.choices]
    assert codes[:3] == ["no_need", "spam_or_test", "not_our_customer"]
    assert codes[-1] == "other"
    assert set(codes) == set(Reason.objects.filter(retired_at=None).values_list("code", flat=True))


def test_reasons_that_reroute_ask_whose_it_is(world: World, as_) -> None:
    lead = bring_to(State.MQL, make_lead(), world)
    asked = as_(world.ada).get(act_url(Verb.REJECT, lead), headers=IN_DIALOG)
    evidence = asked.context["evidence"]
    assert '"already_owned": {"fields": ["belongs_to", "belongs_to_team", "account"], "demanded": false' in evidence
    assert "Whose is it?" in text(asked)


def test_another_person_at_another_company_is_warned_of_before(world: World, as_) -> None:
    other = make_lead("Anton Larkspur", company="Larkspur AG", email="anton@larkspur.example", team=world.berlin)
    lead = bring_to(State.MQL, make_lead("Nova Copperfield", company="Copperfield Ltd"), world)
    client, facts = as_(world.ada), {"reason": "duplicate", "duplicate_of": other.pk}
    asked = client.post(act_url(Verb.REJECT, lead), facts)
    assert "Another person: Anton Larkspur, not Nova Copperfield." in text(asked)
    assert "Another company: Larkspur AG, not Copperfield Ltd." in text(asked)
    lead.refresh_from_db()
    assert lead.state == State.MQL

    client.post(act_url(Verb.REJECT, lead), facts | asked.context["carried"])
    lead.refresh_from_db()
    assert lead.state == State.REJECTED


def test_a_rejected_lead_is_warned_of_before(world: World, as_) -> None:
    other = rejected(world, "spam_or_test", "Dana Fox")
    lead = bring_to(State.MQL, make_lead("Dana Fox", email="fox@buyer.example", company="Fox Ltd"), world)
    asked = as_(world.ada).post(act_url(Verb.REJECT, lead), {"reason": "duplicate", "duplicate_of": other.pk})
    assert "Rejected (Spam or test): nobody works on it." in text(asked)


def test_what_was_read_of_one_lead_is_not_read_of_another(world: World, as_) -> None:
    first, second = (make_lead(name, team=world.berlin) for name in ("Anton Larkspur", "Boris Elm"))
    lead = bring_to(State.MQL, make_lead("Nova Copperfield"), world)
    facts = {"reason": "duplicate", "duplicate_of": second.pk, "sure": first.pk}
    assert "Another person: Boris Elm" in text(as_(world.ada).post(act_url(Verb.REJECT, lead), facts))


def test_both_leads_tell_of_the_duplicate(world: World, as_) -> None:
    other = make_lead("Dana Fux", email="d.fux@buyer.example", team=world.berlin)
    lead = rejected(world, "duplicate", duplicate_of=other.pk)
    pages = {each.pk: reverse("admin:leads_lead_change", args=[each.pk]) for each in (lead, other)}
    assert f'href="{pages[other.pk]}"' in text(as_(world.mia).get(pages[lead.pk]))
    page = text(as_(world.mia).get(pages[other.pk]))
    assert "Rejected another lead as a duplicate of this one" in page
    assert f'href="{pages[lead.pk]}"' in page


# The picker.


def test_the_picker_finds_by_name_company_mail_phone_and_number(world: World, as_) -> None:
    lead = bring_to(State.MQL, make_lead(), world)
    other = make_lead("Lena Kurz", company="Kurz AG", phone="+49301112223", team=world.berlin)
    url = reverse("admin:find_leads", args=[lead.pk])
    for asked in ("lena", "KURZ AG", "lena.kurz@buyer.example", "1112223", str(other.pk)):
        assert f'data-value="{other.pk}"' in text(as_(world.ada).get(url, {"q": asked})), asked


def test_the_picker_begins_with_whom_the_lead_may_be(world: World, as_) -> None:
    one = make_lead(
        "Jon Smith", email="jon.smith@acme.example", company="Acme", phone="+49301234567", team=world.berlin
    )
    two = make_lead("Jon Smith", email="jon@acme.example", company="Acme", phone="+49301234567", team=world.berlin)
    duplicates.find_marked()
    page = text(as_(world.ada).get(reverse("admin:find_leads", args=[one.pk])))
    assert f'data-value="{two.pk}"' in page


def test_a_search_that_takes_too_long_says_what_to_type(world: World, as_, monkeypatch) -> None:
    lead = bring_to(State.MQL, make_lead(), world)
    slow = Lead.objects.extra(where=["pg_sleep(1) IS NOT NULL"])
    monkeypatch.setattr(other_leads, "PATIENCE", "20ms")
    monkeypatch.setattr(other_leads, "others", lambda _user, _lead: slow)
    for url in (reverse("admin:find_leads", args=[lead.pk]), act_url(Verb.MERGE, lead)):
        assert "That takes too long" in text(as_(world.mia).get(url, {"q": "dana"}))


def test_the_picker_names_no_lead_that_its_viewer_may_not_see(world: World, as_) -> None:
    lead = bring_to(State.MQL, make_lead(), world)
    other = make_lead("Secret Sam", team=world.new_york)
    url = reverse("admin:find_leads", args=[lead.pk])
    assert "Secret" not in text(as_(world.ada).get(url, {"q": str(other.pk)})).replace("“Secret", "")
    assert as_(world.ada).get(reverse("admin:find_leads", args=[other.pk])).status_code in (302, 404)


# To whom a lead may be given.


def test_the_choice_of_an_owner_says_who_is_away_and_how_many_leads_each_has(world: World, as_) -> None:
    mine = bring_to(State.MQL, make_lead(), world)
    now = timezone.now()
    Absence.objects.create(user=world.ben, starts_at=now, ends_at=now + timedelta(days=3))
    form = as_(world.max).get(act_url(Verb.ASSIGN, mine), headers=IN_DIALOG).context["form"]
    choices = form.fields["owner"].widget.choices
    names = [name for name, _group in choices]
    assert names == ["", "At work", "Away", "-"]
    at_work, away = dict(choices)["At work"], dict(choices)["Away"]
    assert ("ada", "Ada · 1 open lead") in at_work
    assert away[0][0] == "ben"
    assert "away until" in away[0][1]


def test_nobody_is_never_chosen_for_whoever_asks(world: World, as_) -> None:
    lead = make_lead()
    workflow.promote(lead.pk, by=world.mia, team=world.berlin)
    client = as_(world.max)
    left_open = client.post(act_url(Verb.ASSIGN, lead), {"owner": "", "team": "Berlin"})
    assert "Choose an owner, or “No one”." in text(left_open)
    assert lead.transitions.filter(verb=Verb.ASSIGN).count() == 0
    in_bulk = client.post(reverse("admin:assign_all"), {"lead": [lead.pk], "owner": "", "team": "Berlin"})
    assert "Choose an owner, or “No one”." in text(in_bulk)
    client.post(act_url(Verb.ASSIGN, lead), {"owner": "-", "team": "New York"})
    lead.refresh_from_db()
    assert (lead.owner, lead.team) == (None, world.new_york)


def test_a_rep_takes_a_lead_at_once(world: World, as_) -> None:
    lead = make_lead()
    workflow.promote(lead.pk, by=world.mia, team=world.berlin)
    as_(world.ada).post(act_url(Verb.ASSIGN, lead), {"owner": "me"})
    lead.refresh_from_db()
    assert lead.owner == world.ada


def test_the_choice_of_an_owner_takes_as_many_queries_for_few_as_for_many(
    world: World, as_, django_assert_max_num_queries
) -> None:
    lead = bring_to(State.MQL, make_lead(), world)
    client = as_(world.max)

    def queries() -> int:
        with django_assert_max_num_queries(40) as captured:
            client.get(act_url(Verb.ASSIGN, lead), headers=IN_DIALOG)
        return len(captured)

    few = queries()
    for number in range(20):
        person(f"rep{number}", "Sales rep", team=world.berlin)
    assert queries() == few


def test_an_answer_that_is_not_offered_is_given_to_nobody(world: World, as_) -> None:
    rejected(world, "no_need")
    lead = Rejection.objects.get().lead_id
    as_(world.mia).post(reverse("admin:answer_all"), {"answer": "explode", "lead": [lead], "sent": "1"})
    assert Rejection.objects.get().answer == ""


def test_a_day_that_is_asked_for_is_that_of_who_reads_the_list(world: World, as_) -> None:
    rejected(world, "spam_or_test")
    Rejection.objects.update(at=datetime(2026, 9, 14, 23, 30, tzinfo=ZoneInfo("Europe/Berlin")))
    days = ("2026-09-13", "2026-09-14", "2026-09-15")
    client = as_(world.ada)  # in Berlin
    pages = [client.get(reverse(LIST), {"answer_state": "all", "at_from": day, "at_to": day}) for day in days]
    assert [len(page.context["cl"].result_list) for page in pages] == [0, 1, 0]
