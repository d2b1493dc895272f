"""What happens as one watches: hot leads, whose clocks run at any hour of the day."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from handoff.demo import sayings
from handoff.demo.life import Life, Scene
from leads.models import Verb

# How long ago each was handed over. Nobody accepts the first four, which is due within 10 minutes: the very first is
# warned of 1½ minutes after the load and breached after 4. The others were accepted, and nobody has called them, which
# is due within 60 minutes: their warnings and breaches follow over the next hour.
NOT_ACCEPTED = (6.0, 4.5, 3.0, 0.5)
NOT_CALLED = (57.0, 52.0, 44.5, 38.0, 30.5, 22.0, 14.0, 8.0)
MINUTES_AGO = (*NOT_ACCEPTED, *NOT_CALLED)
EARLIEST = timedelta(minutes=max(MINUTES_AGO))
ACCEPTED_AFTER = timedelta(minutes=4)


def scenes_of(lives: Sequence[Life], now: datetime) -> list[Scene]:
    """Hand each over so many minutes before now, in the order of time."""
    scenes = []
    for life, minutes in zip(lives, MINUTES_AGO, strict=True):
        offered_at, crew = now - timedelta(minutes=minutes), life.crew
        note = {"note": sayings.QUESTIONS[round(minutes) % len(sayings.QUESTIONS)]}
        scenes.append(Scene(offered_at, life, Verb.PROMOTE, crew.marketer, {"owner": crew.rep, **note}))
        if minutes in NOT_CALLED:
            scenes.append(Scene(offered_at + ACCEPTED_AFTER, life, Verb.ACCEPT, crew.rep, {}))
    return sorted(scenes, key=lambda scene: scene.at)
