"""To whom a lead may be given: how many leads each has, who is outside working hours, and who is away until when."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django import forms
from django.db import connection
from django.utils import timezone

from handoff.console.leads.presence import away_until, opens_at
from handoff.refusals import FactsRefused
from handoff.workflow.facts import Facts
from leads.models import Lead, Role, User, Verb

NOBODY, MYSELF = "-", "me"
MOST_COUNTED = 200
CHOOSE = "Choose an owner"
IN_QUEUE = "No one: leave it in the queue"
UNDECIDED = "Choose an owner, or “No one”."
# As many as are shown of each person, and no more.
_OPEN = """
SELECT person.id, (SELECT COUNT(*) FROM (
    SELECT FROM leads_lead
    WHERE owner_id = person.id AND state IN ('mql', 'sal', 'sql') AND merged_into_id IS NULL LIMIT %s
) AS open) FROM unnest(%s::bigint[]) AS person (id)
"""


@dataclass(frozen=True)
class Candidate:
    """Somebody who may be given a lead, as the choice shows them."""

    person: User
    open_leads: int
    away_until: datetime | None
    opens_at: datetime | None

    def __str__(self) -> str:
        many = f"{MOST_COUNTED}+" if self.open_leads > MOST_COUNTED else str(self.open_leads)
        parts = [str(self.person), f"{many} open lead{'' if self.open_leads == 1 else 's'}"]
        if self.away_until:
            parts.append(f"away until {_day(self.away_until)}")
        elif self.opens_at:
            parts.append(f"outside hours until {_day(self.opens_at)}")
        return " · ".join(parts)

    @property
    def group(self) -> str:
        return "Away" if self.away_until else "Outside hours" if self.opens_at else "At work"


def candidates(people: Sequence[User], at: datetime) -> list[Candidate]:
    """By name; those outside hours after those at work, and those who are away last. Four queries for any number."""
    ids = [person.pk for person in people]
    counts, away, opening = _open_leads(ids), away_until(ids, at), opens_at(ids, at)
    rows = [Candidate(who, counts.get(who.pk, 0), away.get(who.pk), opening.get(who.pk)) for who in people]
    return sorted(rows, key=lambda row: (bool(row.away_until), bool(row.opens_at), str(row.person).lower()))


def dress_owners(form: Facts, user: User, resubmitted: Lead | None = None) -> None:
    """Let the choice of an owner show what speaks for and against each. Nobody is chosen for whoever asks.

    A lead that is resubmitted stays with its owner unless another one is named.
    """
    field = form.fields.get("owner")
    if not isinstance(field, forms.ModelChoiceField) or field.queryset is None:
        return
    is_rep = user.roles == {Role.SALES_REP}
    people = [user] if is_rep else list(field.queryset.select_related("team"))
    groups: dict[str, list[tuple[str, str]]] = {}
    for row in candidates(people, timezone.now()):
        groups.setdefault(row.group, []).append((row.person.username, str(row)))
    nobody = [] if is_rep or resubmitted else [(NOBODY, IN_QUEUE)]
    unchosen = f"As before: {resubmitted.owner or 'the queue'}" if resubmitted else CHOOSE
    field.widget.choices = [("", unchosen), *groups.items(), *nobody]
    field.help_text = field.help_text if resubmitted else ""


def as_facts(given: Mapping[str, str]) -> dict[str, str]:
    """What was chosen, in the words of the facts: no one is named by nothing."""
    return {name: "" if name == "owner" and value == NOBODY else value for name, value in given.items()}


def decided(verb: str, given: Mapping[str, str], user: User) -> dict[str, str]:
    """The facts with whom was meant: oneself, or expressly no one. FactsRefused for whoever left it open."""
    if verb not in (Verb.ASSIGN, Verb.PROMOTE) or "owner" not in given:
        return dict(given)
    if not given["owner"]:
        raise FactsRefused(UNDECIDED, {"owner": [UNDECIDED]})
    mine = {"owner": user.username} if given["owner"] == MYSELF else {}
    return as_facts({**given, **mine})


def initial_owner(user: User, lead: Lead) -> Any:
    """A rep takes leads for themselves; nobody else's choice is made for them."""
    return user.username if user.roles == {Role.SALES_REP} else lead.owner and lead.owner.username


def _open_leads(ids: Sequence[int]) -> dict[int, int]:
    with connection.cursor() as cursor:
        cursor.execute(_OPEN, [MOST_COUNTED + 1, list(ids)])
        return dict(cursor.fetchall())


def _day(at: datetime) -> str:
    local = timezone.localtime(at)
    return f"{local:%a} {local.day} {local:%b, %H:%M}"
