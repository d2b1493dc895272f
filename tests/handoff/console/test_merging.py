"""Merging in the console: pick a lead, look at both, choose the facts, merge; and undo it."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from handoff import workflow
from handoff.amending import duplicates
from leads.models import Lead, PairState, PossibleDuplicate, State, Verb
from tests.world import World, bring_to, make_lead

pytestmark = pytest.mark.django_db
FIRM = "@acme-logistics.example.com"


def merge_url(lead: Lead) -> str:
    return reverse("admin:act", args=[Verb.MERGE, lead.pk])


def page_of(lead: Lead) -> str:
    return reverse("admin:leads_lead_change", args=[lead.pk])


def text_of(response: Any) -> str:
    assert response.status_code == 200
    return str(response.content.decode())


@pytest.fixture
def two(world: World) -> tuple[Lead, Lead]:
    gone = make_lead("Jon Smith", email=f"jon.smith{FIRM}", company="Acme", phone="+49 30 1234567", title="Buyer")
    stays = make_lead("John Smith", email=f"john{FIRM}", company="Acme", title="Head of Purchasing")
    return gone, stays


@pytest.mark.parametrize("asked", ["john", "ACME", f"john{FIRM}", "john acme", "NUMBER"])
def test_a_lead_is_picked_by_name_company_mail_or_number(
    asked: str, two: tuple[Lead, Lead], world: World, as_: Any
) -> None:
    gone, stays = two
    wanted = str(stays.pk) if asked == "NUMBER" else asked
    page = text_of(as_(world.mia).get(merge_url(gone), {"q": wanted}))
    assert f"{merge_url(gone)}?into={stays.pk}" in page
    assert stays.email in page
    assert f"?into={gone.pk}" not in page


@pytest.mark.parametrize("asked", ["1234567", "171 555"])
def test_a_lead_is_picked_by_its_phones(asked: str, two: tuple[Lead, Lead], world: World, as_: Any) -> None:
    gone, stays = two
    Lead.objects.filter(pk=gone.pk).update(mobile_phone="+49 171 555")
    page = text_of(as_(world.mia).get(merge_url(stays), {"q": asked}))
    assert f"?into={gone.pk}" in page


@pytest.mark.parametrize("asked", ["Jon Smith", "jon.smith@", "1234567", "john@", "171 555"])
def test_the_queue_is_searched_by_either_of_the_two(asked: str, two: tuple[Lead, Lead], world: World, as_: Any) -> None:
    Lead.objects.filter(pk=two[1].pk).update(mobile_phone="+49 171 555")
    duplicates.find_marked()
    queue = reverse("admin:leads_possibleduplicate_changelist")
    assert "Head of Purchasing" in text_of(as_(world.olga).get(queue, {"q": asked}))
    assert "Head of Purchasing" not in text_of(as_(world.olga).get(queue, {"q": "nobody"}))


def test_the_picker_begins_with_the_possible_duplicates(two: tuple[Lead, Lead], world: World, as_: Any) -> None:
    gone, stays = two
    duplicates.find_marked()
    page = text_of(as_(world.mia).get(merge_url(gone)))
    assert f"?into={stays.pk}" in page
    assert "names alike" in page
    assert "No other lead fits “zzz”." in text_of(as_(world.mia).get(merge_url(gone), {"q": "zzz"}))


def test_both_stand_side_by_side_with_what_goes_along(two: tuple[Lead, Lead], world: World, as_: Any) -> None:
    gone, stays = two
    workflow.comment(gone.pk, by=world.mia, text="Hello")
    page = text_of(as_(world.mia).get(merge_url(gone), {"into": stays.pk}))
    for words in ("Head of Purchasing", "Buyer", "+49 30 1234567", "goes along", "choice_title"):
        assert words in page
    assert "choice_company" not in page  # both say the same
    assert "choice_phone" not in page  # only one has it
    assert "Both emails are kept" in page


def test_the_chosen_facts_are_kept_and_the_merge_can_be_undone(two: tuple[Lead, Lead], world: World, as_: Any) -> None:
    gone, stays = two
    client: Client = as_(world.mia)
    sent = {
        "into": stays.pk,
        "choice_title": "gone",
        "choice_name": "stays",
        "choice_email": "gone",
        "note": "Same desk",
    }
    response = client.post(merge_url(gone), sent, follow=True)
    assert response.redirect_chain == [(page_of(stays), 302)]
    assert "Merged Jon Smith into John Smith." in text_of(response)
    stays.refresh_from_db()
    assert (stays.name, stays.title, stays.phone) == ("John Smith", "Buyer", "+49 30 1234567")
    assert stays.email == f"jon.smith{FIRM}"
    undo = reverse("admin:act", args=[Verb.UNMERGE, gone.pk])
    question = text_of(client.get(undo))
    assert f"Back to lead {gone.pk}" in question
    assert "Nothing has happened there since." in question
    refused = text_of(client.post(undo, {"reason": ""}))
    assert "Give the reason" in refused
    client.post(undo, {"reason": "Father and son."})
    assert [lead.email for lead in Lead.objects.order_by("pk")] == [f"jon.smith{FIRM}", f"john{FIRM}"]
    assert "Father and son." in text_of(client.get(page_of(stays)))


def test_a_refused_merge_keeps_what_was_chosen_and_names_the_other_direction(
    two: tuple[Lead, Lead], world: World, as_: Any
) -> None:
    gone, stays = two
    bring_to(State.SAL, gone, world)
    page = text_of(as_(world.mia).post(merge_url(gone), {"into": stays.pk, "choice_title": "gone", "note": "My words"}))
    assert f"Merge {stays.pk} into {gone.pk} instead" in page
    assert f"{merge_url(stays)}?into={gone.pk}" in page
    assert "My words" in page
    assert 'name="choice_title" value="gone" checked' in page
    assert not Lead.objects.exclude(merged_into=None).exists()


def test_what_cannot_be_merged_says_why(two: tuple[Lead, Lead], world: World, as_: Any) -> None:
    gone, stays = two
    bring_to(State.OPPORTUNITY, gone, world)
    page = text_of(as_(world.mia).get(merge_url(gone), {"into": stays.pk}))
    assert "Cannot merge Jon Smith" in page
    mine = bring_to(State.SAL, make_lead("Ada's own"), world)
    assert "You may not merge" in text_of(as_(world.ada).get(merge_url(mine)))
    assert "This is not the number of another lead" in text_of(as_(world.mia).get(merge_url(stays), {"into": stays.pk}))


def test_the_queue_leads_to_both_and_counts_in_the_navigation(two: tuple[Lead, Lead], world: World, as_: Any) -> None:
    gone, stays = two
    duplicates.find_marked()
    page = text_of(as_(world.olga).get(reverse("admin:leads_possibleduplicate_changelist")))
    for words in (page_of(gone), page_of(stays), "same company domain", "Not the same", "Compare"):
        assert words in page
    assert "No possible duplicates" not in page
    assert "Possible duplicate of" in text_of(as_(world.mia).get(page_of(gone)))


def test_two_are_said_to_be_two_people(two: tuple[Lead, Lead], world: World, as_: Any) -> None:
    duplicates.find_marked()
    pair = PossibleDuplicate.objects.get()
    url = reverse("admin:leads_possibleduplicate_not_the_same", args=[pair.pk])
    client = as_(world.mia)
    assert "never suggested again" in text_of(client.get(url))
    client.post(url)
    pair.refresh_from_db()
    assert (pair.state, pair.decided_by) == (PairState.NOT_THE_SAME, world.mia)
    assert "is not open any more" in text_of(client.post(url, follow=True))
    queue = reverse("admin:leads_possibleduplicate_changelist")
    assert "No possible duplicates" in text_of(client.get(queue))
    assert "by Mia" in text_of(client.get(queue, {"state__exact": "not_the_same"}))


def test_a_rep_sees_no_pair_with_a_lead_of_another_team(two: tuple[Lead, Lead], world: World, as_: Any) -> None:
    gone, stays = two
    duplicates.find_marked()
    Lead.objects.filter(pk=gone.pk).update(owner=world.ada)
    queue = reverse("admin:leads_possibleduplicate_changelist")
    assert "John Smith" not in text_of(as_(world.ada).get(queue))
    pair = PossibleDuplicate.objects.get()
    url = reverse("admin:leads_possibleduplicate_not_the_same", args=[pair.pk])
    assert as_(world.ada).post(url).status_code == 404
    Lead.objects.filter(pk=stays.pk).update(team=world.berlin)
    page = text_of(as_(world.ada).get(queue))
    assert "John Smith" in page
    assert "Compare" not in page


def test_who_may_be_the_same_is_named_before_a_lead_is_added(two: tuple[Lead, Lead], world: World, as_: Any) -> None:
    gone, _ = two
    duplicates.find_marked()
    client, url = as_(world.mia), reverse("admin:leads_lead_add")
    typed = {"name": "Jon Smith", "email": "jon.smith@gmail.com", "company": "ACME GmbH", "phone": "030 1234567"}
    page = text_of(client.post(url, typed))
    assert "This may be" in page
    assert page_of(gone) in page
    assert "same phone" in page
    assert not Lead.objects.filter(email="jon.smith@gmail.com").exists()
    client.post(url, typed | {"is_another_person": "on"})
    assert Lead.objects.filter(email="jon.smith@gmail.com").exists()


def test_a_merged_lead_is_read_and_what_is_said_of_it_reaches_the_other(
    two: tuple[Lead, Lead], world: World, as_: Any
) -> None:
    gone, stays = two
    workflow.merge(gone.pk, by=world.mia, into=stays.pk)
    client: Client = as_(world.mia)
    assert 'name="title"' not in text_of(client.get(page_of(gone)))
    assert client.post(page_of(gone), {"title": "CEO", "email": gone.email}).status_code == 403
    said = {"purpose": "email", "granted": "no", "at": "", "source": "", "wording": ""}
    assert client.post(reverse("admin:consent", args=[gone.pk]), said).status_code == 302
    for lead in two:
        lead.refresh_from_db()
    assert (gone.title, gone.consent, stays.consent["email"]["granted"]) == ("Buyer", {}, False)
