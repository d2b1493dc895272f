"""The pages of SLA values that both sides sign: what is saved is drafted, compared, signed, and read in the history."""

from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.urls import reverse
from django.utils import timezone

from handoff.agreement.sla_table import digest_of_draft, write_policy
from handoff.models import Destination, SlaTable
from leads.models import Attribute, HandoffRules
from sla.metrics import Metric
from sla.models import Calendar, Policy
from tests.world import World, make_policy

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def accept(world: World) -> Policy:
    owner = Destination.objects.create(name="Owner by email", audience="owner", medium="email")
    policy = make_policy(Metric.TIME_TO_ACCEPT, 4 * 3600, name="Accept a lead", key="accept", tells=[owner])
    HandoffRules.objects.create(version=2, sla_changes_need_signatures=True, active_from=timezone.now())
    return policy


def form_of(policy: Policy, target: str, **changed: str) -> dict[str, Any]:
    form = {"name": policy.name, "target_seconds": target, "calendar": str(policy.calendar_id), "conditions": "[]"}
    form |= {"whose_hours": "policy", "on_reassign": "carry", "position": "100"}
    steps = list(policy.steps.all())
    form |= {"steps-TOTAL_FORMS": str(len(steps)), "steps-INITIAL_FORMS": str(len(steps))}
    for number, step in enumerate(steps):
        values = {"id": step.pk, "policy": policy.pk, "percent": step.percent, "after_seconds": "0 min"}
        values |= {"destinations": step.destinations.get().pk}
        form |= {f"steps-{number}-{name}": str(value) for name, value in values.items()}
    return {"seen": digest_of_draft(), **form, **changed}


def page_of(name: str, *args: Any) -> str:
    return reverse(f"admin:{name}", args=args)


def text_of(response: Any) -> str:
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


def badge(client: Any) -> str:
    items = client.get(page_of("signatures")).context["sidebar_navigation"]
    return next(str(item["badge"]) for group in items for item in group["items"] if item["title"] == "Signatures")


def test_a_policy_that_is_saved_is_drafted_signed_and_read_in_the_history(
    world: World, as_: Any, accept: Policy
) -> None:
    olga, change = as_(world.olga), page_of("sla_policy_change", accept.pk)
    assert "Both sides sign each change of an SLA value" in text_of(olga.get(change))

    page = text_of(olga.post(change, form_of(accept, "2 h"), follow=True))
    assert "Nothing has changed yet" in page
    for words in ("<del>Target: 4 h</del>", "<ins>Target: 2 h</ins>", "Take out Accept a lead"):
        assert words in page
    assert "Owner by email" not in page, "the ladder is as it was"
    assert Policy.objects.get().target_seconds == 4 * 3600
    assert "It changes this one already" in text_of(olga.get(change))
    Destination.objects.update(active=False)
    olga.post(change, form_of(accept, "4 h", position="5"))
    table = SlaTable.objects.get()
    [before, after] = table.listed[0].both
    assert before
    assert after
    assert (after["target_seconds"], after["position"]) == (2 * 3600, 5), "what was drafted is kept"
    assert after["ladder"] == before["ladder"], "a destination that is switched off stays on it"
    assert {entry.user for entry in LogEntry.objects.filter(object_id=table.pk)} == {world.olga}

    for person in (world.nora, world.max):
        client = as_(person)
        assert badge(client) == "1"
        assert "<ins>Target: 2 h</ins>" in text_of(client.get(page_of("signatures")))
        assert "It needs" in text_of(client.get(page_of("agreement")))
        url = page_of("handoff_slatable_sign", table.pk)
        client.post(url, client.get(url).context["carried"])
        assert badge(client) == "0"

    assert Policy.objects.get(retired_at=None).target_seconds == 2 * 3600
    page = text_of(as_(world.ada).get(page_of("agreement")))
    assert "SLA table, version 1: in force from" in page
    assert "signed by Nora for marketing and Max for sales" in page
    assert "<del>Target: 4 h</del>" in page
    assert "Take out" not in text_of(olga.get(page_of("handoff_slatable_change", table.pk)))


def test_of_two_who_edit_the_second_is_sent_back_to_read_the_draft(world: World, as_: Any, accept: Policy) -> None:
    change, stale = page_of("sla_policy_change", accept.pk), form_of(accept, "3 h")
    as_(world.olga).post(change, form_of(accept, "2 h"))
    page = text_of(as_(world.olga).post(change, stale, follow=True))
    assert "The SLA table, version 1 was changed after you opened it" in page
    assert "<ins>Target: 2 h</ins>" in page


def test_a_new_policy_is_drafted_and_not_a_second_time(world: World, as_: Any, accept: Policy) -> None:
    new = {"key": "answer", "metric": "time_to_answer", "steps-TOTAL_FORMS": "0", "steps-INITIAL_FORMS": "0"}
    for words in ("<ins>Metric: Time to answer</ins>", "adds Answer already"):
        form = form_of(accept, "1 h", name="Answer", **new)
        assert words in text_of(as_(world.olga).post(page_of("sla_policy_add"), form, follow=True))
    assert not Policy.objects.filter(key="answer").exists()


def test_to_retire_one_is_drafted_and_taken_out_again(world: World, as_: Any, accept: Policy) -> None:
    olga, retire = as_(world.olga), page_of("sla_policy_retire", accept.pk)
    asked = olga.get(retire)
    assert "Both sides sign it first" in text_of(asked)
    assert "Drafted: retire Accept a lead" in text_of(olga.post(retire, asked.context["carried"], follow=True))
    table = SlaTable.objects.get()
    assert "Retired" in text_of(olga.get(page_of("handoff_slatable_change", table.pk)))
    out = f"{page_of('handoff_slatable_takeout', table.pk)}?of=policy:accept"
    assert as_(world.max).get(out).status_code == 403
    assert "Taken out" in text_of(olga.post(out, olga.get(out).context["carried"], follow=True))
    assert not SlaTable.objects.exists()
    assert olga.get(out).status_code == 404


def test_hours_are_drafted_and_a_new_calendar_is_not(world: World, as_: Any, accept: Policy) -> None:
    olga, calendar = as_(world.olga), accept.calendar
    form = {"name": "Office", "zone": "UTC", "weekly": '{"mon": [["09:00", "17:00"]]}', "overrides": "{}"}
    olga.post(page_of("sla_calendar_add"), form | {"key": "office"})
    assert Calendar.objects.filter(key="office").exists()
    assert not SlaTable.objects.exists()
    page = text_of(olga.post(page_of("sla_calendar_change", calendar.pk), form | {"seen": ""}, follow=True))
    assert "<ins>Tue: closed</ins>" in page
    assert "<ins>Mon: 09:00 to 17:00</ins>" in page


def test_a_mistake_is_retired_by_both_sides_first(world: World, as_: Any, accept: Policy) -> None:
    olga, stop = as_(world.olga), page_of("sla_policy_stop", accept.pk)
    assert stop not in text_of(olga.get(page_of("sla_policy_change", accept.pk)))
    assert "draft that this policy is retired" in text_of(olga.post(stop, {"reason": "A typo."}, follow=True))
    assert Policy.objects.get().mistake_at is None


def test_what_only_some_may_see_is_not_compared_for_others(world: World, as_: Any, accept: Policy) -> None:
    Attribute.objects.create(key="margin", label="Margin", type="decimal", seen_by=["RevOps"], edited_by=["RevOps"])
    segment = [{"field": "attributes.margin", "op": "at_least", "value": 5}]
    write_policy(accept, {"conditions": segment}, [])
    page = page_of("handoff_slatable_change", SlaTable.objects.get().pk)
    assert "a restricted condition" in text_of(as_(world.max).get(page))
    assert "Margin" in text_of(as_(world.olga).get(page))
