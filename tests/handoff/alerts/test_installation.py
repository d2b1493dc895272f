"""A copy of a database that is looked at elsewhere sends nothing until somebody says that it may."""

from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest
from django.core import mail
from django.core.management import call_command

from handoff.alerts import deliver, deliver_notices
from handoff.alerts.installation import may_send, why_silent
from handoff.engine import doctor
from handoff.models import Delivery, DeliveryState, Installation

pytestmark = pytest.mark.django_db
HOME, ELSEWHERE = "https://handoff.example", "http://staging.example:8000"


@pytest.fixture(autouse=True)
def _at_home(settings: Any) -> None:
    settings.BASE_URL = HOME


def test_who_sends_first_claims_the_database() -> None:
    assert not Installation.objects.exists()
    assert may_send()
    assert Installation.objects.get().host == "handoff.example"


def test_a_copy_elsewhere_sends_nothing_and_loses_nothing(
    settings: Any, make_delivery: Callable[..., Delivery]
) -> None:
    assert may_send()
    delivery = make_delivery()
    settings.BASE_URL = ELSEWHERE
    assert (deliver(), deliver_notices(), mail.outbox) == (0, 0, [])
    delivery.refresh_from_db()
    assert (delivery.state, delivery.attempts) == (DeliveryState.PENDING, 0)
    settings.BASE_URL = HOME
    assert deliver() == 1
    assert len(mail.outbox) == 1


@pytest.mark.parametrize("address", ["http://handoff.example", "https://handoff.example:8443/below"])
def test_scheme_and_port_may_change(settings: Any, address: str) -> None:
    assert may_send()
    settings.BASE_URL = address
    assert may_send()


def test_a_switch_silences_even_the_owner(settings: Any, make_delivery: Callable[..., Delivery]) -> None:
    make_delivery()
    settings.SENDING = False
    assert deliver() == 0
    assert why_silent() == "SENDING is 0"


def test_a_restored_database_is_claimed_by_a_command(settings: Any) -> None:
    assert may_send()
    settings.BASE_URL = ELSEWHERE
    out = StringIO()
    call_command("claim_installation", stdout=out)
    assert out.getvalue() == "This database belongs to staging.example now.\n"
    assert may_send()
    settings.BASE_URL = HOME
    assert not may_send()


def test_the_doctor_says_why_nothing_is_sent(settings: Any) -> None:
    assert may_send()
    settings.BASE_URL = ELSEWHERE
    (finding,) = [finding for finding in doctor.examine()[1] if finding.code == "sends_nothing"]
    assert "This database belongs to handoff.example, and BASE_URL is on staging.example" in finding.problem
    assert "claim_installation" in finding.do
