"""What is said by one message: of its one delivery, or of all that became a digest. Each channel gives it its form."""

from collections.abc import Iterable, Sequence

from django.utils import timezone

from handoff.alerts import about_act, about_alarm
from handoff.alerts.about_notice import about_notice
from handoff.alerts.content import Content, one_line
from handoff.alerts.digest import about_all
from handoff.models import Delivery
from leads.models import Transition
from sla.models import Alarm


def content_of(deliveries: Sequence[Delivery]) -> Content:
    """Say what happened then, and what is so now. The key stays the same at every attempt."""
    first = deliveries[0]
    if first.content is not None:
        content: Content = first.content
        return content
    if len(deliveries) > 1 or first.digest:
        return about_all(deliveries).tamed()
    return _about(first).tamed()


def content_alone(delivery: Delivery) -> Content:
    """What it says by itself, also where it was sent in a digest."""
    return _about(delivery).tamed()


def subject_alone(delivery: Delivery) -> str:
    """Its subject by itself; after `read_causes` without asking the database."""
    if delivery.alarm_in_full:
        return one_line(about_alarm.subject_of(delivery.alarm_in_full, delivery, timezone.now()), 200)
    if delivery.act_in_full:
        return one_line(about_act.subject_of(delivery.act_in_full, delivery), 200)
    return content_alone(delivery).subject


def read_causes(deliveries: Iterable[Delivery]) -> None:
    """Read all that is said of them, in a few statements for all together. A digest reads its own."""
    several = list(deliveries)
    alarm_ids = [delivery.alarm_id for delivery in several if delivery.alarm_id]
    act_ids = [delivery.transition_id for delivery in several if delivery.transition_id]
    alarms = about_alarm.with_details(Alarm.objects.all()).in_bulk(alarm_ids)
    acts = about_act.with_details(Transition.written.all()).in_bulk(act_ids)
    for delivery in several:
        delivery.alarm_in_full = alarms.get(delivery.alarm_id or 0)
        delivery.act_in_full = acts.get(delivery.transition_id or 0)


def _about(delivery: Delivery) -> Content:
    if delivery.notice is not None:
        return about_notice(delivery, delivery.notice)
    return about_alarm.about_alarm(delivery) if delivery.alarm_id else about_act.about_act(delivery)
