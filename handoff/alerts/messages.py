"""What is said by one message: of its one delivery, or of all that became a digest. Each channel gives it its form."""

from collections.abc import Sequence

from handoff.alerts.about_act import about_act
from handoff.alerts.about_alarm import about_alarm
from handoff.alerts.about_notice import about_notice
from handoff.alerts.content import Content
from handoff.alerts.digest import about_all
from handoff.models import Delivery


def content_of(deliveries: Sequence[Delivery]) -> Content:
    """Say what happened then, and what is so now. The key stays the same at every attempt."""
    first = deliveries[0]
    if first.content is not None:
        content: Content = first.content
        return content
    if len(deliveries) > 1 or first.digest:
        return about_all(deliveries).tamed()
    return _about(first).tamed()


def _about(delivery: Delivery) -> Content:
    if delivery.notice is not None:
        return about_notice(delivery, delivery.notice)
    return about_alarm(delivery) if delivery.alarm_id else about_act(delivery)
