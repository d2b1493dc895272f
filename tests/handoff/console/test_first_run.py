"""From an empty installation to the first running clock: the first account, the page Setup, invitations, passwords."""

import re
import threading
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.core import mail, signing
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from handoff.alerts import letters
from handoff.engine import first_account
from handoff.models import Destination, Letter, LetterKind
from leads.models import Lead, Role, State, Team, User
from sla.models import Calendar, Clock, Policy
from tests.world import World, bring_to, make_lead, make_policy

pytestmark = pytest.mark.django_db
ACCOUNT = {
    "first_name": "Olga",
    "last_name": "Brandt",
    "email": "olga@example.org",
    "password": "a long enough one",
    "time_zone": "Europe/Berlin",
}


NEW = "quite another one"


def path(link: str) -> str:
    return link.partition("/console/")[1] + link.partition("/console/")[2]


def role(name: str) -> Group:
    return Group.objects.get_or_create(name=name)[0]


def first_link() -> str:
    return path(first_account.link())


# The first account


def test_the_first_account_is_made_by_a_link_and_has_the_role_revops(client: Client) -> None:
    assert "Make the first account" in client.get(first_link()).content.decode()

    answer = client.post(first_link(), ACCOUNT | {"also": ["Marketer"]}, follow=True)

    user = User.objects.get()
    assert (user.username, user.zone.key, user.is_superuser) == ("olga@example.org", "Europe/Berlin", False)
    assert user.roles == {Role.REVOPS, Role.MARKETER}
    assert user.check_password("a long enough one")
    assert answer.redirect_chain[-1][0] == reverse("admin:setup")


def test_the_link_works_once(client: Client) -> None:
    link = first_link()
    client.post(link, ACCOUNT)

    again = Client().post(link, ACCOUNT | {"email": "eve@example.org"})

    assert again.status_code == 403
    assert User.objects.count() == 1


@pytest.mark.parametrize(
    "token", ["", "x", signing.dumps("first", salt="another"), "a\x00b"], ids=["none", "short", "other", "nul"]
)
def test_without_its_token_the_page_opens_to_nobody(token: str, client: Client) -> None:
    answer = client.get(reverse("admin:setup"), {"token": token})

    assert answer.status_code in (400, 403)
    assert "Create the account" not in answer.content.decode()


def test_without_any_token_one_logs_in_first(client: Client) -> None:
    assert client.get(reverse("admin:setup"))["Location"].startswith(reverse("admin:login"))


def test_an_old_link_is_refused(client: Client, monkeypatch) -> None:
    link = first_link()
    monkeypatch.setattr(first_account, "DAYS", -1)

    assert client.get(link).status_code == 403


@pytest.mark.parametrize(
    ("changed", "complaint"),
    [
        ({"password": "12345678"}, "too common"),
        ({"time_zone": ""}, "Choose the time zone, like Europe/Berlin."),
        ({"email": "not an email"}, "Enter a valid email address."),
        ({"also": ["Superuser"]}, "Select a valid choice"),
    ],
)
def test_a_wrong_first_account_is_refused(changed: Any, complaint: str, client: Client) -> None:
    assert complaint in client.post(first_link(), ACCOUNT | changed).content.decode()
    assert not User.objects.exists()


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_of_two_first_accounts_at_once_one_is_made() -> None:
    start, made, late = threading.Barrier(2), [], []

    def make(name: str) -> None:
        start.wait()
        try:
            made.append(first_account.make(User(username=name), set()))
        except first_account.TooLate:
            late.append(name)
        finally:
            connection.close()

    threads = [threading.Thread(target=make, args=(name,)) for name in ("ada", "ben")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert (len(made), len(late), User.objects.count()) == (1, 1, 1)


# The page Setup


@pytest.fixture
def olga() -> User:
    user = User.objects.create(username="olga", email="olga@example.org", time_zone="Europe/Berlin")
    user.groups.set(map(role, [Role.REVOPS, Role.MARKETER]))
    return user


def steps(page: Any) -> dict[str, bool]:
    return {step.title: step.is_done for step in page.context["steps"]}


def test_an_empty_console_begins_with_setup(olga: User, as_) -> None:
    client = as_(olga)
    page = client.get(reverse("admin:index"), follow=True)

    assert page.redirect_chain[-1][0] == reverse("admin:setup")
    assert steps(page) == {
        "Your time zone": True, "Office hours": False, "A team": False, "People": False, "Who is notified": False,
        "A test message": False, "A policy": False, "Leads": False, "The first clock": False,
    }  # fmt: skip
    assert "No one of sales has an account with an email address yet." in page.content.decode()
    assert "What is wrong" not in page.content.decode()
    assert "In order." in page.content.decode()


def test_with_a_clock_it_is_no_longer_where_one_begins(world: World, as_) -> None:
    make_policy("time_to_accept")
    bring_to(State.MQL, make_lead(), world)

    assert as_(world.olga).get(reverse("admin:index")).url == reverse("admin:leads_lead_changelist")


def test_it_is_for_revops_alone(world: World, as_) -> None:
    assert as_(world.ada).get(reverse("admin:setup")).status_code == 403
    assert as_(world.nora).post(reverse("admin:setup"), {}).status_code == 403


USUAL = {"team": "Sales", "opens": "09:00", "closes": "17:00", "accept_within": "4 h"}


def test_the_usual_is_made_in_one_go_and_never_twice(olga: User, as_) -> None:
    client = as_(olga)

    first = client.post(reverse("admin:setup"), USUAL, follow=True).content.decode()
    second = client.post(reverse("admin:setup"), USUAL, follow=True).content.decode()

    assert "Made: the team Sales, the calendar Office hours, three destinations by email, three policies." in first
    assert "Nothing was missing" in second
    assert Calendar.objects.get().zone == "Europe/Berlin"
    assert {policy.key: policy.target_seconds // 3600 for policy in Policy.objects.all()} == {
        "accept": 4, "first-contact": 8, "answer": 16,
    }  # fmt: skip
    assert all(step.destinations.exists() for policy in Policy.objects.all() for step in policy.steps.all())


def test_what_is_there_stays_and_only_what_lacks_is_made(olga: User, as_) -> None:
    Team.objects.create(name="Inside", time_zone="Europe/Paris")

    as_(olga).post(reverse("admin:setup"), USUAL)

    assert [team.name for team in Team.objects.all()] == ["Inside"]
    assert Policy.objects.count() == 3


def test_steps_are_ticked_off_by_looking(olga: User, as_) -> None:
    client = as_(olga)
    client.post(reverse("admin:setup"), USUAL)
    rep = User.objects.create(username="ada", email="ada@example.org", team=Team.objects.get())
    rep.groups.add(role(Role.SALES_REP))
    client.post(reverse("admin:handoff_destination_test", args=[Destination.objects.get(audience="owner").pk]))

    done = steps(client.get(reverse("admin:setup")))

    assert {title for title, is_done in done.items() if not is_done} == {"Leads", "The first clock"}
    Policy.objects.update(retired_at=timezone.now())
    assert not steps(client.get(reverse("admin:setup")))["A policy"]


def test_saving_leads_back_to_setup_and_nowhere_else(olga: User, as_) -> None:
    client, form = as_(olga), {"name": "Inside", "time_zone": "Europe/Berlin"}
    add = reverse("admin:leads_team_add")

    back = client.post(f"{add}?next={reverse('admin:setup')}", form)
    out = client.post(f"{add}?next=https://evil.example/", form | {"name": "Field"})

    assert back.url == reverse("admin:setup")
    assert out.url == reverse("admin:leads_team_changelist")
    assert f'href="{reverse("admin:setup")}"' in client.get(f"{add}?next={reverse('admin:setup')}").content.decode()


def test_whoever_cannot_promote_reads_who_can(olga: User, as_) -> None:
    olga.groups.remove(role(Role.MARKETER))

    assert "someone with the role Marketer does that" in as_(olga).get(reverse("admin:setup")).content.decode()


def test_the_checks_are_those_of_the_doctor(olga: User, as_) -> None:
    User.objects.update(email="")

    page = as_(olga).get(reverse("admin:setup"))

    shown = {finding.code for check in page.context["checks"] for finding in check.findings}
    assert "revops_unreachable" in shown
    assert reverse("admin:leads_user_changelist") in page.content.decode()


# Invitations and new passwords


@pytest.fixture
def invited(olga: User, as_) -> User:
    form = {"email": "ada@example.org", "first_name": "Ada", "time_zone": "Europe/Berlin"}
    answer = as_(olga).post(reverse("admin:leads_user_add"), form | {"groups": [str(role(Role.SALES_REP).pk)]})
    assert answer.status_code == 302, answer.context["adminform"].form.errors
    return User.objects.get(username="ada@example.org")


def link_in_mail() -> str:
    (link,) = re.findall(r"http\S+/console(/set-password/\S+)", str(mail.outbox[-1].body))
    return f"/console{link}"


def set_password(client: Client, link: str, password: str = NEW) -> Any:
    form = client.get(link, follow=True)
    assert "Set the password" in form.content.decode()
    return client.post(form.redirect_chain[-1][0], {"new_password1": password, "new_password2": password}, follow=True)


def test_a_person_is_invited_and_sets_their_password_by_the_link(invited: User, client: Client) -> None:
    assert not invited.has_usable_password()
    assert letters.send_due() == 1
    assert (mail.outbox[0].to, mail.outbox[0].subject) == (["ada@example.org"], "You are invited to Handoff")
    assert "Your user name is ada@example.org." in mail.outbox[0].body

    page = set_password(client, link_in_mail())

    invited.refresh_from_db()
    assert invited.check_password("quite another one")
    assert page.redirect_chain[-1][0] == reverse("admin:my_leads")
    assert "has been used, or is too old" in Client().get(link_in_mail(), follow=True).content.decode()


def test_an_invitation_ends(invited: User, client: Client, settings) -> None:
    letters.send_due()
    settings.PASSWORD_RESET_TIMEOUT = -1

    assert "has been used, or is too old" in client.get(link_in_mail(), follow=True).content.decode()


def test_no_page_and_no_table_holds_the_link(invited: User, olga: User, as_) -> None:
    letters.send_due()
    token = link_in_mail().split("/")[-2]

    page = as_(olga).get(reverse("admin:leads_user_change", args=[invited.pk])).content.decode()

    assert "Sent" in page
    assert token not in page
    assert token not in str(list(Letter.objects.values()))


def test_an_invitation_that_fails_is_tried_again_and_shown(
    invited: User, olga: User, as_, monkeypatch, settings
) -> None:
    backend = settings.EMAIL_BACKEND
    settings.EMAIL_BACKEND, settings.EMAIL_HOST, settings.EMAIL_PORT = (
        "django.core.mail.backends.smtp.EmailBackend", "127.0.0.1", 1,
    )  # fmt: skip
    letters.send_due()
    failed = Letter.objects.get()
    Letter.objects.update(next_attempt_at=timezone.now() + timedelta(minutes=1))
    page = as_(olga).get(reverse("admin:leads_user_change", args=[invited.pk])).content.decode()

    assert failed.sent_at is None
    assert failed.next_attempt_at
    assert "The mail server cannot be used" in page
    assert letters.send_due() == 0
    settings.EMAIL_BACKEND = backend
    Letter.objects.update(next_attempt_at=timezone.now())
    assert letters.send_due() == 1
    assert Letter.objects.get().sent_at


def test_a_sender_that_dies_leaves_the_letter_to_the_next(invited: User, monkeypatch) -> None:
    monkeypatch.setattr(letters, "_send", lambda _letter: (_ for _ in ()).throw(SystemExit))
    with pytest.raises(SystemExit):
        letters.send_due()
    monkeypatch.undo()

    assert letters.send_due() == 0
    Letter.objects.update(next_attempt_at=timezone.now() - timedelta(seconds=1))
    assert letters.send_due() == 1
    assert len(mail.outbox) == 1


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_two_senders_at_once_send_each_letter_once() -> None:
    for name in ("ada", "ben", "zoe"):
        letters.invite(User.objects.create(username=name, email=f"{name}@example.org"))
    start, sent = threading.Barrier(2), []

    def send() -> None:
        start.wait()
        sent.append(letters.send_due())
        connection.close()

    threads = [threading.Thread(target=send) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sum(sent) == 3
    assert sorted(message.to[0] for message in mail.outbox) == [f"{name}@example.org" for name in ("ada", "ben", "zoe")]


def test_a_copy_of_the_database_sends_no_invitation(invited: User, settings) -> None:
    settings.SENDING = False

    assert letters.send_due() == 0
    assert not mail.outbox


@pytest.mark.parametrize(
    ("form", "complaint"),
    [
        ({"email": ""}, "Give a user name or an email address."),
        ({"email": "", "username": "ben"}, "Give an address for the invitation, or a password."),
        ({"password1": "quite a long one"}, "Give the password twice, or not at all."),
        ({"email": "OLGA"}, "There is a user “OLGA” already."),
    ],
)
def test_a_wrong_new_person_is_refused(form: Any, complaint: str, olga: User, as_) -> None:
    given = {"email": "ben@example.org", "time_zone": "Europe/Berlin"} | form

    assert complaint in as_(olga).post(reverse("admin:leads_user_add"), given).content.decode()
    assert not Letter.objects.exists()


def test_with_a_password_nobody_is_invited(olga: User, as_) -> None:
    password = dict.fromkeys(("password1", "password2"), "quite a long one")

    as_(olga).post(reverse("admin:leads_user_add"), {"username": "ben", "time_zone": "Europe/Berlin"} | password)

    assert User.objects.get(username="ben").check_password("quite a long one")
    assert not Letter.objects.exists()


def test_a_link_is_sent_again_by_revops_alone(world: World, as_) -> None:
    link = reverse("admin:leads_user_invite", args=[world.ada.pk])

    assert as_(world.max).post(link).status_code == 403
    as_(world.olga).post(link)
    assert Letter.objects.get().user == world.ada


FORGOT = "admin:admin_password_reset"


def test_the_login_page_leads_to_a_new_password(world: World, client: Client) -> None:
    assert reverse(FORGOT) in client.get(reverse("admin:login")).content.decode()
    User.objects.filter(pk=world.ada.pk).update(email="ada@example.org")

    known = client.post(reverse(FORGOT), {"email": "ADA@example.org"}).content.decode()
    unknown = client.post(reverse(FORGOT), {"email": "nobody@example.org"}).content.decode()
    letters.send_due()

    assert known.replace("ADA@example.org", "X") == unknown.replace("nobody@example.org", "X")
    assert [letter.kind for letter in Letter.objects.all()] == [LetterKind.PASSWORD]
    set_password(client, link_in_mail())
    world.ada.refresh_from_db()
    assert world.ada.check_password("quite another one")


def test_a_stranger_cannot_flood_a_mailbox_nor_the_server(world: World) -> None:
    client = Client(REMOTE_ADDR="192.0.2.7")
    User.objects.filter(pk=world.ada.pk).update(email="ada@example.org")

    answers = [client.post(reverse(FORGOT), {"email": "ada@example.org"}).status_code for _ in range(11)]

    assert answers == [200] * 10 + [429]
    assert Letter.objects.count() == letters.MOST


def test_whoever_left_gets_no_link(world: World, client: Client) -> None:
    User.objects.filter(pk=world.ada.pk).update(email="ada@example.org", is_active=False)

    client.post(reverse(FORGOT), {"email": "ada@example.org"})

    assert not Letter.objects.exists()
    letters.invite(world.ada)
    letters.send_due()
    assert (Letter.objects.get().next_attempt_at, mail.outbox) == (None, [])


def test_an_empty_installation_comes_to_its_first_clock(client: Client) -> None:
    """Without a browser: that it takes at most 12 clicks is shown with one."""
    client.post(first_link(), ACCOUNT | {"also": ["Marketer"]})
    client.post(reverse("admin:setup"), USUAL)
    client.post(reverse("admin:leads_lead_add"), {"name": "Dana Fox", "email": "dana@fox.example"})
    lead = Lead.objects.get()

    client.post(reverse("admin:act", args=["promote", lead.pk]), {})

    assert Clock.objects.filter(lead=lead).exists()


@pytest.mark.parametrize("name", ["sla_policy", "sla_calendar"])
def test_an_empty_list_says_what_to_do_to_who_can_and_who_can_to_who_cannot(name: str, world: World, as_) -> None:
    link = reverse(f"admin:{name}_changelist")

    for_revops, for_sales = (as_(user).get(link).content.decode() for user in (world.olga, world.ada))

    assert f'<a href="{reverse(f"admin:{name}_add")}">Add ' in for_revops
    assert "RevOps" in for_sales.partition("Nothing here")[2]
    assert "ask Olga." in for_sales
    assert f'<a href="{reverse(f"admin:{name}_add")}">Add ' not in for_sales
