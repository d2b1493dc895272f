"""/leads/{id}/transitions/: do a verb, read the history. What a refusal says, and that it wrote nothing."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from handoff import workflow
from handoff.models import Delivery, Handoff, Rejection
from leads.models import Lead, Opportunity, State, Touch, Transition
from sla.models import Clock
from tests.handoff.api.conftest import AsPerson
from tests.world import CONVERSION, World, bring_to, last, make_lead, make_policy

EVERYTHING = (Lead, Transition, Handoff, Rejection, Touch, Opportunity, Clock, Delivery)


def do(client: APIClient, lead: Lead, verb: Any, **facts: Any) -> Any:
    return client.post(f"/api/v1/leads/{lead.pk}/transitions/", {"verb": verb, **facts})


def stored() -> list[Any]:
    return [list(model.objects.order_by("pk").values()) for model in EVERYTHING]


def test_a_verb_is_done_and_answers_with_the_act_and_the_lead(world: World, client_of: AsPerson):
    make_policy("time_to_touch")
    lead = bring_to("mql", make_lead(), world)
    ada = client_of(world.ada)
    answer = do(ada, lead, "accept", note="Mine")
    act = last(lead)
    path = f"/api/v1/leads/{lead.pk}/transitions/{act.pk}/"
    assert (answer.status_code, answer["Location"]) == (201, f"http://testserver{path}")
    done = answer.json()
    assert done["transition"] == ada.get(path).json()
    shown = {**ada.get(f"/api/v1/leads/{lead.pk}/").json(), "clocks": done["lead"]["clocks"]}
    for in_full in ("provenance", "fit_grade", "scoring"):
        del shown[in_full]
    assert done["lead"] == shown
    assert (done["lead"]["state"], done["lead"]["clocks"][0]["metric"]) == ("sal", "time_to_touch")
    assert done["lead"]["can"] == ["qualify", "reject", "touch", "pause", "comment", "snooze"]
    wanted = {"verb": "accept", "from_state": "mql", "to_state": "sal", "by": "ada", "owner": "ada", "via": "api"}
    assert {name: done["transition"][name] for name in wanted} == wanted
    assert done["transition"]["facts"]["note"] == "Mine"


def test_a_verb_costs_few_statements(world: World, client_of: AsPerson, django_assert_num_queries: Any):
    make_policy("time_to_accept")
    ada, waiting = client_of(world.ada), [bring_to("mql", make_lead(f"Lead {n}"), world) for n in range(2)]
    do(ada, waiting[0], "accept")
    with django_assert_num_queries(
        14
    ):  # the token with the rights, whether the lead is seen, the verb's 9, the answer's 3
        do(ada, waiting[1], "accept")


def test_the_history_keeps_the_id_of_the_request(world: World, client_of: AsPerson):
    lead = make_lead()
    for request_id in ("from-the-caller", "x" * 300):
        path = f"/api/v1/leads/{lead.pk}/transitions/"
        body = {"verb": "comment", "text": "Hello"}
        answer = client_of(world.mia).post(path, body, headers={"X-Request-ID": request_id})
        assert answer.status_code == 201
        assert last(lead).request_id == request_id[:64]


def test_the_whole_way_of_a_lead(world: World, client_of: AsPerson):
    mia, ada, olga = (client_of(person) for person in (world.mia, world.ada, world.olga))
    lead = make_lead()
    steps: list[tuple[APIClient, str, dict[str, Any]]] = [
        (mia, "promote", {"owner": "ada", "team": "Berlin"}),
        (ada, "accept", {}),
        (ada, "reject", {"reason": "bad_contact_data", "wrong_field": "email", "note": "It bounced twice"}),
        (mia, "dispute", {"argument": "It did not"}),
        (olga, "overturn", {"decision": "It did not bounce"}),
        (ada, "accept", {}),
        (ada, "touch", {"channel": "call", "outcome": "reached", "at": None, "automatic": False}),
        (ada, "qualify", {}),
        (ada, "convert", {**CONVERSION, "amount": 1200}),
    ]
    for client, verb, facts in steps:
        answer = do(client, lead, verb, **facts)
        assert answer.status_code == 201, answer.json()
        assert verb not in ("accept", "qualify") or answer.json()["lead"]["entered_at"]
    lead.refresh_from_db()
    assert (lead.state, lead.cycle) == (State.OPPORTUNITY, 2)


def test_the_same_conversion_again_is_found_made(world: World, client_of: AsPerson):
    lead = bring_to("sql", make_lead(), world)
    ada = client_of(world.ada)
    first = do(ada, lead, "convert", **CONVERSION)
    before = stored()
    again = do(ada, lead, "convert", **CONVERSION)
    assert [first.status_code, again.status_code] == [201, 200]
    assert again.json()["transition"] == first.json()["transition"]
    assert stored() == before
    other = do(ada, lead, "convert", **{**CONVERSION, "amount": "1.00"})
    assert (other.status_code, other.json()["state"]) == (409, "opportunity")
    assert stored() == before


def test_a_lead_shows_all_its_deals(world: World, client_of: AsPerson):
    lead, ada = bring_to("sql", make_lead(), world), client_of(world.ada)
    assert do(ada, lead, "convert", **CONVERSION).json()["lead"]["deals"][0]["name"] == "Fox deal"
    answer = do(ada, lead, "update_deal", name="Second", amount="7.5", currency="EUR", deal_owner="ben", stage="Demo")
    assert answer.status_code == 201
    first, second = answer.json()["lead"]["deals"]
    assert (first["state"], first["amount"], first["opened_at"]) == ("open", "1200.00", first["opened_at"])
    assert second == {
        "id": answer.json()["transition"]["facts"]["deal"],
        "system": "",
        "external_id": "",
        "name": "Second",
        "state": "open",
        "stage": "Demo",
        "amount": "7.50",
        "currency": "EUR",
        "owner": "ben",
        "lost_reason": "",
        "opened_at": second["opened_at"],
        "expected_close": None,
        "closed_at": None,
    }
    assert do(ada, lead, "update_deal", deal=first["id"], state="won").status_code == 201
    shown = ada.get(f"/api/v1/leads/{lead.pk}/").json()
    assert [deal["state"] for deal in shown["deals"]] == ["won", "open"]
    assert do(ada, lead, "update_deal", deal=first["id"], system="crm").json()["errors"][0]["field"] == "system"


def test_who_is_too_late_hears_who_was_faster(world: World, client_of: AsPerson):
    lead = bring_to("sal", make_lead(), world)
    before = stored()
    answer = do(client_of(world.max), lead, "accept")
    assert answer.status_code == 409
    assert answer["Content-Type"] == "application/problem+json"
    problem = answer.json()
    assert problem.pop("detail").startswith("Cannot accept Dana Fox: already accepted by Ada")
    assert problem == {
        "type": "about:blank",
        "title": "Conflict",
        "status": 409,
        "instance": f"/api/v1/leads/{lead.pk}/transitions/",
        "code": "wrong_state",
        "state": "sal",
    }
    assert stored() == before


def test_the_wrong_state_is_refused_before_the_wrong_person(world: World, client_of: AsPerson):
    lead = bring_to("sal", make_lead(), world)
    before = stored()
    assert do(client_of(world.ben), lead, "accept").status_code == 409
    answer = do(client_of(world.ben), lead, "qualify")
    assert (answer.status_code, answer.json()["code"]) == (403, "not_allowed")
    assert stored() == before


def test_a_stranger_and_another_team_do_not_even_hear_of_the_lead(world: World, client_of: AsPerson):
    lead = bring_to("mql", make_lead(), world)
    before = stored()
    for person in (world.zoe, world.eve):
        answer = do(client_of(person), lead, "accept")
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert stored() == before


@pytest.mark.parametrize("state", State.values)
def test_can_is_what_is_not_refused_for_state_or_person(world: World, client_of: AsPerson, state: str):
    lead = bring_to(state, make_lead(team=world.berlin), world)
    for person in (world.ada, world.ben, world.max, world.mia, world.olga):
        client = client_of(person)
        about_others = {verb for verb, card in workflow.CARDS.items() if card.is_about_clock or card.is_about_act}
        can = client.get(f"/api/v1/leads/{lead.pk}/").json()["can"]
        # A fact that no verb has: whoever comes as far as the facts is refused for it alone.
        answers = {verb: do(client, lead, verb, nonsense="yes").status_code for verb in workflow.VERBS}
        assert {verb for verb, status in answers.items() if status == 400} - about_others == set(can)
        assert set(answers.values()) <= {400, 403, 409}


@pytest.mark.parametrize(
    ("verb", "facts", "field"),
    [
        ("reject", {}, "reason"),
        ("reject", {"reason": "mood"}, "reason"),
        ("reject", {"reason": "other", "note": "short"}, "note"),
        ("reject", {"reason": "duplicate", "duplicate_of": 10**30}, "duplicate_of"),
        ("reject", {"reason": "duplicate", "duplicate_of": "1"}, "duplicate_of"),
        ("reject", {"reason": "a\0b"}, "reason"),
        ("reject", {"reason": ["wrong_territory"]}, "reason"),
        ("reject", {"reason": "wrong_territory", "note": 5}, "note"),
        ("accept", {"owner": "ben"}, "owner"),
        ("accept", {"by": "ben"}, "by"),
        ("accept", {"at": "2020-01-01T00:00:00Z"}, "at"),
        ("accept", {"door": {"historical": True}}, "door"),
        ("touch", {"channel": "call"}, "outcome"),
        ("touch", {"channel": "call", "outcome": "sent", "automatic": "no"}, "automatic"),
        ("touch", {"channel": "call", "outcome": "sent", "at": "9999-12-31T00:00:00Z"}, "at"),
        ("touch", {"channel": "call", "outcome": "sent", "at": "0001-01-01T00:00:00+14:00"}, "at"),
        ("touch", {"channel": "call", "outcome": "sent", "at": 5}, "at"),
        ("touch", {"channel": "call", "outcome": "sent", "system": "x" * 100}, "system"),
        ("touch", {"channel": "call", "outcome": "sent", "external_id": "1"}, "external_id"),
        ("assign", {"owner": {"username": "ada"}}, "owner"),
        ("pause", {}, "cause"),
        ("fly", {}, "verb"),
        (None, {}, "verb"),
        (["accept"], {}, "verb"),
        ({"accept": 1}, {}, "verb"),
    ],
)
def test_a_missing_or_wrong_fact_is_refused_by_name(
    world: World, client_of: AsPerson, verb: Any, facts: dict[str, Any], field: str
):
    lead = bring_to("mql", make_lead(), world)
    before = stored()
    answer = do(client_of(world.max), lead, verb, **facts)
    assert answer.status_code == 400, answer.content
    assert field in [error["field"] for error in answer.json()["errors"]]
    assert answer.json()["detail"]
    assert stored() == before


@pytest.mark.parametrize("amount", ["-1", "1e500", "NaN", "Infinity", "1.234", 10**400, "9" * 20, True, ["1"]])
def test_an_amount_that_is_none_is_refused(world: World, client_of: AsPerson, amount: Any):
    lead = bring_to("sql", make_lead(), world)
    answer = do(client_of(world.ada), lead, "convert", **{**CONVERSION, "amount": amount})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "amount")
    assert not Opportunity.objects.exists()


def test_the_history_is_read_in_pages_the_latest_act_first(world: World, client_of: AsPerson):
    lead = bring_to("sql", make_lead(), world)
    ada = client_of(world.ada)
    path = f"/api/v1/leads/{lead.pk}/transitions/"
    page = ada.get(f"{path}?page_size=3").json()
    verbs = [act["verb"] for act in page["results"]]
    do(ada, lead, "comment", text="While somebody reads")
    verbs += [act["verb"] for act in ada.get(page["next"]).json()["results"]]
    assert verbs == ["qualify", "touch", "accept", "promote"]
    oldest = ada.get(f"{path}?ordering=id&page_size=1").json()["results"]
    assert [act["verb"] for act in oldest] == ["promote"]


def test_the_history_takes_as_many_queries_for_many_acts(
    world: World, client_of: AsPerson, django_assert_num_queries: Any
):
    lead = bring_to("opportunity", make_lead(), world)
    client = client_of(world.mia)
    with django_assert_num_queries(4):  # the token with the rights, the lead, what was merged into it, their acts
        assert len(client.get(f"/api/v1/leads/{lead.pk}/transitions/").json()["results"]) == 5


def test_an_act_is_read_below_its_own_lead_only(world: World, client_of: AsPerson):
    act = last(bring_to("mql", make_lead(), world))
    other = make_lead("Other")
    answer = client_of(world.mia).get(f"/api/v1/leads/{other.pk}/transitions/{act.pk}/")
    assert answer.status_code == 404


def test_an_act_is_taken_back_and_the_history_shows_both(world: World, client_of: AsPerson):
    lead = bring_to("mql", make_lead(), world)
    ada = client_of(world.ada)
    act = do(ada, lead, "accept").json()["transition"]
    answer = do(ada, lead, "undo", transition=act["id"])
    assert (answer.status_code, answer.json()["lead"]["state"]) == (201, "mql")
    undone = answer.json()["transition"]
    assert (undone["verb"], undone["facts"]) == ("undo", {"transition": act["id"], "act": "accept"})
    history = ada.get(f"/api/v1/leads/{lead.pk}/transitions/").json()["results"]
    assert [(row["verb"], row["taken_back_by"]) for row in history] == [
        ("undo", None),
        ("accept", undone["id"]),
        ("promote", None),
    ]
    again = do(ada, lead, "undo", transition=act["id"])
    assert (again.status_code, again.json()["detail"]) == (409, "This cannot be taken back: it was taken back already.")


def test_whoever_gave_a_lead_away_takes_that_back(world: World, client_of: AsPerson):
    lead = bring_to("mql", make_lead(team=world.berlin), world)
    manager = client_of(world.max)
    act = workflow.assign(lead.pk, by=world.max, owner=world.zoe, team=world.new_york)
    assert manager.get(f"/api/v1/leads/{lead.pk}/").status_code == 404
    assert do(client_of(world.ben), lead, "undo", transition=act.pk).status_code == 404
    assert do(manager, lead, "undo", transition=act.pk).json()["lead"]["owner"] == "ada"
