"""Load the demo: all of it in one transaction, or nothing."""

from datetime import timedelta

from django.db import connection, transaction
from django.utils import timezone

from handoff.demo import campaigns, live
from handoff.demo.agreement import make_agreement
from handoff.demo.attributes import make_attributes
from handoff.demo.capture import capture, reply
from handoff.demo.life import in_order
from handoff.demo.packets import see_packets
from handoff.demo.people import PEOPLE, make_people
from handoff.demo.play import close_deals, play, settle_deliveries
from handoff.demo.scoring import score_by_a_model
from handoff.demo.story import SEED, make_crews, plan
from leads.models import Campaign, Lead, Team, User
from sla.models import Calendar, Policy

HISTORY = timedelta(weeks=10)
LOCK = 0x64656D6F


class DemoRefused(Exception):
    """There is something here already that the demo must not mix with."""


@transaction.atomic
def load(seed: int = SEED) -> bool:
    """Load the demo, and return whether it was not there yet. Two at once: the second waits, and finds it there."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
    if campaigns.is_loaded():
        return False
    _refuse_real_data()
    _tell(seed)
    return True


def _refuse_real_data() -> None:
    for model in (Lead, Campaign, Team, Policy, Calendar):
        if model.objects.exists():
            raise DemoRefused(
                f"There are {model._meta.verbose_name_plural} here that are not the demo's, and it does not mix with "
                "real data: use an empty database."
            )
    taken = User.objects.filter(username__in=[person.username for person in PEOPLE]).values_list("username", flat=True)
    if taken:
        raise DemoRefused(f"There are users named {', '.join(taken)} already: use an empty database.")


def _tell(seed: int) -> None:
    started_at = timezone.now()
    since = started_at - HISTORY
    cast = make_people()
    make_attributes()
    office = make_agreement(cast, since)
    story = plan(make_crews(cast, office), seed)
    efforts = campaigns.make_campaigns(cast, since.date())
    capture(story.past, started_at, efforts)
    play(in_order(story.past, started_at), started_at)
    close_deals(story.past, started_at)
    reply(story.past, started_at)
    # What one watches is dated from here, as the past took its time to play.
    now = timezone.now()
    capture(story.live, now - live.EARLIEST, efforts)
    play(live.scenes_of(story.live, now), now)
    settle_deliveries()
    see_packets()
    score_by_a_model(cast, since)
