"""A buyer who must not be contacted: no verb, page or message overlooks it, and what the buyer does is still logged."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from handoff import workflow
from handoff.alerts.content import facts_of, title
from handoff.doors import Door
from handoff.models import Handoff
from handoff.refusals import FactsRefused
from leads.identity import Incoming, upsert_many
from leads.models import Consent, ConsentStatement, Lead, Purpose, State, Touch, Via
from leads.permission import warnings_of
from tests.world import World, bring_to, make_lead

MARCH, APRIL = datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC)


def block(lead: Lead, why: str = "Asked us to stop.") -> Lead:
    workflow.correct(lead.pk, {"do_not_contact": True, "do_not_contact_reason": why})
    lead.refresh_from_db()
    return lead


def test_a_touch_of_ours_is_refused_in_words_that_say_what_to_do(world: World) -> None:
    lead = block(bring_to(State.SAL, make_lead(), world))
    with pytest.raises(
        FactsRefused, match=r"Do not contact, since .*: Asked us to stop\. Do not call or write to Dana"
    ):
        workflow.touch(lead.pk, by=world.ada, channel="call", outcome="reached")
    assert not Touch.objects.exists()
    assert not lead.transitions.filter(verb="touch").exists()


def test_what_the_buyer_does_and_what_happened_before_is_logged(world: World) -> None:
    lead = bring_to(State.SAL, make_lead(), world)
    before = timezone.now()
    block(lead)
    workflow.touch(lead.pk, by=world.ada, channel="email", outcome="reached", inbound=True)
    workflow.touch(lead.pk, by=world.ada, channel="call", outcome="reached", at=before)
    workflow.touch(lead.pk, by=None, channel="email", outcome="sent", automatic=True)
    assert list(Touch.objects.order_by("id").values_list("inbound", "automatic")) == [
        (True, False),
        (False, False),
        (False, True),
    ]


def test_an_import_of_the_past_keeps_what_happened(world: World) -> None:
    lead = block(make_lead())
    past = Door(via=Via.IMPORT, historical=True)
    workflow.touch(lead.pk, by=None, door=past, channel="call", outcome="reached")
    assert Touch.objects.count() == 1


def test_the_packet_freezes_it(world: World) -> None:
    lead = block(make_lead())
    workflow.record_consent(lead.pk, ConsentStatement("email", False, MARCH))
    bring_to(State.MQL, lead, world)
    packet = Handoff.objects.get().packet
    assert (packet["do_not_contact"], packet["do_not_contact_reason"]) == (True, "Asked us to stop.")
    assert packet["do_not_contact_since"]
    assert packet["consent"]["email"]["granted"] is False


def test_a_message_says_it_and_offers_no_address(world: World) -> None:
    lead = block(make_lead(name="", email="dana@buyer.example", phone="+49 30 1234567"))
    said = f"{title(lead)} {facts_of(lead)}"
    assert "[do not contact]" in title(lead)
    assert "Asked us to stop." in said
    assert "dana@buyer.example" not in said
    assert "1234567" not in said


@pytest.mark.parametrize("way", ["gone", "stays"])
def test_of_two_that_are_merged_the_stricter_one_counts(world: World, way: str) -> None:
    gone, stays = make_lead("Dana Fox"), make_lead("Dana Wolf")
    block({"gone": gone, "stays": stays}[way])
    workflow.merge(gone.pk, by=world.mia, into=stays.pk)
    stays.refresh_from_db()
    assert stays.do_not_contact
    assert stays.do_not_contact_reason == "Asked us to stop."
    assert stays.do_not_contact_since


def test_a_merge_gives_no_consent_back_that_was_withdrawn(world: World) -> None:
    gone, stays = make_lead("Dana Fox"), make_lead("Dana Wolf")
    workflow.record_consent(gone.pk, ConsentStatement("email", False, MARCH))
    workflow.record_consent(stays.pk, ConsentStatement("email", True, APRIL))
    workflow.merge(gone.pk, by=world.mia, into=stays.pk)
    stays.refresh_from_db()
    assert stays.consent["email"]["granted"] is False
    assert warnings_of(stays) == ["No email: consent was withdrawn."]
    assert stays.consents.count() == 3
    gone.refresh_from_db()
    assert gone.consent == {}


def test_a_merge_fills_in_attributes_that_are_not_known(world: World) -> None:
    gone = make_lead("Dana Fox", attributes={"size": 5, "tier": "gold"}, mobile_phone="1")
    stays = make_lead("Dana Wolf", attributes={"size": 7})
    workflow.merge(gone.pk, by=world.mia, into=stays.pk)
    stays.refresh_from_db()
    assert stays.attributes == {"size": 7}, "of what the catalogue does not know nothing is moved"
    assert stays.mobile_phone == "1"


def test_many_rows_of_one_buyer_agree_once(world: World) -> None:
    rows = [
        Incoming({"email": "dana@buyer.example"}, row=number, consents=(ConsentStatement(Purpose.EMAIL, False),))
        for number in (1, 2)
    ]
    upsert_many(rows)
    upsert_many(rows)
    assert Consent.objects.count() == 1


def test_a_block_is_dated_from_when_it_was_set(world: World) -> None:
    lead = block(make_lead())
    assert lead.do_not_contact_since
    assert timezone.now() - lead.do_not_contact_since < timedelta(minutes=1)
