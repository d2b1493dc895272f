"""Who works here: two sales teams in two time zones, marketing, and RevOps. All are invented."""

from dataclasses import dataclass
from functools import cached_property

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group

from leads.models import Role, Team, User

BERLIN, NEW_YORK = "Berlin", "New York"
ZONES = {BERLIN: "Europe/Berlin", NEW_YORK: "America/New_York"}
MANAGERS = {BERLIN: "max", NEW_YORK: "tom"}
MARKETERS = {BERLIN: "mia", NEW_YORK: "nora"}


@dataclass(frozen=True)
class DemoPerson:
    username: str
    surname: str
    role: Role
    place: str
    in_sales: bool = True


PEOPLE = (
    DemoPerson("ada", "Wren", Role.SALES_REP, BERLIN),
    DemoPerson("ben", "Harrow", Role.SALES_REP, BERLIN),
    DemoPerson("max", "Linden", Role.SALES_MANAGER, BERLIN),
    DemoPerson("zoe", "Calder", Role.SALES_REP, NEW_YORK),
    DemoPerson("tom", "Birch", Role.SALES_MANAGER, NEW_YORK),
    DemoPerson("mia", "Sorrel", Role.MARKETER, BERLIN, in_sales=False),
    DemoPerson("nora", "Quill", Role.MARKETING_LEAD, NEW_YORK, in_sales=False),
    DemoPerson("olga", "Tarn", Role.REVOPS, BERLIN, in_sales=False),
)


@dataclass(frozen=True)
class Cast:
    """The people and the teams, by name. Their roles and teams are read once: the story asks for them at every act."""

    users: dict[str, User]
    teams: dict[str, Team]

    def __getitem__(self, username: str) -> User:
        return self.users[username]

    @cached_property
    def reps(self) -> list[User]:
        return [self.users[person.username] for person in PEOPLE if person.role == Role.SALES_REP]

    def mates_of(self, rep: User) -> list[User]:
        return [mate for mate in self.reps if mate.team_id == rep.team_id and mate != rep]


def password() -> str:
    return str(settings.DEMO_PASSWORD or "demo")


def make_people() -> Cast:
    teams = {place: _make_team(place, zone) for place, zone in ZONES.items()}
    # Hashing is slow by design, and one hash serves everybody, as the password is the same and known.
    hashed = make_password(password())
    for person in PEOPLE:
        _make_person(person, teams[person.place] if person.in_sales else None, hashed)
    users = {user.username: user for user in User.objects.filter(username__in=[p.username for p in PEOPLE])}
    for place, team in teams.items():
        team.manager = users[MANAGERS[place]]
        team.save(update_fields=["manager"])
    return Cast(users, teams)


def _make_team(place: str, zone: str) -> Team:
    slug = place.lower().replace(" ", "-")
    return Team.objects.create(
        name=place, time_zone=zone, email=f"sales-{slug}@tidewheel.example", slack_channel=f"#sales-{slug}"
    )


def _make_person(person: DemoPerson, team: Team | None, hashed: str) -> None:
    user = User.objects.create(
        username=person.username,
        password=hashed,
        email=f"{person.username}@tidewheel.example",
        first_name=person.username.title(),
        last_name=person.surname,
        is_staff=True,
        is_superuser=person.role == Role.REVOPS,
        team=team,
        time_zone=ZONES[person.place],
        slack_member_id=f"U{person.username.upper()}",
    )
    user.groups.set(Group.objects.filter(name=person.role))
