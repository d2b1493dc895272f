"""Move leads by random verbs until told to stop, and note every act that was acknowledged.

The ledger is what an outsider knows: an act stands in it once its verb has returned, whatever is killed then.
"""

import random
import signal
import time
import uuid
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.db import InterfaceError, OperationalError, close_old_connections
from django.utils import timezone

from handoff import workflow
from handoff.refusals import Refused
from handoff.workflow import Door
from leads.models import Lead, State, User, Verb, Via

ACTS_PER_SECOND = 8
IN_PLAY = 300  # the youngest leads; older ones are left to their clocks
LATEST = 8  # seconds that a touch is told after it happened

# What may be done where a lead stands; what stands twice is done twice as often.
LEGAL: dict[str, tuple[Verb, ...]] = {
    State.RAW: (Verb.PROMOTE, Verb.PROMOTE, Verb.PROMOTE, Verb.ASSIGN, Verb.TOUCH, Verb.REJECT),
    State.MQL: (Verb.ACCEPT, Verb.ACCEPT, Verb.ACCEPT, Verb.ASSIGN, Verb.ASSIGN, Verb.TOUCH, Verb.REJECT),
    State.SAL: (Verb.TOUCH, Verb.TOUCH, Verb.QUALIFY, Verb.QUALIFY, Verb.ASSIGN, Verb.REJECT, Verb.COMMENT),
    State.SQL: (Verb.TOUCH, Verb.TOUCH, Verb.CONVERT, Verb.ASSIGN, Verb.REJECT),
    State.REJECTED: (Verb.ANSWER, Verb.DISPUTE, Verb.DISPUTE, Verb.OVERTURN, Verb.RESUBMIT, Verb.RECYCLE, Verb.TOUCH),
    State.OPPORTUNITY: (Verb.TOUCH, Verb.COMMENT),
}
SALES = {Verb.ACCEPT, Verb.QUALIFY, Verb.CONVERT, Verb.TOUCH, Verb.REJECT}
FACTS: dict[str, dict[str, Any]] = {
    Verb.CONVERT: {"name": "Soak", "amount": "1200.00", "currency": "EUR", "expected_close": "2099-01-31"},
    Verb.REJECT: {"reason": "wrong_territory"},
    Verb.RECYCLE: {"reenter_on": "2099-01-01"},
    Verb.RESUBMIT: {"fixed": "The number."},
    Verb.OVERTURN: {"decision": "It fits."},
    Verb.ANSWER: {"kind": "acknowledge"},
    Verb.DISPUTE: {"argument": "It fits."},
    Verb.COMMENT: {"text": "Hello."},
    Verb.TOUCH: {"channel": "call", "outcome": "reached"},
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
        except (OperationalError, InterfaceError):
            time.sleep(0.2)  # the database is away; a person would be told so and try again

    def _look_around(self) -> None:
        Lead.objects.bulk_create(Lead(name=f"Lead {n}", email=f"{uuid.uuid4()}@soak.example") for n in range(10))
        leads = Lead.objects.filter(merged_into=None).order_by("-pk")
        self.in_play = list(leads.values_list("pk", "state")[:IN_PLAY])

    def _act(self) -> None:
        number = self.rng.randrange(len(self.in_play))
        lead, state = self.in_play[number]
        verb = self.rng.choice(LEGAL[state])
        door = Door(via=Via.API, request_id=str(uuid.uuid4()))
        act = workflow.perform(verb, lead, by=self._who(verb, state), door=door, facts=self._facts(verb))
        self.ledger.write(f"{act.pk} {lead} {verb}\n".encode())
        self.in_play[number] = lead, act.to_state

    def _who(self, verb: str, state: str) -> User:
        if verb in SALES and state != State.RAW:
            return self.people["max"]
        return self.people["olga" if verb == Verb.OVERTURN else "mia" if verb != Verb.TOUCH else "max"]

    def _facts(self, verb: str) -> dict[str, Any]:
        facts = dict(FACTS.get(verb, {}))
        if verb in (Verb.PROMOTE, Verb.ASSIGN):
            facts |= {"owner": self.rng.choice(["ada", "ben", ""]), "team": "Soak"}
        if verb == Verb.TOUCH:
            facts["automatic"] = self.rng.random() < 0.1
            if self.rng.random() < 0.5:
                facts["at"] = timezone.now() - timedelta(seconds=self.rng.random() * LATEST)
        return facts

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
