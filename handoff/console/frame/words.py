"""How states and moments look on a page."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from leads.conditions import in_words as in_words_of
from leads.conditions import is_hidden
from leads.models import Lead, State
from leads.permission import BLOCKED, block_of
from sla.durations import in_words
from sla.models import Clock
from sla.standing import Standing, standing

STATE_TONES = {
    State.RAW: "plain",
    State.MQL: "info",
    State.SAL: "primary",
    State.SQL: "primary",
    State.OPPORTUNITY: "success",
    State.REJECTED: "danger",
}
STANDING_TONES = {
    Standing.RUNNING: "info",
    Standing.AT_RISK: "warning",
    Standing.OVERDUE: "danger",
    Standing.MET: "success",
    Standing.BREACHED: "danger",
    Standing.CANCELLED: "plain",
}


def badge(text: str, tone: str = "plain", hint: str = "") -> SafeString:
    """A word on a coloured ground; the word alone says it all."""
    title = format_html(' title="{}"', hint) if hint else ""
    return format_html('<span class="badge badge-{}"{}>{}</span>', tone, title, text)


def two_lines(first: Any, second: Any) -> SafeString:
    return format_html('<span class="two-lines">{}<small>{}</small></span>', first, second) if second else first


def conditions_of(conditions: Iterable[Mapping[str, Any]]) -> str:
    """Like `score at least 80 and country in DE, AT`."""
    return " and ".join(map(_condition, conditions)) or "Every lead"


def _condition(condition: Mapping[str, Any]) -> str:
    """In lists that all roles read, so without what only some may see."""
    return "a restricted condition" if is_hidden(condition, ()) else in_words_of(condition)


def source_of(source: str) -> str:
    """Like `Paid search` for paid_search."""
    return source.replace("_", " ").capitalize()


NOUNS = {
    "handoff.apitoken": ("API token", "API tokens"),
    "auth.group": ("role", "roles"),
    "leads.transition": ("act", "acts"),
    "leads.handoffrules": ("version of the rules", "versions of the rules"),
    "handoff.slatable": ("version of the SLA table", "versions of the SLA table"),
    "leads.sourcerank": ("system", "systems"),
    "handoff.standardmessage": ("standard message", "standard messages"),
}
"""What the rows of a list are called, where the model's own name is not the word of the console."""


def noun(opts: Any, count: Any = 1) -> str:
    """What one row of a list is called, or several of them."""
    one, several = NOUNS.get(opts.label_lower, (opts.verbose_name, opts.verbose_name_plural))
    return str(one if str(count) == "1" else several)


def state_of(lead: Lead) -> SafeString:
    if lead.merged_into_id:
        return badge("Merged", "plain", f"Into lead {lead.merged_into_id}")
    return badge(State(lead.state).label, STATE_TONES[State(lead.state)])


def with_block(shown: Any, lead: Lead) -> Any:
    """What stands for a lead on a page, beside the loud word where nobody may contact the buyer."""
    if not lead.do_not_contact:
        return shown
    return format_html("{} {}", shown, badge(BLOCKED, "danger", block_of(lead)))


def pause_of(lead: Lead) -> SafeString:
    """Like `Paused until 9 Mar 2026, 10:42`; empty while its clocks are not held."""
    if not lead.is_paused(timezone.now()):
        return SafeString("")
    if lead.paused_until is None:
        return badge("Paused", "warning", "Until it is resumed, or moves on")
    return badge(f"Paused until {when(lead.paused_until)}", "warning", absolute(lead.paused_until))


def snooze_of(lead: Lead) -> SafeString:
    """Like `Snoozed until 9 Mar 2026, 10:42`; empty while nobody has put it off."""
    if lead.snoozed_until is None or not lead.is_snoozed(timezone.now()):
        return SafeString("")
    local = timezone.localtime(lead.snoozed_until)
    return badge(f"Snoozed until {local.day} {local:%b %Y, %H:%M}", "info", absolute(lead.snoozed_until))


def clock_state(clock: Clock) -> SafeString:
    if clock.paused:
        return _held()
    stands = standing(clock, timezone.now())
    return badge(stands.label, STANDING_TONES[stands])


def absolute(at: datetime) -> str:
    """Like `Mon 9 Mar 2026, 10:42 CET (Europe/Berlin)`, in the zone of who looks."""
    local = timezone.localtime(at)
    return f"{local:%a} {when(at)} {local.tzname()} ({timezone.get_current_timezone_name()})"


def day(on: date) -> str:
    """Like `9 Mar 2026`: the form of every date."""
    return f"{on.day} {on:%b %Y}"


def when(at: datetime) -> str:
    """Like `9 Mar 2026, 10:42`, in the zone of who looks: the form of every moment."""
    local = timezone.localtime(at)
    return f"{day(local)}, {local:%H:%M}"


def moment(at: datetime | None) -> SafeString:
    """Like `9 Mar 2026, 10:42`, with the zone in the tooltip."""
    return _time(at, when(at)) if at else SafeString("–")


def due_in_words(at: datetime, now: datetime) -> str:
    """Like `Mon 10:05` within six days, else `9 Mar, 10:05`, in the zone of who looks."""
    local, today = timezone.localtime(at), timezone.localtime(now).date()
    if abs((local.date() - today).days) < 7:
        return f"{local:%a %H:%M}"
    year = "" if local.year == today.year else f" {local.year}"
    return f"{local.day} {local:%b}{year}, {local:%H:%M}"


def ago(at: datetime | None, now: datetime | None = None) -> SafeString:
    """Like `3 h ago` or `in 3 h`, with the moment in the tooltip."""
    if at is None:
        return SafeString("–")
    gone = (now or timezone.now()) - at
    text = f"in {in_words(-gone)}" if gone < timedelta(0) else f"{in_words(gone)} ago"
    if abs(gone) < timedelta(seconds=30):
        text = "just now"
    return _time(at, text)


def _time(at: datetime, text: str) -> SafeString:
    # Whole seconds: what comes below them says nothing, and stands in each row.
    return format_html('<time datetime="{}" title="{}">{}</time>', at.isoformat(timespec="seconds"), absolute(at), text)


def time_left(clock: Clock | None, now: datetime | None = None) -> SafeString:
    """How urgent a running clock is, in text and colour, with the moment it is due in the tooltip."""
    if clock is None:
        return SafeString("–")
    if clock.paused:
        return _held()
    if clock.due_at is None:
        return badge("Cannot be computed", "warning", clock.error)
    now = now or timezone.now()
    left = clock.due_at - now
    hint = f"Due {absolute(clock.due_at)}"
    if left < timedelta(0):
        return badge(f"{in_words(left)} overdue", "danger", hint)
    is_at_risk = standing(clock, now) == Standing.AT_RISK
    return badge(f"{in_words(left)} left", "warning" if is_at_risk else "success", hint)


def _held() -> SafeString:
    return badge("Paused", "warning", "Its due time is not known before the lead is resumed")
