"""Move leads by random verbs until told to stop, and note every act that was acknowledged.

The ledger is what an outsider knows: an act stands in it once its verb has returned, whatever is killed then.
"""

import random
import signal
import time
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.db import Error, close_old_connections
from django.utils import timezone

from handoff import workflow
from handoff.engine import outages
from handoff.refusals import Refused
from handoff.workflow import Door
from leads.models import Lead, State, User, Verb, Via
from sla.models import Alarm, Clock

ACTS_PER_SECOND = 8
IN_PLAY = 300  # the youngest leads; older ones are left to their clocks
LATEST = 8  # seconds that a touch is told after it happened

REPLIES = (Verb.ANSWER, Verb.DISPUTE, Verb.OVERTURN, Verb.UPHOLD, Verb.RESUBMIT, Verb.RECYCLE)
# What may be done where a lead stands; what stands twice is done twice as often.
ON_CLOCKS = (Verb.PAUSE, Verb.RESUME, Verb.RESUME, Verb.ACKNOWLEDGE, Verb.EXCUSE)
LEGAL: dict[str, tuple[Verb, ...]] = {
    State.RAW: (*[Verb.PROMOTE] * 6, Verb.ASSIGN, Verb.TOUCH, Verb.REJECT),
    State.MQL: (*[Verb.ACCEPT] * 4, *[Verb.ASSIGN] * 3, Verb.TOUCH, Verb.REJECT, *ON_CLOCKS),
    State.SAL: (*[Verb.TOUCH] * 3, *[Verb.QUALIFY] * 3, *[Verb.ASSIGN] * 2, Verb.REJECT, Verb.COMMENT, *ON_CLOCKS),
    State.SQL: (*[Verb.TOUCH] * 3, *[Verb.CONVERT] * 2, Verb.ASSIGN, Verb.REJECT, *ON_CLOCKS),
    State.REJECTED: (*REPLIES, Verb.RESUBMIT, Verb.DISPUTE, Verb.DISPUTE, Verb.TOUCH, *ON_CLOCKS),
    State.OPPORTUNITY: (Verb.TOUCH, Verb.COMMENT, Verb.EXCUSE, Verb.UPDATE_DEAL),
}
BY_MAX = {Verb.ACCEPT, Verb.QUALIFY, Verb.CONVERT, Verb.TOUCH, Verb.REJECT, Verb.UPDATE_DEAL}
BY_OLGA = {Verb.OVERTURN, Verb.UPHOLD, *ON_CLOCKS}
FACTS: dict[str, dict[str, Any]] = {
    Verb.CONVERT: {"name": "Soak", "amount": "1200.00", "currency": "EUR", "expected_close": "2099-01-31"},
    Verb.UPDATE_DEAL: {"name": "Another", "amount": "7.00", "currency": "EUR", "state": "won"},
    Verb.REJECT: {"reason": "wrong_territory"},
    Verb.RECYCLE: {"reenter_on": "2099-01-01"},
    Verb.RESUBMIT: {"fixed": "The number."},
    Verb.OVERTURN: {"decision": "It fits."},
    Verb.UPHOLD: {"decision": "It does not."},
    Verb.ANSWER: {"kind": "acknowledge"},
    Verb.DISPUTE: {"argument": "It fits."},
    Verb.COMMENT: {"text": "Hello."},
    Verb.TOUCH: {"channel": "call", "outcome": "reached"},
    Verb.PAUSE: {"cause": "buyer_asked"},
    Verb.EXCUSE: {"reason": "An outage."},
}


class Mover:
    """One process that does what people do through the console and the API."""

    def __init__(self, seed: int, ledger: Path) -> None:
        self.rng = random.Random(f"{seed} {time.time()}")  # one that was killed must not do the same again
        self.ledger = ledger.open("ab", buffering=0)
        self.people: dict[str, User] = {}
        self.in_play: list[tuple[int, str]] = []
        self.is_asked_to_stop = False

    def move(self) -> None:
        """Do one act, as a request would: with what is left of the last connection, if it still works."""
        close_old_connections()
        try:
            if not self.people:
                self.people = {user.username: user for user in User.objects.all()}
            if self.rng.random() < 0.05 or not self.in_play:
                self._look_around()
            self._act()
        except Refused:
            return
        except Error as error:
            if outages.outage_of(error) is None:
                raise
            time.sleep(0.2)  # the database is away, read-only or full; a person would read so and try again

    def _look_around(self) -> None:
        Lead.objects.bulk_create(Lead(name=f"Lead {n}", email=f"{uuid.uuid4()}@soak.example") for n in range(10))
        leads = Lead.objects.filter(merged_into=None).order_by("-pk")
        self.in_play = list(leads.values_list("pk", "state")[:IN_PLAY])

    def _act(self) -> None:
        number = self.rng.randrange(len(self.in_play))
        lead, state = self.in_play[number]
        verb = self.rng.choice(LEGAL[state])
        door = Door(via=Via.API, request_id=str(uuid.uuid4()))
        facts = FACTS.get(verb, {}) | self._more_facts(verb, lead)
        act = workflow.perform(verb, lead, by=self._who(verb, state), door=door, facts=facts)
        self.ledger.write(f"{act.pk} {lead} {verb}\n".encode())
        self.in_play[number] = lead, act.to_state

    def _who(self, verb: str, state: str) -> User:
        if verb == Verb.REJECT and state == State.RAW:
            return self.people["mia"]
        return self.people["max" if verb in BY_MAX else "olga" if verb in BY_OLGA else "mia"]

    def _more_facts(self, verb: str, lead: int) -> dict[str, Any]:
        match verb:
            case Verb.PROMOTE | Verb.ASSIGN:
                return {"owner": self.rng.choice(["ada", "ben", ""]), "team": "Soak"}
            case Verb.TOUCH:
                return {"automatic": self.rng.random() < 0.1, "at": self._lately()}
            case Verb.PAUSE:
                seconds = self.rng.random() * LATEST
                until = timezone.now() + timedelta(seconds=seconds) if self.rng.random() < 0.6 else None
                return {"at": self._lately(), "until": until}
            case Verb.ACKNOWLEDGE:
                return {"alarm": Alarm.objects.filter(clock__lead=lead).order_by("-pk").first()}
            case Verb.EXCUSE:
                return {"clock": Clock.objects.filter(lead=lead, excused_by=None).order_by("due_at").first()}
        return {}

    def _lately(self) -> datetime | None:
        """Half of what is told is told later than it happened."""
        return timezone.now() - timedelta(seconds=self.rng.random() * LATEST) if self.rng.random() < 0.5 else None

    def stop(self, *_: object) -> None:
        self.is_asked_to_stop = True


def main(seed: str, ledger: str) -> None:
    mover = Mover(int(seed), Path(ledger))
    signal.signal(signal.SIGTERM, mover.stop)
    at_a_pace(mover.move, lambda: mover.is_asked_to_stop)


def at_a_pace(do: Callable[[], None], is_over: Callable[[], bool]) -> None:
    """Do it so many times a second, but make nothing up for a time in which it could not be done."""
    due = time.monotonic()
    while not is_over():
        do()
        due = max(due + 1 / ACTS_PER_SECOND, time.monotonic() - 0.1)
        time.sleep(max(0.0, due - time.monotonic()))
