"""The rows of rejections: what sales said in words, the answer that the reason asks for, and the others in a menu."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from handoff.console.frame.site import viewer
from handoff.console.leads.answering import in_words, primary_of, retry_on, still_open
from handoff.console.leads.verbs import LOOKS, act_url
from handoff.models import AnswerKind, Rejection
from handoff.workflow import rights
from leads.models import Lead, Route, User, Verb
from sla.models import Clock

DECIDE = "decide"
AT_ONCE = '<button type="submit" form="act-form" formaction="{}" class="act act-primary" aria-label="{} {}">{}</button>'
LINK = '<a href="{}" class="act act-primary"{} aria-label="{} {}">{}</a>'
IN_DIALOG = SafeString(" data-dialog")


@dataclass(frozen=True)
class Choice:
    """One thing that can be done with a rejection from its row."""

    key: str
    label: str
    url: str
    in_dialog: bool = True
    at_once: bool = False


class Beside:
    """What the rows of a page need from beside them, read once for all."""

    def __init__(self, user: User, rejections: Sequence[Rejection], clocks: Iterable[Clock]) -> None:
        self.user, self.now = user, timezone.now()
        self.clocks = {clock.started_by_id: clock for clock in clocks}
        duplicates = {row.duplicate_of_id for row in rejections if row.duplicate_of_id}
        seen = Lead.objects.visible_to(user).filter(pk__in=duplicates) if duplicates else Lead.objects.none()
        self.duplicates = {lead.pk: lead for lead in seen}
        owners = {row.evidence["belongs_to"] for row in rejections if row.evidence.get("belongs_to")}
        people = User.objects.filter(username__in=owners, is_active=True) if owners else User.objects.none()
        self.people = {person.username: person for person in people}


def dress_rows(request: Any, rejections: Sequence[Any], clocks: Iterable[Clock]) -> None:
    """Give each row what its template shows."""
    user, here = viewer(request), request.get_full_path()
    beside = Beside(user, rejections, clocks)
    for row in rejections:
        row.clock = beside.clocks.get(row.transition_id)
        row.is_seen = rights.may(user, Verb.COMMENT, row.lead)
        row.evidence_shown = evidence_shown(row, beside.duplicates)
        row.primary, row.menu = _choices(row, beside, here)


def evidence_shown(rejection: Rejection, seen: Mapping[int, Lead]) -> list[SafeString | str]:
    """In words, with a link to the duplicate for who may see it."""
    other = seen.get(rejection.duplicate_of_id or 0)
    words = in_words(rejection)
    if other is None:
        return [*words]
    named = f"Duplicate of lead {other.pk}"
    url = reverse("admin:leads_lead_change", args=[other.pk])
    link = format_html('Duplicate of <a href="{}" class="row-link">{}</a> (lead {})', url, other, other.pk)
    return [link if each == named else each for each in words]


def _choices(rejection: Any, beside: Beside, here: str) -> tuple[SafeString, list[Choice]]:
    """The loud button, and the rest. Only the last rejection of a lead can be answered, while the lead is rejected."""
    if not rejection.is_last:
        return SafeString(""), []
    verbs = still_open(rights.can(beside.user, rejection.lead, beside.now), rejection)
    offered = list(_offered(rejection, verbs, beside, here))
    wanted = _wanted(rejection, {choice.key for choice in offered})
    loud = next((choice for choice in offered if choice.key == wanted), None)
    return (_button(loud, rejection.lead) if loud else SafeString("")), [each for each in offered if each is not loud]


def _wanted(rejection: Rejection, keys: Collection[str]) -> str:
    """The key of what is to be done next: nothing is urgent once marketing has answered."""
    if DECIDE in keys:
        return DECIDE
    if rejection.answer:
        return ""
    verb = primary_of(rejection)
    return AnswerKind.RETIRE if verb == Verb.ANSWER else str(verb)


def _offered(rejection: Rejection, verbs: Collection[Verb], beside: Beside, here: str) -> Iterable[Choice]:
    lead = rejection.lead
    if Verb.OVERTURN in verbs:
        url = reverse("admin:decide", args=[rejection.dispute.pk])
        yield Choice(DECIDE, "Decide", f"{url}?{urlencode({'next': here})}")
    if Verb.RESUBMIT in verbs:
        yield _resubmission(rejection, beside, here)
    if Verb.RECYCLE in verbs:
        day = retry_on(rejection)
        label = f"Recycle until {day.day} {day:%b}" if day else LOOKS[Verb.RECYCLE].label
        yield Choice(Verb.RECYCLE, label, _url(Verb.RECYCLE, lead, here))
    if Verb.MERGE in verbs and rejection.reason.route == Route.MERGE:
        other = beside.duplicates.get(rejection.duplicate_of_id or 0)
        into = {"into": other.pk} if other and other.merged_into_id is None else {}
        yield Choice(Verb.MERGE, LOOKS[Verb.MERGE].label, _url(Verb.MERGE, lead, here, **into), in_dialog=False)
    if Verb.ANSWER in verbs:
        yield Choice(AnswerKind.RETIRE, "Retire", _url(Verb.ANSWER, lead, here, kind=AnswerKind.RETIRE))
        yield Choice(AnswerKind.ACKNOWLEDGE, "Acknowledge", _url(Verb.ANSWER, lead, here, kind=AnswerKind.ACKNOWLEDGE))
    if Verb.DISPUTE in verbs:
        yield Choice(Verb.DISPUTE, LOOKS[Verb.DISPUTE].label, _url(Verb.DISPUTE, lead, here))


def _resubmission(rejection: Rejection, beside: Beside, here: str) -> Choice:
    """In one click where sales has said whose the lead is."""
    if rejection.reason.route != Route.REROUTE or rejection.answer:
        return Choice(Verb.RESUBMIT, "Fix and resubmit", _url(Verb.RESUBMIT, rejection.lead, here))
    name = beside.people.get(rejection.evidence.get("belongs_to", "")) or rejection.evidence.get("belongs_to_team")
    if not name:
        return Choice(Verb.RESUBMIT, "Reassign", _url(Verb.RESUBMIT, rejection.lead, here))
    url = f"{reverse('admin:reroute', args=[rejection.pk])}?{urlencode({'next': here})}"
    return Choice(Verb.RESUBMIT, f"Give to {name}", url, in_dialog=False, at_once=True)


def _button(choice: Choice, lead: Lead) -> SafeString:
    if choice.at_once:
        return format_html(AT_ONCE, choice.url, choice.label, lead, choice.label)
    return format_html(LINK, choice.url, IN_DIALOG if choice.in_dialog else "", choice.label, lead, choice.label)


def _url(verb: str, lead: Lead, here: str, **given: Any) -> str:
    return f"{act_url(verb, lead.pk)}?{urlencode({'next': here, **given})}"
