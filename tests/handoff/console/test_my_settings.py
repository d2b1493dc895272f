"""When somebody is told, and when he is away: who may say so, and that nothing else can be changed on the way."""

from datetime import time, timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from leads.models import Absence, User
from sla.models import OwnerHours
from tests.handoff.console.test_settings_pages import change
from tests.world import World, make_calendar


def form(user: User, **changed: Any) -> dict[str, Any]:
    """The page of a person as his browser sends it, without absences."""
    return {"absences-TOTAL_FORMS": "0", "absences-INITIAL_FORMS": "0", "username": user.username} | changed


def new_absence(days: int = 7) -> dict[str, str]:
    until = timezone.now() + timedelta(days=days)
    return {
        "absences-TOTAL_FORMS": "1",
        "absences-0-starts_at": "2026-01-01T09:00",
        "absences-0-ends_at": f"{until:%Y-%m-%d}T18:00",
        "absences-0-note": "Holiday",
    }


WISHES = {"quiet_from": "18:00", "quiet_until": "07:00", "digest_at": "09:00"}


def test_a_person_says_when_to_be_told(world: World, as_) -> None:
    response = as_(world.ada).post(change(world.ada), form(world.ada, **WISHES))

    world.ada.refresh_from_db()
    assert response.url == change(world.ada)
    assert (world.ada.quiet_from, world.ada.quiet_until) == (time(18), time(7))
    assert world.ada.digest_at == time(9)


def test_a_person_changes_nothing_else_of_himself(world: World, as_) -> None:
    grab = {
        "groups": [str(group.pk) for group in world.olga.groups.all()],
        "is_superuser": "on",
        "email": "x@x.example",
    }
    grab |= {"username": "root", "team": str(world.new_york.pk), "is_active": "", "hours": "always"}

    as_(world.ada).post(change(world.ada), form(world.ada, **WISHES) | grab)

    ada = User.objects.get(pk=world.ada.pk)
    assert (ada.username, ada.email, ada.team, set(ada.roles)) == (
        "ada",
        "ada@handoff.example",
        world.berlin,
        {"Sales rep"},
    )
    assert (ada.is_superuser, ada.is_active, ada.digest_at) == (False, True, time(9))


@pytest.mark.parametrize(
    ("wishes", "complaint"),
    [
        ({"quiet_from": "18:00"}, "Quiet hours need both ends, or none."),
        ({"quiet_from": "18:00", "quiet_until": "18:00"}, "Quiet hours end at another time than they begin."),
        ({"digest_at": "soon"}, "Enter a valid time."),
    ],
)
def test_wishes_that_make_no_sense_are_refused(wishes, complaint, world: World, as_) -> None:
    page = as_(world.ada).post(change(world.ada), form(world.ada, **wishes)).content.decode()

    world.ada.refresh_from_db()
    assert complaint in page
    assert (world.ada.quiet_from, world.ada.digest_at) == (None, None)


@pytest.mark.parametrize("keeper", ["ada", "max", "olga"])
def test_the_person_his_manager_and_revops_keep_absences(keeper: str, world: World, as_) -> None:
    by: User = getattr(world, keeper)
    extra = {"time_zone": "Europe/Berlin", "groups": [str(world.ada.groups.get().pk)], "is_active": "on"}

    as_(by).post(change(world.ada), form(world.ada, **extra) | new_absence())

    absence = Absence.objects.get()
    assert absence.starts_at.astimezone(by.zone).hour == 9
    assert (absence.user, absence.note, absence.imposed) == (world.ada, "Holiday", False)
    assert "Until" in as_(by).get(change(world.ada)).content.decode()


@pytest.mark.parametrize("stranger", ["ben", "zoe", "mia", "eve"])
def test_nobody_else_sees_the_page_or_keeps_absences(stranger: str, world: World, as_) -> None:
    client = as_(getattr(world, stranger))

    assert client.get(change(world.ada)).status_code in (302, 403)
    assert client.post(change(world.ada), form(world.ada) | new_absence()).status_code in (302, 403)

    assert not Absence.objects.exists()


def test_a_manager_changes_no_wishes_and_no_password_of_his_reps(world: World, as_) -> None:
    client = as_(world.max)

    client.post(change(world.ada), form(world.ada, **WISHES))
    password = reverse("admin:auth_user_password_change", args=[world.ada.pk])
    taken = client.post(password, {"password1": "sound-asleep-9", "password2": "sound-asleep-9"})

    world.ada.refresh_from_db()
    assert (taken.status_code, world.ada.digest_at) == (403, None)
    assert world.ada.check_password("demo")


def test_nobody_takes_back_what_a_ladder_imposed_on_himself_but_his_manager_does(world: World, as_) -> None:
    now = timezone.now()
    imposed = Absence.objects.create(
        user=world.ada, starts_at=now, ends_at=now + timedelta(hours=4), note="Accept", imposed=True
    )
    rows = {"absences-TOTAL_FORMS": "1", "absences-INITIAL_FORMS": "1", "absences-0-id": str(imposed.pk)}
    rows |= {"absences-0-user": str(world.ada.pk), "absences-0-DELETE": "on"}

    as_(world.ada).post(change(world.ada), form(world.ada) | rows)
    assert Absence.objects.exists()
    as_(world.max).post(change(world.ada), form(world.ada) | rows)

    assert not Absence.objects.exists()


def test_one_that_nobody_touched_keeps_its_seconds(world: World, as_) -> None:
    now = timezone.now()
    kept = Absence.objects.create(user=world.ada, starts_at=now, ends_at=now + timedelta(hours=4), imposed=True)
    local = [moment.astimezone(world.max.zone) for moment in (kept.starts_at, kept.ends_at)]
    rows = {"absences-TOTAL_FORMS": "1", "absences-INITIAL_FORMS": "1", "absences-0-id": str(kept.pk)}
    rows |= {"absences-0-user": str(world.ada.pk), "absences-0-starts_at": f"{local[0]:%Y-%m-%dT%H:%M}"}
    rows |= {"absences-0-ends_at": f"{local[1]:%Y-%m-%dT%H:%M}", "absences-0-note": ""}

    as_(world.max).post(change(world.ada), form(world.ada) | rows)

    assert Absence.objects.get().ends_at == kept.ends_at


def test_an_absence_that_ends_before_it_starts_is_refused(world: World, as_) -> None:
    page = as_(world.ada).post(change(world.ada), form(world.ada) | new_absence(days=-9999)).content.decode()

    assert "An absence ends after it starts." in page
    assert not Absence.objects.exists()


def test_a_manager_sees_his_team_and_a_rep_himself(world: World, as_) -> None:
    people = reverse("admin:leads_user_changelist")

    def seen(by: User) -> set[str]:
        return {user.username for user in as_(by).get(people).context["cl"].result_list}

    assert seen(world.ada) == {"ada"}
    assert seen(world.mia) == {"mia"}
    assert seen(world.max) == {"ada", "ben", "max"}
    assert "zoe" in seen(world.olga)


def test_the_list_of_people_says_who_is_away_and_does_not_grow(
    world: World, as_, django_assert_max_num_queries: Any
) -> None:
    for user in (world.ada, world.ben, world.zoe):
        now = timezone.now()
        for hours in (1, 2):
            Absence.objects.create(user=user, starts_at=now, ends_at=now + timedelta(hours=hours))
    client = as_(world.olga)

    with django_assert_max_num_queries(14):
        page = client.get(reverse("admin:leads_user_changelist")).content.decode()

    assert page.count("Until <time") == 3


def test_revops_chooses_whose_hours_are_whose(world: World, as_) -> None:
    make_calendar("berlin")
    extra = {"time_zone": "Europe/Berlin", "groups": [str(world.ada.groups.get().pk)], "is_active": "on"}
    client = as_(world.olga)

    client.post(change(world.ada), form(world.ada, hours="berlin", **extra))
    assert OwnerHours.objects.get().calendar_key == "berlin"
    assert "Berlin" in as_(world.ada).get(change(world.ada)).content.decode()
    client.post(change(world.ada), form(world.ada, hours="", **extra))

    assert not OwnerHours.objects.exists()


def test_the_sidebar_leads_to_ones_own_settings(world: World, as_) -> None:
    page = as_(world.ada).get(change(world.ada)).content.decode()
    managers = as_(world.max).get(change(world.max)).content.decode()

    assert "My settings" in page
    assert ">groups</span>" not in page  # the users of their team are a page of managers
    assert ">groups</span>" in managers
