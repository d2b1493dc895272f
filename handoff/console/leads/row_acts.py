"""What one may do with a lead from its row: the verb that stops the most urgent clock, and a menu of the rest."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db.models import F
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from handoff.console.leads.primary import primary_verb
from handoff.console.leads.verbs import ORDER, button, label_for, menu_item
from handoff.models import Handoff
from leads.models import Lead, State, User, Verb

MENU = (
    '<details class="menu"><summary class="act act-plain" aria-label="More for {}">⋯</summary><div>{}</div></details>'
)


def row_acts(user: User, lead: Any, verbs: Iterable[Verb], offered: datetime | None, back: str) -> SafeString:
    """One loud button at most; a rejection beside an acceptance, as both answer the same question."""
    shown = sorted(in_a_row(verbs), key=ORDER.index)
    clock = lead.running_clocks[0] if lead.running_clocks else None
    loud = primary_verb(lead, shown, clock, offered_at=offered)
    beside = [Verb.REJECT] if Verb.REJECT in shown and lead.state == State.MQL else []
    first = [verb for verb in (loud, *beside) if verb] or [verb for verb in shown if verb != Verb.REJECT][:1]
    parts = [_button(verb, user, lead, back, is_loud=verb == loud) for verb in first]
    return format_html_join(" ", "{}", ((part,) for part in [*parts, _menu(user, lead, shown, first, back)]))


def in_a_row(verbs: Iterable[Verb]) -> list[Verb]:
    """The pause of a paused lead is changed on its page; here there is room for its end."""
    offered = list(verbs)
    return [verb for verb in offered if verb != Verb.PAUSE or Verb.RESUME not in offered]


def offered_at(leads: Sequence[Lead]) -> dict[int, datetime]:
    """When each was offered to sales in its present cycle."""
    offers = Handoff.objects.filter(lead__in=[lead.pk for lead in leads], cycle=F("lead__cycle"))
    return dict(offers.values_list("lead_id", "offered_at"))


def _button(verb: str, user: User, lead: Lead, back: str, *, is_loud: bool) -> SafeString:
    tone = "primary" if is_loud else "danger" if verb == Verb.REJECT else "plain"
    return button(verb, lead, back, label_for(verb, user, lead), tone=tone)


def _menu(user: User, lead: Lead, shown: Iterable[str], first: Sequence[str], back: str) -> SafeString:
    rest = [menu_item(verb, lead, back, label_for(verb, user, lead)) for verb in shown if verb not in first]
    return format_html(MENU, lead, format_html_join("", "{}", ((item,) for item in rest))) if rest else SafeString("")
