"""What a merge, or its undoing, would bring about: in words, before it is done."""

from collections.abc import Collection, Iterator

from django.db.models import QuerySet
from django.utils import timezone

from handoff.workflow import belongings, merge_rules
from leads.facts import Fact, fact, seen_facts, value_of
from leads.models import ANY_TIME, Lead, Transition, Verb
from leads.permission import BLOCK
from sla.models import Clock, ClockState

COUNTED = {
    "touches": ("touch", "touches"),
    "touchpoints": ("touchpoint", "touchpoints"),
    "deals": ("deal", "deals"),
    "external_ids": ("external id", "external ids"),
    "consents": ("consent", "consents"),
}


def carried_over(gone: Lead, stays: Lead) -> list[str]:
    """What the lead that stays would get from the other."""
    words = [*_belongings(gone), *_clocks(gone, stays), *_rejection(gone)]
    words.append("Comments and history are read on the lead that stays, with a link to the other.")
    if gone.email:
        words.append(f"Both emails are kept: a capture with either is found on lead {stays.pk}.")
    return words


def differing(gone: Lead, stays: Lead, roles: Collection[str] | None = None) -> list[tuple[Fact, str, str, bool]]:
    """The facts of the two side by side, of those that may be seen with these roles, and whether the lead that stays
    would take that of the other by itself."""
    taken = {*belongings.chosen(gone, stays, []), *(BLOCK if gone.do_not_contact and not stays.do_not_contact else ())}
    rows = (
        (each, each.shown(value_of(gone, each)), each.shown(value_of(stays, each)), each.name in taken)
        for each in seen_facts(roles)
    )
    return [row for row in rows if row[1] or row[2]]


def undone(gone: Lead, roles: Collection[str] | None = None) -> list[tuple[str, str]]:
    """What undoing a merge would give back, and what would stay: pairs of a label and a text."""
    stays, merge = gone.merged_into, merge_rules.last_merge(gone)
    if stays is None or "moved" not in merge.facts:
        return []
    moved = merge.facts["moved"]
    back = [_counted(name, len(moved[name])) for name in COUNTED if moved.get(name)]
    rows = [(f"Back to lead {gone.pk}", ", ".join([*back, "its clocks, due when they were"]))]
    if due := _overdue(gone, merge):
        rows.append(("Overdue at once", f"{due}: alarms that would have fired meanwhile fire now."))
    since = list(_since(gone, stays, merge, roles))
    rows.append((f"Stays with lead {stays.pk}", ", ".join(since) if since else "Nothing has happened there since."))
    return rows


def _belongings(gone: Lead) -> Iterator[str]:
    for name in COUNTED:
        if number := getattr(gone, name).count():
            yield f"{_counted(name, number)} go{'es' if number == 1 else ''} along."


def _counted(name: str, number: int) -> str:
    singular, plural = COUNTED[name]
    return f"{number} {singular if number == 1 else plural}"


def _clocks(gone: Lead, stays: Lead) -> Iterator[str]:
    running, going_on = _running(gone), _running(stays)
    carried = {clock.metric for clock in merge_rules.carried(stays, running, going_on)}
    for clock in running:
        name = clock.get_metric_display()
        if clock.metric in carried:
            yield f"{name} goes on, with the time that is left."
        elif any(other.metric == clock.metric for other in going_on):
            yield f"{name} ends: it runs on the lead that stays already."
        else:
            yield f"{name} ends: it has nothing more to measure."


def _rejection(gone: Lead) -> Iterator[str]:
    if merge_rules.answers(gone):
        yield "Its rejection as a duplicate is answered by the merge."


def _overdue(gone: Lead, merge: Transition) -> str:
    ended = Clock.objects.filter(lead=gone, stopped_by=merge, due_at__lt=timezone.now(), state=ClockState.CANCELLED)
    return ", ".join(clock.get_metric_display() for clock in ended)


def _since(gone: Lead, stays: Lead, merge: Transition, roles: Collection[str] | None) -> Iterator[str]:
    """What happened on the lead that stayed since."""
    acts: QuerySet[Transition] = stays.transitions.filter(pk__gt=merge.pk, recorded_at__gt=merge.recorded_at)
    if touches := acts.filter(verb=Verb.TOUCH).count():
        yield _counted("touches", touches)
    if comments := acts.filter(verb=Verb.COMMENT).count():
        yield f"{comments} comment{'' if comments == 1 else 's'}"
    if moves := acts.exclude(verb__in=ANY_TIME).count():
        yield f"{moves} other act{'' if moves == 1 else 's'}"
    moved = merge.facts["moved"]
    came_along = [*moved["touchpoints"], *moved["captures"]]
    if points := stays.touchpoints.filter(at__gt=merge.recorded_at).exclude(pk__in=came_along).count():
        yield _counted("touchpoints", points)
    if deals := stays.deals.filter(opened_at__gt=merge.recorded_at).count():
        yield _counted("deals", deals)
    corrected = [fact(name) for name in belongings.changed_since(gone, stays, merge)]
    if seen := [each.label for each in corrected if roles is None or each.is_seen_by(roles)]:
        yield f"{', '.join(seen)}, corrected since"


def _running(lead: Lead) -> list[Clock]:
    return list(Clock.objects.filter(lead=lead, stopped_at=None).select_related("calendar").order_by("pk"))
