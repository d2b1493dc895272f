"""The pages of RevOps: versions, reasons, definitions, messages, tokens and people."""

import json
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from handoff.models import ApiToken, Delivery, DeliveryState, Destination, Handoff, Rejection
from leads.models import Definition, Lead, Reason, Stage, State
from sla.metrics import Metric
from sla.models import Calendar, Clock, PendingAlarm, Policy
from tests.world import OFFICE, World, bring_to, last, make_calendar, make_lead, make_policy


def change(row) -> str:
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])


def tool(row, name: str) -> str:
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_{name}", args=[row.pk])


def policy_form(policy: Policy | None = None, **changed) -> dict[str, str]:
    steps = list(policy.steps.all()) if policy else []
    form = {
        "name": policy.name if policy else "Accept",
        "target_seconds": "1 h",
        "whose_hours": policy.whose_hours if policy else "policy",
        "on_reassign": policy.on_reassign if policy else "carry",
        "floor_seconds": "",
        "pause_budget_seconds": "",
        "calendar": str((policy.calendar if policy else make_calendar()).pk),
        "conditions": "[]",
        "position": "100",
        "steps-TOTAL_FORMS": str(len(steps)),
        "steps-INITIAL_FORMS": str(len(steps)),
    }
    for number, step in enumerate(steps):
        form |= {
            f"steps-{number}-id": str(step.pk),
            f"steps-{number}-policy": str(step.policy_id),
            f"steps-{number}-percent": str(step.percent),
            f"steps-{number}-after_seconds": "0 min",
        }
    return form | changed


def test_saving_a_policy_writes_the_next_version_and_running_clocks_keep_theirs(world: World, as_) -> None:
    policy = make_policy(Metric.TIME_TO_ACCEPT, name="Accept")
    bring_to(State.MQL, make_lead(), world)
    client = as_(world.olga)

    response = client.post(change(policy), policy_form(policy, target_seconds="2 h 30 min"), follow=True)

    written = Policy.objects.get(key=policy.key, retired_at=None)
    assert (written.version, written.target_seconds) == (2, 9000)
    assert [step.percent for step in written.steps.all()] == [75, 100]
    assert Clock.objects.get().policy == policy
    assert "Version 2 of “Accept” is in force; running clocks keep theirs." in response.content.decode()


def test_the_ladder_is_part_of_the_version(world: World, as_) -> None:
    policy = make_policy(Metric.TIME_TO_ACCEPT)
    told = Destination.objects.create(name="Manager", audience="manager", medium="email")
    ladder = {"steps-0-percent": "50", "steps-0-destinations": [str(told.pk)], "steps-1-DELETE": "on"}

    as_(world.olga).post(change(policy), policy_form(policy, **ladder))

    steps = Policy.objects.get(key=policy.key, version=2).steps.all()
    assert [(step.percent, list(step.destinations.all())) for step in steps] == [(50, [told]), (100, [])]
    assert [step.percent for step in policy.steps.all()] == [75, 100]


def test_a_step_says_what_it_does_and_whether_it_pierces(world: World, as_) -> None:
    policy = make_policy(Metric.TIME_TO_ACCEPT)
    action = {"steps-1-does": "reassign", "steps-1-out_of_rotation_seconds": "8 h", "steps-1-pierces": "on"}

    as_(world.olga).post(change(policy), policy_form(policy, **action))

    warning, breach = Policy.objects.get(key=policy.key, version=2).steps.all()
    assert (breach.does, breach.out_of_rotation_seconds, breach.pierces) == ("reassign", 28800, True)
    assert (warning.does, warning.out_of_rotation_seconds, warning.pierces) == ("", 0, False)
    page = as_(world.ada).get(change(breach.policy)).content.decode()
    assert "Give the lead to the next in rotation" in page
    assert "8 h" in page


@pytest.mark.parametrize(
    ("metric", "action", "complaint"),
    [
        (Metric.TIME_TO_ANSWER, {"steps-1-does": "queue"}, "cannot be reassigned"),
        (Metric.TIME_TO_ASSIGN, {"steps-1-out_of_rotation_seconds": "1 h"}, "can be taken out of rotation"),
    ],
)
def test_a_step_that_cannot_be_done_is_refused(metric, action, complaint, world: World, as_) -> None:
    policy = make_policy(metric)

    page = as_(world.olga).post(change(policy), policy_form(policy, **action)).content.decode()

    assert complaint in page
    assert Policy.objects.count() == 1


def test_saving_without_a_change_writes_no_version(world: World, as_) -> None:
    policy = make_policy(Metric.TIME_TO_ACCEPT)

    as_(world.olga).post(change(policy), policy_form(policy))

    assert Policy.objects.count() == 1


def test_a_new_policy_is_published_with_its_breach(world: World, as_) -> None:
    form = policy_form(key="accept", metric="time_to_accept")

    as_(world.olga).post(reverse("admin:sla_policy_add"), form)

    policy = Policy.objects.get(key="accept")
    assert (policy.version, [step.percent for step in policy.steps.all()]) == (1, [100])


@pytest.mark.parametrize(
    ("changed", "complaint"),
    [
        ({"target_seconds": "soon"}, "“soon” is not a valid length of time: write one like 4 h"),
        ({"target_seconds": "0 h"}, "Give a target longer than nothing."),
        ({"conditions": '[{"field": "shoe"}]'}, "Each condition has exactly"),
        ({"conditions": "[oops"}, "Enter a valid JSON."),
        ({"steps-0-percent": "120"}, "A step must be at 1 to 99 per cent"),
    ],
)
def test_a_wrong_policy_is_refused_with_what_was_typed(changed, complaint, world: World, as_) -> None:
    policy = make_policy(Metric.TIME_TO_ACCEPT)

    page = as_(world.olga).post(change(policy), policy_form(policy, **changed)).content.decode()

    assert complaint in page
    assert Policy.objects.count() == 1


UNKEEPABLE = ["NaN", "1e999", r'"a\u0000"', r'"\ud800"', "[" * 3000, "[" * 30 + "]" * 30, "1" * 5000]


@pytest.mark.parametrize("value", UNKEEPABLE)
def test_json_that_cannot_be_kept_is_refused(value: str, world: World, as_) -> None:
    policy = make_policy(Metric.TIME_TO_ACCEPT)
    client = as_(world.olga)
    conditions = f'[{{"field": "name", "op": "is", "value": {value}}}]'

    segment = client.post(change(policy), policy_form(policy, conditions=conditions))
    criteria = client.post(
        reverse("admin:leads_definition_add"), {"stage": "mql", "text": "Worth a call", "criteria": conditions}
    )

    assert "Enter a valid JSON." in segment.content.decode()
    assert "Enter a valid JSON." in criteria.content.decode()
    assert Policy.objects.count() == 1


def test_a_retired_policy_is_only_read(world: World, as_) -> None:
    policy = make_policy(Metric.TIME_TO_ACCEPT)
    client = as_(world.olga)

    assert "Retire" in client.get(tool(policy, "retire")).content.decode()
    client.post(tool(policy, "retire"))

    policy.refresh_from_db()
    assert policy.retired_at
    assert client.post(change(policy), policy_form(policy)).status_code == 403
    assert "no longer in force" in client.post(tool(policy, "retire"), follow=True).content.decode()


def test_revops_declares_a_version_a_mistake_and_its_alarms_stop(world: World, as_) -> None:
    policy = make_policy("time_to_accept")
    bring_to("mql", make_lead(), world)
    client, address = as_(world.olga), tool(policy, "stop")

    assert "1 clock runs by it." in client.get(address).content.decode()
    assert client.post(address, {"reason": ""}).status_code == 200  # asked for the reason again
    policy.refresh_from_db()
    assert policy.mistake_at is None
    said = client.post(address, {"reason": "Wrong calendar."}, follow=True).content.decode()
    assert "a mistake" in said
    assert Policy.objects.get(pk=policy.pk).mistake_at
    assert not PendingAlarm.objects.exists()
    assert "has been declared a mistake already" in client.get(address, follow=True).content.decode()
    assert as_(world.max).post(address, {"reason": "Mine."}).status_code == 403


def test_policies_are_read_by_both_sides_and_never_deleted(world: World, as_) -> None:
    policy = make_policy(Metric.TIME_TO_ACCEPT)

    for person in (world.ada, world.max, world.mia, world.nora):
        assert as_(person).get(change(policy)).status_code == 200
        assert as_(person).post(tool(policy, "retire")).status_code == 403
    assert as_(world.olga).post(reverse("admin:sla_policy_delete", args=[policy.pk])).status_code == 403


def test_who_may_not_change_the_agreement_reads_it_in_words(world: World, as_) -> None:
    segment = [{"field": "score", "op": "at_least", "value": 80}]
    policy = make_policy(Metric.TIME_TO_ACCEPT, 9000, conditions=segment, steps=((75, 0), (100, 3600)))
    client = as_(world.ada)

    page = client.get(change(policy)).content.decode()
    hours = client.get(change(policy.calendar)).content.decode()

    assert "2 h 30 min" in page
    assert "score at least 80" in page
    assert "1 h<" in page
    assert "Mon: 00:00 to 24:00" in hours


def calendar_form(**changed) -> dict[str, str]:
    hours = {"weekly": json.dumps(OFFICE), "overrides": "{}"}
    return (
        {"name": "Berlin", "zone": "Europe/Berlin", "holiday_country": "DE", "holiday_subdivision": "BE"}
        | hours
        | changed
    )


def test_a_calendar_shows_its_openings_and_holidays_and_its_edit_is_a_version(world: World, as_) -> None:
    client = as_(world.olga)
    client.post(reverse("admin:sla_calendar_add"), calendar_form(key="berlin"))
    first = Calendar.objects.get()
    policy = make_policy(Metric.TIME_TO_ACCEPT, calendar=first)

    page = client.get(change(first)).content.decode()
    client.post(change(first), calendar_form(weekly='{"mon": [["10:00", "12:00"]]}'))

    assert "09:00 to 17:00" in page
    assert "holidays 0." in page
    written = Calendar.objects.get(retired_at=None)
    assert (written.version, written.weekly, written.holidays.exists()) == (2, {"mon": [["10:00", "12:00"]]}, True)
    assert Policy.objects.get(key=policy.key, retired_at=None).calendar == written


@pytest.mark.parametrize(
    "changed",
    [
        {"weekly": "{}"},
        {"weekly": '{"mon": [["25:00", "26:00"]]}'},
        {"weekly": "nonsense"},
        {"weekly": "[1]"},
        {"overrides": '{"x": []}'},
        {"overrides": "[1]"},
        {"overrides": '"x"'},
        {"overrides": "[" * 3000},
    ],
)
def test_hours_that_make_no_sense_are_refused(changed, world: World, as_) -> None:
    response = as_(world.olga).post(reverse("admin:sla_calendar_add"), calendar_form(key="berlin", **changed))

    assert "errornote" in response.content.decode()
    assert not Calendar.objects.exists()


def test_a_calendar_without_holidays_says_so(world: World, as_) -> None:
    make_calendar()

    assert "No holidays" in as_(world.olga).get(reverse("admin:sla_calendar_changelist")).content.decode()


def test_a_used_reason_is_retired_and_not_deleted(world: World, as_) -> None:
    bring_to(State.REJECTED, make_lead(), world)
    used, unused = Reason.objects.get(code="wrong_territory"), Reason.objects.get(code="no_need")
    client = as_(world.olga)

    assert client.post(reverse("admin:leads_reason_delete", args=[used.pk]), {"post": "yes"}).status_code == 403
    assert client.post(reverse("admin:leads_reason_delete", args=[unused.pk]), {"post": "yes"}).status_code == 302
    client.post(tool(used, "retire"))

    used.refresh_from_db()
    assert used.retired_at
    assert not Reason.objects.filter(code="no_need").exists()


def test_a_definition_is_in_force_once_both_sides_have_signed(world: World, as_) -> None:
    form = {"stage": "mql", "text": "Worth a call", "criteria": "[]"}
    as_(world.olga).post(reverse("admin:leads_definition_add"), form)
    draft = Definition.objects.get(stage=Stage.MQL, version=2)

    assert as_(world.ada).post(tool(draft, "sign")).status_code == 403
    sign(as_(world.nora), draft)
    draft.refresh_from_db()
    assert (draft.marketing_signatory, draft.active_from) == (world.nora, None)
    sign(as_(world.max), draft)

    assert Definition.active(Stage.MQL) == draft
    assert as_(world.olga).post(change(draft), form | {"text": "Other words"}).status_code == 403


def sign(client, draft: Definition) -> None:
    """Open the question, and answer it with what it carries."""
    question = client.get(tool(draft, "sign"))
    client.post(tool(draft, "sign"), question.context["carried"])


def test_the_question_shows_what_is_signed_and_an_old_question_signs_nothing(world: World, as_) -> None:
    draft = Definition.objects.create(stage=Stage.MQL, version=2, text="A score of at least 50.")
    nora = as_(world.nora)
    opened = nora.get(tool(draft, "sign"))
    as_(world.olga).post(change(draft), {"text": "Any lead at all.", "criteria": "[]"})

    answer = nora.post(tool(draft, "sign"), opened.context["carried"], follow=True).content.decode()

    assert "A score of at least 50." in opened.content.decode()
    assert "was changed after you opened it" in answer
    draft.refresh_from_db()
    assert draft.marketing_signatory is None


def test_an_edit_of_words_that_were_changed_meanwhile_is_refused(world: World, as_) -> None:
    draft = Definition.objects.create(stage=Stage.MQL, version=2, text="Old")
    opened = draft.digest
    olga = as_(world.olga)
    olga.post(change(draft), {"text": "First", "criteria": "[]", "seen": opened})
    answer = olga.post(change(draft), {"text": "Second", "criteria": "[]", "seen": opened}, follow=True)

    draft.refresh_from_db()
    assert draft.text == "First"
    assert "read it again first" in answer.content.decode()


def test_a_draft_that_is_edited_must_be_signed_again(world: World, as_) -> None:
    draft = Definition.objects.create(stage=Stage.MQL, version=2, text="Old", marketing_signatory=world.nora)

    as_(world.olga).post(change(draft), {"text": "New", "criteria": "[]"})

    draft.refresh_from_db()
    assert (draft.text, draft.marketing_signatory) == ("New", None)


def test_dead_deliveries_are_on_top_and_can_be_sent_again(world: World, as_) -> None:
    act = last(bring_to(State.MQL, make_lead(), world))
    told = {"transition": act, "medium": "email"}
    dead = Delivery.objects.create(address="a@x.example", state=DeliveryState.DEAD, last_error="No such box", **told)
    Delivery.objects.create(address="b@x.example", state=DeliveryState.SENT, sent_at=timezone.now(), **told)
    client = as_(world.olga)

    page = client.get(reverse("admin:handoff_delivery_changelist"))
    assert page.context["cl"].result_list[0] == dead
    assert "No such box" in page.content.decode()
    client.post(tool(dead, "resend"))

    dead.refresh_from_db()
    assert dead.state == DeliveryState.PENDING
    assert "pending" in client.post(tool(dead, "resend"), follow=True).content.decode()
    assert as_(world.max).post(tool(dead, "resend")).status_code == 403


def test_a_token_is_shown_once_and_revoked(world: World, as_) -> None:
    client = as_(world.olga)

    page = client.post(reverse("admin:handoff_apitoken_add"), {"user": world.mia.pk}).content.decode()
    token = ApiToken.objects.get()
    text = page.split("<code>")[1].split("</code>")[0]

    assert ApiToken.bearer(text) == world.mia
    assert text not in client.get(reverse("admin:handoff_apitoken_changelist")).content.decode()
    client.post(tool(token, "revoke"))
    assert ApiToken.bearer(text) is None


def test_revops_gives_a_person_a_role_and_a_zone(world: World, as_) -> None:
    role = world.ada.groups.get()
    person = {"username": "kim", "password1": "sound-asleep-9", "password2": "sound-asleep-9", "groups": [role.pk]}
    work = {"time_zone": "Asia/Tokyo", "usable_password": "true", "team": world.berlin.pk}

    as_(world.olga).post(reverse("admin:leads_user_add"), person | work)

    kim = type(world.ada).objects.get(username="kim")
    assert (kim.roles, kim.time_zone, kim.is_staff, kim.is_superuser) == (
        frozenset({"Sales rep"}),
        "Asia/Tokyo",
        False,
        False,
    )


def test_every_row_of_every_page_opens(world: World, as_) -> None:
    make_policy(Metric.TIME_TO_ACCEPT)
    bring_to(State.REJECTED, make_lead(), world)
    rows: list[Any] = [Policy.objects.get(), Calendar.objects.get(), Clock.objects.get(), Reason.objects.first()]
    rows += [Definition.objects.first(), world.ada, world.berlin, world.ada.groups.get(), last(Lead.objects.get())]
    rows += [Handoff.objects.get(), Rejection.objects.get()]

    for row in rows:
        assert as_(world.olga).get(change(row)).status_code == 200


def test_a_policy_has_hours_reassignment_and_a_pause_budget(world: World, as_) -> None:
    policy = make_policy(Metric.TIME_TO_ACCEPT)
    told = {"whose_hours": "owner", "on_reassign": "floor", "floor_seconds": "30 min", "pause_budget_seconds": "0 min"}

    as_(world.olga).post(change(policy), policy_form(policy, **told))

    written = Policy.objects.get(key=policy.key, version=2)
    assert (written.whose_hours, written.on_reassign) == ("owner", "floor")
    assert (written.floor_seconds, written.pause_budget_seconds) == (1800, 0)

    as_(world.olga).post(change(written), policy_form(written, on_reassign="carry"))
    again = Policy.objects.get(key=policy.key, version=3)
    assert (again.floor_seconds, again.pause_budget_seconds) == (0, None)


def test_a_floor_is_refused_where_it_means_nothing(world: World, as_) -> None:
    policy = make_policy(Metric.TIME_TO_ACCEPT)

    as_(world.olga).post(change(policy), policy_form(policy, on_reassign="floor"))
    as_(world.olga).post(change(policy), policy_form(policy, floor_seconds="5 min"))

    assert not Policy.objects.filter(key=policy.key, version=2).exists()


def test_a_draft_that_promotes_names_its_team_and_the_signer_reads_to_whom(world: World, as_) -> None:
    draft = Definition.objects.create(stage=Stage.MQL, version=2, text="Worth a call.")
    terms = {"text": draft.text, "criteria": "[]", "promotes": "on", "receiver": "rotation"}
    olga = as_(world.olga)

    refused = olga.post(change(draft), terms)
    olga.post(change(draft), terms | {"team": world.berlin.pk})

    draft.refresh_from_db()
    assert "Choose the team that gets the leads." in refused.content.decode()
    assert (draft.promotes, draft.receiver, draft.team) == (True, "rotation", world.berlin)
    question = as_(world.nora).get(tool(draft, "sign")).content.decode()
    assert "By itself, to the rotation of Berlin" in question


@pytest.mark.parametrize(
    ("stage", "given", "words"),
    [
        ("sql", {"promotes": "on"}, "Only a definition of MQL promotes by itself."),
        ("sal", {"criteria": '[{"field": "score", "op": "present", "value": true}]'}, "leave the criteria out"),
    ],
)
def test_what_a_stage_does_not_have_is_refused(world: World, as_, stage: str, given: Any, words: str) -> None:
    form = {"stage": stage, "text": "Words.", "criteria": "[]"} | given
    page = as_(world.olga).post(reverse("admin:leads_definition_add"), form).content.decode()
    assert words in page
