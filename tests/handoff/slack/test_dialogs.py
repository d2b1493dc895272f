"""The dialogs that ask for a reason and its evidence, or for a touch."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from werkzeug import Response

from handoff import workflow
from handoff.alerts import slack_replies, slack_updates
from handoff.alerts.channels.slack.reference import Reference
from handoff.models import Delivery, Rejection
from handoff.slack import clicks
from leads.models import Evidence, Lead, Reason, State, Touch
from tests.handoff.slack.standin import StandIn, actions_of, send
from tests.world import World, last, make_lead

pytestmark = pytest.mark.django_db
DONE = {"response_action": "clear"}


def settle() -> None:
    """What a worker does each second."""
    slack_replies.reply_all()
    slack_updates.update_all()


def shown(slack: StandIn) -> list[str]:
    return [block["block_id"] for block in slack.view["blocks"] if block["type"] == "input"]


def reason_with(evidence: Evidence, **fields: Any) -> Reason:
    values = {"route": "retire", "counts_against": "marketing", "position": 1} | fields
    return Reason.objects.create(code=f"with-{evidence}", label=f"With {evidence}", evidence=evidence, **values)


def test_rejecting_asks_for_a_reason_and_says_about_whom(slack: StandIn, offer: Delivery, lead: Lead) -> None:
    slack.click("reject")
    assert shown(slack) == ["reason", "note"]
    assert str(lead) in slack.view["blocks"][0]["text"]["text"]
    about = Reference.read(slack.view["private_metadata"])
    assert about is not None
    assert (about.lead, about.key, about.verb, about.member) == (lead.pk, str(offer.key), "reject", "UADA")


@pytest.mark.parametrize(
    ("evidence", "block"),
    [
        (Evidence.OTHER_LEAD, ["duplicate_of"]),
        (Evidence.RETRY_ON, ["retry_on"]),
        (Evidence.WRONG_FIELD, ["wrong_field"]),
        (Evidence.TOUCHES, []),
        (Evidence.NONE, []),
    ],
)
def test_each_reason_asks_for_its_evidence(
    slack: StandIn, offer: Delivery, evidence: Evidence, block: list[str]
) -> None:
    reason = reason_with(evidence)
    slack.click("reject")
    slack.choose("reason", reason.code, note="typed before")
    assert shown(slack) == ["reason", *block, "note"]
    slack.choose("reason", "spam_or_test")
    assert shown(slack) == ["reason", "note"]


def test_a_note_that_a_reason_demands_is_asked_for(slack: StandIn, offer: Delivery) -> None:
    reason = reason_with(Evidence.NOTE, min_note_length=20)
    slack.click("reject")
    assert slack.view["blocks"][-1]["optional"]
    slack.choose("reason", reason.code)
    note = slack.view["blocks"][-1]
    assert (note["optional"], note["element"]["min_length"]) == (False, 20)
    assert note["label"]["text"] == "Note, of at least 20 characters"


def test_a_rejection_is_done_with_its_evidence(slack: StandIn, offer: Delivery, lead: Lead) -> None:
    reason = reason_with(Evidence.WRONG_FIELD)
    slack.click("reject")
    slack.choose("reason", reason.code)
    assert slack.submit(reason=reason.code, wrong_field="email", note="It bounced.") == DONE
    rejection = Rejection.objects.get(lead=lead)
    assert (rejection.reason, rejection.evidence, rejection.note) == (reason, {"wrong_field": "email"}, "It bounced.")
    assert (str(rejection.by), last(lead).via) == ("Ada", "slack")
    settle()
    assert actions_of(slack.message) == []


def test_the_other_lead_and_the_date_come_as_slack_gives_them(slack: StandIn, offer: Delivery, world: World) -> None:
    other, day = make_lead("Grace M. Hopper", owner=world.ada), timezone.now().date() + timedelta(days=90)
    duplicate, later = reason_with(Evidence.OTHER_LEAD), reason_with(Evidence.RETRY_ON)
    slack.click("reject")
    slack.choose("reason", later.code)
    answer = slack.submit(reason=later.code, retry_on="2020-01-01")
    assert answer["errors"] == {"retry_on": "The date must be in the future."}
    slack.choose("reason", duplicate.code)
    assert "retry_on" not in shown(slack)
    assert slack.submit(reason=duplicate.code, duplicate_of=str(other.pk)) == DONE
    assert Rejection.objects.get().duplicate_of == other
    assert day > timezone.now().date()


def test_the_other_lead_is_found_as_in_the_console(slack: StandIn, offer: Delivery, lead: Lead, world: World) -> None:
    other = make_lead("Grace M. Hopper", owner=world.ada, company="Navy", email="grace@navy.example")
    make_lead("Grace Secret", team=world.new_york)
    stranger = make_lead("Bob Grace", owner=world.ada, company="L" * 90, email="bob@other.example")
    slack.click("reject")
    slack.choose("reason", reason_with(Evidence.OTHER_LEAD).code)
    listed = {option["value"]: option for option in slack.suggest("duplicate_of", "grace")}
    assert set(listed) == {str(other.pk), str(stranger.pk)}
    assert listed[str(other.pk)]["text"]["text"] == f"No. {other.pk}: Grace M. Hopper, Navy"
    assert listed[str(other.pk)]["description"]["text"] == "grace@navy.example · Raw"
    assert listed[str(stranger.pk)]["description"]["text"].startswith("Another person: Bob Grace")
    for typed in (str(other.pk), "grace@navy.example", "navy m."):
        assert [option["value"] for option in slack.suggest("duplicate_of", typed)] == [str(other.pk)]
    assert slack.suggest("duplicate_of", "nobody") == slack.suggest("duplicate_of", "grace", "UZOE") == []
    assert slack.suggest("duplicate_of", "grace", "UNOBODY") == []


def test_a_reason_that_reroutes_asks_whose_it_is(slack: StandIn, offer: Delivery, world: World) -> None:
    reason = reason_with(Evidence.NONE, route="reroute")
    slack.click("reject")
    slack.choose("reason", reason.code)
    assert shown(slack) == ["reason", "belongs_to", "belongs_to_team", "account", "note"]
    (person,), (team,) = slack.suggest("belongs_to", "ZOE"), slack.suggest("belongs_to_team", "york")
    typed = {"belongs_to": person["value"], "belongs_to_team": team["value"], "account": "Navy"}
    assert slack.submit(reason=reason.code, **typed) == DONE
    evidence = Rejection.objects.get().evidence
    assert evidence == {"belongs_to": "zoe", "belongs_to_team": world.new_york.name, "account": "Navy"}


def test_what_is_wrong_is_said_at_its_field(slack: StandIn, offer: Delivery, lead: Lead) -> None:
    reason = reason_with(Evidence.OTHER_LEAD, min_note_length=10)
    slack.click("reject")
    slack.choose("reason", reason.code)
    answer = slack.submit(reason=reason.code, note="short", duplicate_of=str(lead.pk))
    assert answer["response_action"] == "errors"
    assert set(answer["errors"]) == {"note", "duplicate_of"}
    assert "not a duplicate of itself" in answer["errors"]["duplicate_of"]
    assert last(lead).verb == "promote"


def test_what_is_wrong_with_a_field_that_is_not_shown_is_said_at_the_first(
    slack: StandIn, offer: Delivery, lead: Lead
) -> None:
    reason = reason_with(Evidence.WRONG_FIELD)
    slack.click("reject")  # and Slack did not let us change the dialog
    answer = slack.submit(reason=reason.code)
    assert list(answer["errors"]) == ["reason"]
    assert "needs the detail that is wrong" in answer["errors"]["reason"]


def test_a_touch_with_a_note_is_logged(slack: StandIn, offer: Delivery, lead: Lead) -> None:
    slack.click("touch", choice="other")
    assert shown(slack) == ["channel", "outcome", "inbound", "note"]
    assert slack.submit(channel="email", outcome="sent", inbound=["inbound"], note="She wrote.") == DONE
    touch = Touch.objects.get(lead=lead)
    assert (touch.channel, touch.outcome, touch.inbound, touch.note) == ("email", "sent", True, "She wrote.")


def test_rights_and_state_are_judged_when_it_is_submitted(
    slack: StandIn, offer: Delivery, lead: Lead, world: World
) -> None:
    slack.click("reject")
    workflow.assign(lead.pk, by=world.max, owner=world.ben)
    answer = slack.submit(reason="wrong_territory", note="typed")
    assert answer["errors"] == {
        "reason": f"You may not reject {lead}: its owner or the manager of its team may, and marketing while it is Raw."
    }
    workflow.reject(lead.pk, by=world.ben, reason="wrong_territory")
    answer = slack.submit(reason="wrong_territory")
    assert "already rejected by Ben, just now" in answer["errors"]["reason"]


@pytest.mark.parametrize("how", ["forged", "of somebody else"])
def test_a_dialog_that_was_not_opened_for_this_person_is_refused(
    slack: StandIn, offer: Delivery, lead: Lead, how: str
) -> None:
    slack.click("reject")
    if how == "forged":
        slack.view["private_metadata"] = slack.view["private_metadata"].replace(":", "x:", 1)
    answer = slack.submit("UADA" if how == "forged" else "UMAX", reason="wrong_territory")
    assert "does not know this dialog" in answer["errors"]["reason"]
    assert last(lead).verb == "promote"


def test_whoever_could_not_submit_it_gets_no_dialog(slack: StandIn, offer: Delivery, lead: Lead, world: World) -> None:
    workflow.reject(lead.pk, by=world.max, reason="wrong_territory")
    slack.click("reject")
    settle()
    assert slack.views == {}
    assert "already rejected by Max, just now" in slack.whispers[0]
    assert actions_of(slack.message) == []


def test_a_trigger_that_has_expired_is_said(slack: StandIn, offer: Delivery) -> None:
    slack.late = 3.5
    slack.click("reject")
    settle()
    assert slack.views == {}
    assert slack.whispers == [
        "Slack gave up before Handoff could open the dialog. Nothing was changed: press the button once more."
    ]


def test_a_retry_opens_no_second_dialog(slack: StandIn, offer: Delivery) -> None:
    payload = slack.clicked("reject")
    send(payload)
    send(payload, at=timezone.now().timestamp() + 1, **{"X-Slack-Retry-Num": "1"})
    assert len(slack.views) == 1


def test_slack_that_cannot_open_it_is_named(slack: StandIn, offer: Delivery) -> None:
    slack.answers["views.open"] = Response("<html>", 502)
    slack.click("reject")
    settle()
    assert slack.whispers[0].startswith("The dialog could not be opened. Nothing was changed")
    assert "502" in slack.whispers[0]


def test_a_slack_that_hangs_holds_nobody_up(slack: StandIn, offer: Delivery, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clicks, "SECONDS", 0.2)
    slack.hangs = 0.6
    slack.click("reject")
    settle()
    assert "timed out" in slack.whispers[0]


def test_a_retired_reason_is_not_offered(slack: StandIn, offer: Delivery, lead: Lead) -> None:
    retired = reason_with(Evidence.NONE, retired_at=timezone.now())
    slack.click("reject")
    options = slack.view["blocks"][1]["element"]["options"]
    assert retired.code not in [option["value"] for option in options]
    assert "is retired" in slack.submit(reason=retired.code)["errors"]["reason"]
    lead.refresh_from_db()
    assert lead.state == State.MQL


def test_long_names_fit_into_slack(slack: StandIn, world: World, lead: Lead, offer: Delivery) -> None:
    Lead.objects.update(name="<!channel> " * 18, company="&" * 200)
    Reason.objects.create(code="long", label="L" * 120, route="retire", counts_against="sales", min_note_length=5000)
    slack.click("reject")
    slack.choose("reason", "long")
    assert len(slack.view["private_metadata"]) < 3000
    assert "<!channel>" not in slack.view["blocks"][0]["text"]["text"]
