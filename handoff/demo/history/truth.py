"""What sales makes of a made-up lead: the truth that the first definition ignores, and what haste is worth."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any

from handoff.demo.history.buyers import GIVEAWAY, Buyer

SMALL = 50
"""Firms with fewer people are no customers."""
FEW = 3
"""Whoever did less in the thirty days before has nothing to say yet."""
HIDDEN = {"not_our_customer": 0.75, "not_a_buyer": 0.85, "packet_insufficient": 0.6}
"""How often sales rejects for each of the three hidden reasons, where it applies."""
CHANCE = (
    ("bad_contact_data", 0.04), ("do_not_contact", 0.02), ("packet_insufficient", 0.02), ("existing_customer", 0.03),
    ("wrong_territory", 0.03), ("not_now", 0.03),
)  # fmt: skip
"""Reasons that have nothing to do with what is known of a lead."""
PACES = ((60, 290, 0.6), (400, 3500, 0.45), (4000, 80_000, 0.3), (90_000, 200_000, 0.15))
"""After how many seconds at least and at most sales is in touch with a lead that it accepts, and how likely it wins the
deal then. Each is as frequent as the others."""
BAD, LUCK = 0.05, 0.4
"""How likely sales wins a lead that it had reason to reject, and any lead in a year without a hidden cause."""
WITHOUT_TRUTH = (("not_our_customer", 0.2), ("not_a_buyer", 0.12), ("packet_insufficient", 0.12), *CHANCE)
NOTES = {"packet_insufficient": "Nothing says what they want."}


@dataclass(frozen=True)
class Step:
    """One act, some time after the act before it."""

    verb: str
    after: timedelta
    facts: dict[str, Any]


def reason_for(rng: Random, buyer: Buyer, has_truth: bool) -> str:
    """Why sales rejects the lead; empty where it accepts."""
    luck, other = rng.random(), rng.random()
    if has_truth:
        for reason in _hidden(buyer):
            if luck < HIDDEN[reason]:
                return reason
    for reason, share in CHANCE if has_truth else WITHOUT_TRUTH:
        if other < share:
            return reason
        other -= share
    return ""


def _hidden(buyer: Buyer) -> Iterator[str]:
    if buyer.attributes.get("employees", SMALL) < SMALL:
        yield "not_our_customer"
    if buyer.facts["source"] == GIVEAWAY:
        yield "not_a_buyer"
    if buyer.lately < FEW:
        yield "packet_insufficient"


def life_of(rng: Random, buyer: Buyer, has_truth: bool) -> list[Step]:
    """What sales does after the handoff, until nobody does any more."""
    reason = reason_for(rng, buyer, has_truth)
    waits = [timedelta(hours=rng.uniform(0.2, 30)) for _ in range(6)]
    wins, goes_on = rng.random(), rng.random()
    if reason:
        return [Step("reject", waits[0], {"reason": reason, "note": NOTES.get(reason, "")})]
    least, most, chance = rng.choice(PACES)
    contact = timedelta(seconds=rng.uniform(least, most))
    steps = [Step("accept", contact / 3, {}), Step("touch", 2 * contact / 3, {}), Step("qualify", 3 * waits[2], {})]
    if goes_on < 0.15:
        return [*steps[:2], Step("reject", 4 * waits[3], {"reason": "no_need", "note": ""})]
    if goes_on < 0.5:
        return steps
    chance = LUCK if not has_truth else BAD if any(_hidden(buyer)) else chance
    state = "won" if wins < chance else "lost" if wins < 0.7 else "open"
    deal = {"state": state, "amount": 250 * rng.randrange(16, 240), "closes": timedelta(days=rng.randrange(10, 40))}
    return [*steps, Step("convert", 4 * waits[4], deal)]


def moments(steps: list[Step], offered_at: datetime) -> Iterator[tuple[Step, datetime]]:
    at = offered_at
    for step in steps:
        at += step.after
        yield step, at
