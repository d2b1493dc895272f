"""Who is kept out of the console after failed logins, for how long, and what a new password ends."""

import logging
from typing import Any

import pytest
from axes.models import AccessAttempt
from django.core.management import call_command
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from config.sign_in import NAMES_OF_ADDRESS
from handoff.models import ApiToken
from leads.models import Role
from tests.world import World, person

pytestmark = pytest.mark.django_db
LIMIT = 10


@pytest.fixture(autouse=True)
def _people(world: World) -> None:
    pass


def log_in(name: str, password: str | None = None, address: str = "") -> HttpResponse:
    headers = {"X-Forwarded-For": address} if address else {}
    data = {"username": name, "password": password or "wrong"}
    return Client().post(reverse("admin:login"), data, headers=headers)  # type: ignore[return-value]


def test_a_name_is_locked_out_from_the_address_that_failed_and_from_no_other(settings: Any) -> None:
    settings.BEHIND_PROXY = True
    statuses = [log_in("ada", address="6.6.6.6").status_code for _ in range(LIMIT)]
    assert statuses == [200] * (LIMIT - 1) + [429]
    assert log_in("ada", "demo", "6.6.6.6").status_code == 429
    assert log_in("ada", "demo", "7.7.7.7").status_code == 302


def test_what_a_caller_claims_evades_no_lockout(settings: Any) -> None:
    for number in range(LIMIT):
        log_in("ada", address=f"6.6.6.{number}")  # no proxy is declared
    assert log_in("ada", "demo", "7.7.7.7").status_code == 429
    settings.BEHIND_PROXY = True
    for number in range(LIMIT):
        log_in("ben", address=f"6.6.6.{number}, 8.8.8.8")
    assert log_in("ben", "demo", "7.7.7.7, 8.8.8.8").status_code == 429


def test_one_guess_at_each_of_many_names_is_counted_too() -> None:
    for number in range(LIMIT * NAMES_OF_ADDRESS - 1):
        AccessAttempt.objects.create(username=f"name {number}", ip_address="127.0.0.1", failures_since_start=1)
    assert log_in("ada", "demo").status_code == 302
    assert log_in("nobody").status_code == 429
    assert log_in("ada", "demo").status_code == 429


def test_a_right_password_begins_the_count_again() -> None:
    for _ in range(2):
        assert [log_in("ada").status_code for _ in range(LIMIT - 1)] == [200] * (LIMIT - 1)
        assert log_in("ada", "demo").status_code == 302


@pytest.mark.parametrize("length", [256, 300, 5000])
def test_a_name_of_any_length_is_an_ordinary_failed_login(length: int) -> None:
    assert log_in("n" * length).status_code == 200
    assert AccessAttempt.objects.get().username == "n" * 255


def test_the_lockout_has_a_page_of_ours_and_says_for_how_long() -> None:
    for _ in range(LIMIT):
        answer = log_in("ada")
    assert answer.headers["Retry-After"] == "3600"
    assert "Too many failed logins" in answer.content.decode()
    assert "Back to the console" in answer.content.decode()


def test_the_log_says_who_was_attacked_and_from_where(settings: Any, caplog: pytest.LogCaptureFixture) -> None:
    settings.BEHIND_PROXY = True
    with caplog.at_level(logging.WARNING, "axes"):
        for _ in range(LIMIT):
            log_in("ada", "my secret", "6.6.6.6")
    assert 'Locking out {username: "ada", ip_address: "6.6.6.6"' in caplog.text
    assert "my secret" not in caplog.text


def test_an_administrator_lets_somebody_in_again() -> None:
    for _ in range(LIMIT):
        log_in("ada")
    call_command("axes_reset_username", "ada", verbosity=0)
    assert log_in("ada", "demo").status_code == 302


def test_with_a_new_password_the_tokens_of_a_person_end_and_only_theirs(world: World) -> None:
    texts = [ApiToken.issue(world.ada), ApiToken.issue(world.ben)]
    world.ada.set_password("another")
    world.ada.save()
    assert [ApiToken.bearer(text) for text in texts] == [None, world.ben]


def test_with_a_password_set_by_revops_tokens_end(world: World) -> None:
    text = ApiToken.issue(world.ada)
    client = Client()
    client.force_login(world.olga)
    new = {"password1": "a-new-long-one-7", "password2": "a-new-long-one-7"}
    answer = client.post(reverse("admin:auth_user_password_change", args=[world.ada.pk]), new)
    assert answer.status_code == 302
    assert ApiToken.bearer(text) is None


def test_a_login_leaves_tokens_alone(settings: Any, world: World) -> None:
    text = ApiToken.issue(world.ada)
    # As after an upgrade of Django: the hash is written again, the password is the same.
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.PBKDF2PasswordHasher", *settings.PASSWORD_HASHERS]
    assert log_in("ada", "demo").status_code == 302
    world.ada.refresh_from_db()
    assert world.ada.password.startswith("pbkdf2_sha256")
    assert ApiToken.bearer(text) == world.ada


def test_a_password_of_digits_alone_is_refused(world: World) -> None:
    client = Client()
    client.force_login(world.olga)
    new = {"password1": "8374926157", "password2": "8374926157"}
    answer = client.post(reverse("admin:auth_user_password_change", args=[world.ada.pk]), new)
    assert "entirely numeric" in answer.content.decode()


def test_revops_ends_no_token_of_a_superuser(world: World) -> None:
    root = person("root", is_superuser=True)
    text = ApiToken.issue(root)
    token = ApiToken.objects.get()
    client = Client()
    client.force_login(person("otto", Role.REVOPS))
    revoke = reverse("admin:handoff_apitoken_revoke", args=[token.pk])
    assert client.post(revoke).status_code == 403
    assert ApiToken.bearer(text) == root
    client.force_login(root)
    client.post(revoke)
    assert ApiToken.bearer(text) is None
