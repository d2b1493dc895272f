"""Owners, teams and callers as files name them: by username, email, full name, or a word that was mapped to one."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from django.core.exceptions import ValidationError

from handoff.imports.kind import Reading, Row
from leads.models import Team, User
from leads.normalise import normalise_text, quoted

OWNERS = {
    "owner": (
        *("lead_owner", "contact_owner", "record_owner", "owner_name", "owner_email", "assigned_to", "assigned_rep"),
        *("sales_rep", "salesperson", "account_executive", "lead_-_owner", "responsible"),
        *("kontakteigentümer", "leadeigentümer", "eigentümer", "besitzer", "zuständig", "zuständiger", "bearbeiter"),
        *("propriétaire", "propriétaire_du_contact", "propietario", "propietario_del_contacto", "proprietario"),
        *(
            "proprietario_del_contatto",
            "proprietário",
            "proprietário_do_contato",
            "eigenaar",
            "eigenaar_contactpersoon",
        ),
        *("właściciel", "właściciel_kontaktu", "ägare", "kontaktägare", "コンタクト所有者", "所有者"),
    ),
    "team": (
        *("owner_team", "owners_team", "hubspot_team", "sales_team", "owning_team", "owning_business_unit"),
        *("equipe", "équipe", "equipo", "squadra", "zespół", "チーム"),
    ),
}
_ADDRESS = re.compile(r"[^\s<>()\[\],;]+@[^\s<>()\[\],;]+")


@dataclass
class People:
    """The users and teams that the rows of a chunk may mean, by every word for them, in lower case."""

    users: Mapping[str, User] = field(default_factory=dict)
    teams: Mapping[str, Team] = field(default_factory=dict)
    namesakes: frozenset[str] = frozenset()
    """Full names that several active people have."""

    @classmethod
    def of(cls, rows: Sequence[Row], users: Iterable[str] = ("owner",), teams: Iterable[str] = ("team",)) -> "People":
        """Those of some columns, read only if a row names any."""
        people = cls()
        if any(row.get(name) for name in users for row in rows):
            people.users, people.namesakes = _users()
        if any(row.get(name) for name in teams for row in rows):
            people.teams = {team.name.casefold(): team for team in Team.objects.all()}
        return people

    def user(self, row: Row, name: str, reading: Reading) -> User | None:
        """Whom a cell names. Somebody who is not known here is left out with a remark, and never made."""
        user: User | None = reading.side(row, name, lambda: self.find(row.get(name)))
        return user

    def team(self, row: Row, name: str, reading: Reading) -> Team | None:
        team: Team | None = reading.side(row, name, lambda: self._team(row.get(name))) if row.get(name) else None
        return team

    def find(self, text: str) -> User | None:
        """“Jane Doe”, “jane@us.example”, and “Jane Doe (jane@us.example)”; a ValidationError says who is not known."""
        if not text:
            return None
        address = _ADDRESS.search(text)
        for spelled in (text, address[0] if address else "", re.sub(r"\s*[(<\[].*$", "", text)):
            key = _key(spelled)
            if key in self.namesakes:
                raise ValidationError(f"{quoted(spelled)} is the name of several people: give a username or an email.")
            if key and key in self.users:
                return self.users[key]
        raise ValidationError(f"{quoted(text)} is not a valid user: give a username, an email or a full name.")

    def _team(self, text: str) -> Team:
        if text.casefold() not in self.teams:
            raise ValidationError(f"{quoted(text)} is not a valid team: give the name of a team.")
        return self.teams[text.casefold()]


def _users() -> tuple[dict[str, User], frozenset[str]]:
    users: dict[str, User] = {}
    names: defaultdict[str, set[int]] = defaultdict(set)
    # Of two of one name the active one, and a username before any full name.
    everybody = sorted(User.objects.select_related("team"), key=lambda user: (user.is_active, -user.pk))
    for user in everybody:
        name = _key(user.get_full_name())
        users[name] = user
        if name and user.is_active:
            names[name].add(user.pk)
    users |= {_key(user.email): user for user in everybody}
    users |= {_key(user.username): user for user in everybody}
    users.pop("", None)
    usernames = {_key(user.username) for user in everybody}
    return users, frozenset(name for name, ids in names.items() if len(ids) > 1 and name not in usernames)


def _key(text: str) -> str:
    return normalise_text(text).casefold()
