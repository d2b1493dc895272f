"""What may become of a lead, how often, and how long ago that ended."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from handoff.demo.agreement import DAY, HOUR
from handoff.demo.life import Life
from leads.models import DealState, State

Ending = Callable[[Life], None]


@dataclass(frozen=True)
class Fate:
    """So many leads end like this, in this state, between so many seconds of office time ago."""

    count: int
    state: State
    write: Ending
    ago: tuple[float, float]
    may_be_hot: bool = True
    is_twin: bool = False


def raw(_life: Life) -> None:
    """Marketing has it, and has not made up its mind."""


def discarded(life: Life) -> None:
    life.discard()


def queued(life: Life) -> None:
    life.promote(to_queue=True)


def offered(life: Life) -> None:
    life.promote()


def accepted(life: Life) -> None:
    life.promote()
    life.gossip()
    life.accept()


def worked(life: Life) -> None:
    accepted(life)
    life.work(life.rng.randrange(2))
    life.gossip()


def qualified(life: Life) -> None:
    worked(life)
    life.qualify()


def converted(life: Life, deal: DealState = DealState.OPEN) -> None:
    qualified(life)
    life.convert()
    life.gossip()
    life.deal = deal


def rejected(life: Life, reason: str) -> None:
    """At once, or when someone has spoken to them: what they need and when is not known before."""
    if reason == "unresponsive":
        accepted(life)
        life.try_in_vain()
    elif reason in ("no_need", "not_now"):
        worked(life)
    else:
        life.promote()
    life.reject(reason)
    life.gossip()


def answered(life: Life, reason: str, kind: str) -> None:
    rejected(life, reason)
    life.answer(kind)


def merged(life: Life) -> None:
    answered(life, "duplicate", "acknowledge")
    life.merge()


def recycled(life: Life, reason: str) -> None:
    rejected(life, reason)
    life.recycle()


def resubmitted(life: Life, reason: str) -> None:
    rejected(life, reason)
    life.resubmit()


def saved(life: Life, reason: str) -> None:
    """Resubmitted, and welcome this time."""
    resubmitted(life, reason)
    life.accept()
    life.work(1)


def disputed(life: Life) -> None:
    rejected(life, "not_our_customer")
    life.dispute()


def overturned(life: Life) -> None:
    disputed(life)
    life.overturn()


def upheld(life: Life) -> None:
    disputed(life)
    life.uphold()


def waiting(life: Life) -> None:
    """Nobody owes anything while the buyer is away."""
    worked(life)
    life.pause()


def resumed(life: Life) -> None:
    qualified(life)
    life.pause()
    life.resume()


def vindicated(life: Life) -> None:
    """Overturned by the arbiter, and sold to after all."""
    overturned(life)
    life.accept()
    life.work(1)
    life.qualify()


# Of each reason: acknowledged, retired, and not answered yet.
REJECTIONS = {
    "not_our_customer": (2, 6, 2),
    "bad_contact_data": (3, 1, 2),
    "existing_customer": (5, 0, 1),
    "already_owned": (4, 0, 1),
    "no_need": (4, 2, 2),
    "not_now": (2, 0, 2),
    "unresponsive": (4, 2, 2),
    "wrong_territory": (5, 0, 1),
    "not_a_buyer": (1, 5, 1),
    "do_not_contact": (0, 5, 1),
    "packet_insufficient": (2, 0, 2),
    "spam_or_test": (1, 3, 0),
    "other": (3, 0, 1),
}
LONG_AGO, LATELY = (0.5 * DAY, 26 * DAY), (0.1 * HOUR, 3 * DAY)


def _rejections() -> tuple[Fate, ...]:
    fates: list[Fate] = []
    for reason, (acknowledged, retired, unanswered) in REJECTIONS.items():
        fates += [
            Fate(acknowledged, State.REJECTED, partial(answered, reason=reason, kind="acknowledge"), LONG_AGO),
            Fate(retired, State.REJECTED, partial(answered, reason=reason, kind="retire"), LONG_AGO),
            Fate(unanswered, State.REJECTED, partial(rejected, reason=reason), LATELY),
        ]
    return tuple(fates)


# The twins follow those whose duplicates they are.
FATES: tuple[Fate, ...] = (
    Fate(28, State.OPPORTUNITY, partial(converted, deal=DealState.WON), (3 * DAY, 25 * DAY)),
    Fate(18, State.OPPORTUNITY, partial(converted, deal=DealState.LOST), (3 * DAY, 25 * DAY)),
    Fate(32, State.OPPORTUNITY, converted, (2 * HOUR, 15 * DAY)),
    Fate(40, State.SQL, qualified, (HOUR, 14 * DAY)),
    Fate(44, State.SAL, worked, (HOUR, 6 * DAY)),
    Fate(16, State.SAL, accepted, (0.2 * HOUR, 7 * HOUR), may_be_hot=False),
    Fate(8, State.SAL, accepted, (10 * HOUR, 6 * DAY), may_be_hot=False),  # never touched
    Fate(6, State.SAL, worked, (9 * DAY, 15 * DAY)),  # touched, and forgotten
    Fate(22, State.MQL, offered, (0.1 * HOUR, 3.8 * HOUR), may_be_hot=False),
    Fate(10, State.MQL, offered, (6 * HOUR, 9 * DAY)),  # never accepted
    Fate(6, State.MQL, queued, (0.3 * HOUR, 6 * HOUR), may_be_hot=False),
    Fate(3, State.MQL, partial(resubmitted, reason="packet_insufficient"), (0.3 * HOUR, 3 * HOUR), may_be_hot=False),
    Fate(2, State.MQL, partial(resubmitted, reason="bad_contact_data"), (0.3 * HOUR, 6 * HOUR), may_be_hot=False),
    Fate(4, State.SAL, partial(saved, reason="packet_insufficient"), LONG_AGO),
    Fate(1, State.MQL, overturned, (0.5 * HOUR, 3 * HOUR), may_be_hot=False),
    Fate(1, State.SQL, vindicated, LONG_AGO),
    Fate(2, State.REJECTED, disputed, (0.5 * DAY, 2 * DAY)),
    Fate(8, State.RAW, partial(recycled, reason="not_now"), LONG_AGO),
    Fate(6, State.RAW, partial(recycled, reason="no_need"), LONG_AGO),
    Fate(6, State.RAW, partial(recycled, reason="unresponsive"), LONG_AGO),
    *_rejections(),
    Fate(3, State.REJECTED, partial(answered, reason="duplicate", kind="acknowledge"), (DAY, 3 * DAY), is_twin=True),
    Fate(3, State.REJECTED, merged, (DAY, 3 * DAY), is_twin=True),
    Fate(1, State.REJECTED, partial(rejected, reason="duplicate"), LATELY, is_twin=True),
    Fate(4, State.REJECTED, discarded, LONG_AGO, may_be_hot=False),
    Fate(44, State.RAW, raw, (0.1 * HOUR, 10 * DAY), may_be_hot=False),
    Fate(6, State.REJECTED, upheld, LONG_AGO),
    Fate(3, State.SAL, waiting, (HOUR, 2 * DAY), may_be_hot=False),
    Fate(2, State.SQL, resumed, (HOUR, 3 * DAY)),
)
