"""What waits on a person, and by when: to accept, touch, answer, decide or sign."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db.models import F, Min, Q

from handoff.agreement.signing import side_to_sign
from handoff.alerts.content import lead_link, title
from handoff.models import Dispute, Rejection
from leads.models import MARKETING, SALES, Definition, Lead, Role, State, User
from leads.permission import warnings_of
from sla.metrics import IN_SALES, Metric
from sla.models import Clock

TOUCHES = (Metric.SPEED_TO_LEAD, Metric.TIME_TO_TOUCH, Metric.TIME_TO_NEXT_TOUCH)


@dataclass(frozen=True)
class Obligation:
    """One thing that a person owes. `due_at` is empty where no clock runs for it, or a paused one."""

    words: str
    due_at: datetime | None
    url: str
    contact: str = ""


def obligations_of(user: User) -> list[Obligation]:
    """What is due first comes first; what no clock waits for comes last."""
    owed = [*_of_sales(user), *_of_marketing(user), *_of_arbiter(user), *_of_signatory(user)]
    return sorted(owed, key=lambda each: (each.due_at is None, each.due_at))


def _of_sales(user: User) -> Iterator[Obligation]:
    if not user.has_role(*SALES):
        return
    leads = Lead.objects.filter(owner=user, merged_into=None, state__in=IN_SALES).order_by("pk")
    running = Q(clocks__stopped_at=None)
    due: Any = leads.annotate(
        accept_by=Min("clocks__due_at", filter=running & Q(clocks__metric=Metric.TIME_TO_ACCEPT)),
        touch_by=Min("clocks__due_at", filter=running & Q(clocks__metric__in=TOUCHES)),
    )
    for lead in due:
        if lead.state == State.MQL:
            yield _about(lead, "Accept", lead.accept_by)
        is_untouched = lead.last_touch_at is None or lead.last_touch_at < lead.entered_at
        if lead.touch_by or (lead.state == State.SAL and is_untouched):
            yield _about(lead, "Touch", lead.touch_by)


def _of_marketing(user: User) -> Iterator[Obligation]:
    """The rejections of the campaigns that they own; of the others, each marketing lead's. As messages go."""
    if not user.has_role(*MARKETING):
        return
    whose = Q(lead__campaign__owner=user)
    if user.has_role(Role.MARKETING_LEAD):
        whose |= Q(lead__campaign=None) | Q(lead__campaign__owner=None) | Q(lead__campaign__owner__is_active=False)
    open_ones = Rejection.objects.filter(
        whose, answer="", lead__state=State.REJECTED, lead__merged_into=None, cycle=F("lead__cycle")
    ).exclude(from_state=State.RAW)
    rejections = list(open_ones.select_related("lead", "reason").order_by("pk"))
    due = _due(Metric.TIME_TO_ANSWER, [rejection.lead_id for rejection in rejections])
    for rejection in rejections:
        words = f"Answer the rejection ({rejection.reason}) of {title(rejection.lead)}"
        yield Obligation(words, due.get(rejection.lead_id), lead_link(rejection.lead)[1], _contact(rejection.lead))


def _of_arbiter(user: User) -> Iterator[Obligation]:
    if not user.has_role(Role.REVOPS) or user.has_role(*MARKETING, *SALES):
        return
    of_others = Dispute.objects.filter(decision="").exclude(by=user).exclude(rejection__by=user)
    disputes = list(of_others.select_related("rejection__lead").order_by("pk"))
    due = _due(Metric.TIME_TO_DECIDE, [dispute.rejection.lead_id for dispute in disputes])
    for dispute in disputes:
        lead, url = dispute.rejection.lead, f"{settings.BASE_URL}/console/decide/{dispute.pk}/"
        yield Obligation(f"Decide the dispute of {title(lead)}", due.get(lead.pk), url, _contact(lead))


def _of_signatory(user: User) -> Iterator[Obligation]:
    """A draft that lacks their signature, unless a later version is there already."""
    drafts = Definition.objects.order_by("stage", "-version").distinct("stage")
    for draft in drafts:
        signed = (draft.marketing_signatory_id, draft.sales_signatory_id)
        if draft.active_from is None and user.pk not in signed and side_to_sign(user, draft):
            url = f"{settings.BASE_URL}/console/leads/definition/{draft.pk}/change/"
            yield Obligation(f"Sign: {draft}", None, url)


def _about(lead: Lead, words: str, due_at: datetime | None) -> Obligation:
    return Obligation(f"{words} {title(lead)}", due_at, lead_link(lead)[1], _contact(lead))


def _contact(lead: Lead) -> str:
    """How the buyer is reached, and what must be known before."""
    ways = () if lead.do_not_contact else (lead.phone, lead.mobile_phone, lead.email)
    return " · ".join([*dict.fromkeys(way for way in ways if way), *warnings_of(lead)])


def _due(metric: Metric, lead_ids: list[int]) -> dict[int, datetime | None]:
    running = Clock.objects.filter(lead__in=lead_ids, metric=metric, stopped_at=None)
    return dict(running.values_list("lead_id", "due_at"))
