"""The head of the page of a lead, which stays: who it is, how to reach them, what is due, and what to do about it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from handoff.console.frame.words import ago, due_in_words, pause_of, snooze_of, state_of, time_left
from handoff.console.leads.primary import primary_verb
from handoff.console.leads.verbs import ORDER, button, label_for
from leads.facts import fact
from leads.models import Lead, User, Verb
from leads.models.consent import Purpose
from leads.permission import may_use
from sla.models import Clock

DIALLED = frozenset("+0123456789")


def head_of(
    lead: Lead, user: User, verbs: Sequence[str], clock: Clock | None, back: str, now: datetime
) -> dict[str, Any]:
    """One verb is loud, the others are in a menu, in the order in which a day goes."""
    loud = primary_verb(lead, verbs, clock)
    others = sorted((verb for verb in verbs if verb not in (loud, Verb.COMMENT)), key=ORDER.index)
    return {
        "state": state_of(lead),
        "paused": pause_of(lead) or snooze_of(lead),
        "since": ago(lead.entered_at, now),
        "clock": clock,
        "left": time_left(clock, now) if clock else "",
        "due": due_in_words(clock.due_at, now) if clock and clock.due_at else "",
        "phones": _phones(lead),
        "email": lead.email,
        "may_mail": may_use(lead, Purpose.EMAIL),
        "may_call": may_use(lead, Purpose.PHONE),
        "primary": button(loud, lead, back, label_for(loud, user, lead), tone="primary") if loud else "",
        "others": [button(verb, lead, back, label_for(verb, user, lead), tone="menu") for verb in others],
    }


def _phones(lead: Lead) -> list[dict[str, str]]:
    """Each number as it is shown and as it is dialled."""
    numbers = [(fact(name).label, getattr(lead, name)) for name in ("phone", "mobile_phone")]
    return [
        {"label": label, "shown": number, "dialled": "".join(filter(DIALLED.__contains__, number))}
        for label, number in numbers
        if number
    ]
