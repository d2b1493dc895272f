"""One lead's life in the making: the acts are written one after another, and dated from the end backwards."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any, TypeVar

from handoff.demo import sayings
from handoff.demo.agreement import ACCEPT, ANSWER, DAY, HOT, HOT_ACCEPT, HOUR, MINUTE, TOUCH
from handoff.demo.buyers import Buyer
from handoff.demo.campaigns import Effort
from handoff.demo.sayings import Contact
from leads.models import Channel, DealState, Lead, Outcome, Team, User, Verb
from sla.business_time import BusinessHours

Choice = TypeVar("Choice")


@dataclass(frozen=True)
class Crew:
    """Who deals with a lead, and in which hours."""

    rep: User
    mates: Sequence[User]
    manager: User
    marketer: User
    arbiter: User
    team: Team
    office: BusinessHours
    currency: str


@dataclass(frozen=True)
class Beat:
    """One act to come, so many seconds of office time after the one before."""

    after: float
    verb: Verb
    by: User | None
    facts: dict[str, Any]


@dataclass(frozen=True)
class Scene:
    """One act of the story at its moment."""

    at: datetime
    life: "Life"
    verb: Verb
    by: User | None
    facts: dict[str, Any]


@dataclass(eq=False)
class Life:
    """A lead and what becomes of it. Facts may name another life, or a date by its distance from today."""

    rng: Random
    crew: Crew
    effort: Effort
    buyer: Buyer
    score: int
    ago: float  # seconds of office time since the last act
    captured_before: float  # seconds before the first act
    original: "Life | None" = None  # of which this one is a duplicate
    deal: DealState = DealState.OPEN
    beats: list[Beat] = field(default_factory=list)
    lead: Lead = field(init=False)

    def scenes(self, now: datetime) -> list[Scene]:
        """The acts, dated so that the last one lies `ago` before now. None needs to be squeezed in."""
        at = self.crew.office.add(now, -self.ago)
        scenes = []
        for beat in reversed(self.beats):
            scenes.append(Scene(at, self, beat.verb, beat.by, beat.facts))
            at = self.crew.office.add(at, -beat.after)
        return scenes[::-1]

    def captured_at(self, now: datetime) -> datetime:
        scenes = self.scenes(now)
        # Without a scene the office may be closed now and `ago` too short to get back to its hours.
        begins = scenes[0].at if scenes else min(now, self.crew.office.add(now, -self.ago))
        return begins - timedelta(seconds=self.captured_before)

    @property
    def is_hot(self) -> bool:
        return self.score >= HOT

    # What marketing does.

    def promote(self, *, to_queue: bool = False) -> None:
        """Hand it over: to the rep, now and then to their colleague first, or to the queue from which they take it."""
        rep, team = self.crew.rep, self.crew.team
        luck = 0.5 if self.is_hot else self.rng.random()
        if to_queue or luck < 0.06:
            self._add(Verb.PROMOTE, self.crew.marketer, DAY, team=team)
            if not to_queue:
                self._add(Verb.ASSIGN, rep, HOUR, owner=rep)
        elif luck < 0.12 and self.crew.mates:
            self._add(Verb.PROMOTE, self.crew.marketer, DAY, owner=self.pick(self.crew.mates))
            self._add(Verb.ASSIGN, self.crew.manager, HOUR, owner=rep, note="Away today; please take over.")
        else:
            self._add(Verb.PROMOTE, self.crew.marketer, DAY, owner=rep)
        if luck > 0.92 and not to_queue:
            self._add(Verb.TOUCH, None, 2 * MINUTE, channel=Channel.EMAIL, outcome=Outcome.SENT, automatic=True,
                      note="Automatic confirmation.")  # fmt: skip

    def answer(self, kind: str) -> None:
        note = self.pick(sayings.RETIREMENTS if kind == "retire" else sayings.ACKNOWLEDGEMENTS)
        self._add(Verb.ANSWER, self.crew.marketer, self._pace(ANSWER), kind=kind, note=note)

    def recycle(self) -> None:
        again = timedelta(days=self.rng.randrange(20, 120))
        self._add(Verb.RECYCLE, self.crew.marketer, self._pace(ANSWER), reenter_on=again, note="Back to nurture.")

    def resubmit(self) -> None:
        self._add(Verb.RESUBMIT, self.crew.marketer, self._pace(ANSWER), fixed=self.pick(sayings.FIXES))

    def dispute(self) -> None:
        argument = self.pick(sayings.ARGUMENTS)
        self._add(Verb.DISPUTE, self.crew.marketer, self.rng.uniform(HOUR, DAY), argument=argument)

    def overturn(self) -> None:
        decision = self.pick(sayings.DECISIONS)
        self._add(Verb.OVERTURN, self.crew.arbiter, self.rng.uniform(HOUR, DAY), decision=decision)

    def uphold(self) -> None:
        self._add(Verb.UPHOLD, self.crew.arbiter, self.rng.uniform(HOUR, DAY), decision=self.pick(sayings.UPHELD))

    def merge(self) -> None:
        self._add(Verb.MERGE, self.crew.marketer, self.rng.uniform(HOUR, DAY), into=self.original)

    def discard(self) -> None:
        """Marketing itself rejects what it would not hand over."""
        self._reject(self.crew.marketer, DAY, "spam_or_test")

    # What sales does.

    def accept(self) -> None:
        self._add(Verb.ACCEPT, self.crew.rep, self._pace(HOT_ACCEPT if self.is_hot else ACCEPT))

    def work(self, conversations: int) -> None:
        """Touch it first within the promise, mostly, and go on every other day."""
        first = self.rng.uniform(5, 40) * MINUTE if self.is_hot else self._pace(TOUCH)
        self.touch(first, self.pick(sayings.ATTEMPTS if self.rng.random() < 0.4 else sayings.CONVERSATIONS))
        for _ in range(conversations):
            self.touch(self.rng.uniform(0.3, 1.2) * DAY, self.pick(sayings.CONVERSATIONS))

    def pause(self) -> None:
        cause, note = self.pick(sayings.CAUSES)
        self._add(Verb.PAUSE, self.crew.rep, self.rng.uniform(0.1, 0.4) * DAY, cause=cause, note=note)

    def resume(self) -> None:
        self._add(Verb.RESUME, self.crew.rep, self.rng.uniform(0.5, 2) * DAY, note="They are back.")

    def try_in_vain(self) -> None:
        for after in (self._pace(TOUCH), DAY, 1.3 * DAY):
            self.touch(after, self.pick(sayings.ATTEMPTS))

    def touch(self, after: float, contact: Contact) -> None:
        channel, outcome, note = contact
        self._add(Verb.TOUCH, self.crew.rep, after, channel=channel, outcome=outcome, note=note)

    def qualify(self) -> None:
        """Soon, or only after it has lain about."""
        days = self.rng.uniform(0.2, 2) if self.rng.random() < 0.88 else self.rng.uniform(7, 12)
        self._add(Verb.QUALIFY, self.crew.rep, days * DAY)

    def convert(self) -> None:
        """Meet, and make an opportunity of it."""
        self.touch(self.rng.uniform(0.5, 1.5) * DAY, self.pick(sayings.MEETINGS))
        self._add(
            Verb.CONVERT,
            self.crew.rep,
            self.rng.uniform(0.2, 1) * DAY,
            name=f"{self.buyer.company}: planner for {self.rng.randrange(5, 60)} vehicles",
            amount=f"{self.rng.randrange(16, 240) * 250}.00",
            currency=self.crew.currency,
            expected_close=timedelta(days=self.rng.randrange(5, 75)),
        )

    def reject(self, reason: str) -> None:
        self._reject(self.crew.rep, self._pace(HOT_ACCEPT if self.is_hot else ACCEPT), reason)

    def gossip(self) -> None:
        """Somebody says something about it, now and then."""
        if self.beats and self.rng.random() < 0.2:
            by = self.pick((self.crew.marketer, self.crew.manager, self.crew.arbiter))
            self._add(Verb.COMMENT, by, self.rng.uniform(5, 50) * MINUTE, text=self.pick(sayings.COMMENTS))

    def pick(self, choices: Sequence[Choice]) -> Choice:
        return self.rng.choice(choices)

    def _reject(self, by: User, after: float, reason: str) -> None:
        evidence: dict[str, Any] = {}
        if reason == "duplicate":
            evidence["duplicate_of"] = self.original
        elif reason == "not_now":
            evidence["retry_on"] = timedelta(days=self.rng.randrange(20, 150))
        elif reason == "bad_contact_data":
            evidence["wrong_field"] = self.pick(("email", "phone", "name"))
        self._add(Verb.REJECT, by, after, reason=reason, note=self.pick(sayings.GROUNDS[reason]), **evidence)

    def _pace(self, target: float) -> float:
        """How long somebody takes who owes it within `target`: three times of four in time."""
        in_time = self.rng.random() < 0.76
        return target * (self.rng.uniform(0.05, 0.9) if in_time else self.rng.uniform(1.1, 2.4))

    def _add(self, verb: Verb, by: User | None, after: float, **facts: Any) -> None:
        self.beats.append(Beat(after, verb, by, facts))


def in_order(lives: Sequence[Life], now: datetime) -> list[Scene]:
    """All scenes of all lives as time goes by."""
    return sorted((scene for life in lives for scene in life.scenes(now)), key=lambda scene: scene.at)
