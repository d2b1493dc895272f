"""How each verb looks in the console: its name on a button, what it says when done, and its buttons for a lead."""

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from leads.models import Lead, Role, User, Verb


@dataclass(frozen=True)
class Look:
    """The words of one verb. `about` stands between its label and the lead. With `at_once` it needs no dialog."""

    label: str
    done: str
    explained: str = ""
    tone: str = "plain"
    about: str = ""
    at_once: bool = False


OF = "the rejection of"
LOOKS: dict[str, Look] = {
    Verb.ACCEPT: Look("Accept", "Accepted", "Sales answers for the lead from now.", "primary", at_once=True),
    Verb.TOUCH: Look(
        "Log a touch", "Logged a touch with", "A contact attempt by a human; the earliest one counts.", about="with"
    ),
    Verb.QUALIFY: Look(
        "Qualify", "Qualified", "The lead meets the SQL definition, and somebody spoke to it.", "primary"
    ),
    Verb.CONVERT: Look("Convert", "Converted", "The lead becomes an opportunity.", "primary"),
    Verb.PROMOTE: Look("Promote", "Promoted", "The lead is handed to sales with its packet.", "primary"),
    Verb.RESUBMIT: Look("Resubmit", "Resubmitted", "The lead goes back to its owner in a new cycle.", "primary"),
    Verb.RECYCLE: Look("Recycle", "Recycled", "The lead goes back to nurture until a date."),
    Verb.ANSWER: Look("Answer", f"Answered {OF}", "The rejection stands; sales reads how you take it.", about=OF),
    Verb.DISPUTE: Look("Dispute", f"Disputed {OF}", "An arbiter of RevOps decides.", about=OF),
    Verb.OVERTURN: Look("Overturn", f"Overturned {OF}", "The lead goes back to sales.", "primary", about=OF),
    Verb.ASSIGN: Look("Assign", "Assigned", "Without an owner the lead waits in the queue of its team."),
    Verb.REJECT: Look("Reject", "Rejected", "Marketing sees the reason and must answer.", "danger"),
    Verb.COMMENT: Look("Comment", "Commented on", "Everybody who sees the lead reads it.", "quiet", about="on"),
    Verb.UPHOLD: Look("Uphold", f"Upheld {OF}", "The rejection stands; sales was right.", about=OF),
    Verb.PAUSE: Look("Pause", "Paused", "Its clocks are held; a breach that happened stays.", "quiet"),
    Verb.RESUME: Look("Resume", "Resumed", "Its clocks go on with what is left.", "quiet"),
    Verb.ACKNOWLEDGE: Look(
        "Acknowledge", "Acknowledged an alarm of", "You see to it: the steps above stay away.", about="an alarm of"
    ),
    Verb.EXCUSE: Look(
        "Excuse", "Excused a breach of", "It stays a breach; reports give both figures.", about="a breach of"
    ),
    Verb.REJUDGE: Look("Judge anew", "Judged anew", "Its running clocks change to the policy that fits."),
    Verb.MERGE: Look("Merge", "Merged", "What the buyer did moves to the lead that stays.", "quiet"),
}
ORDER = list(LOOKS)


def label_for(verb: str, user: User, lead: Lead) -> str:
    """A rep does not assign: he takes from the queue."""
    if verb == Verb.ASSIGN and lead.owner_id is None and user.roles == {Role.SALES_REP}:
        return "Take"
    return LOOKS[verb].label


def buttons(user: User, lead: Lead, verbs: Iterable[str], back: str) -> SafeString:
    """One button for each verb, in the order in which a day goes."""
    shown = sorted(verbs, key=ORDER.index)
    return format_html_join(" ", "{}", ((button(verb, lead, back, label_for(verb, user, lead)),) for verb in shown))


def button(verb: str, lead: Lead, back: str, label: str = "", **given: str) -> SafeString:
    """A button that does the verb at once, or a link to its dialog. Facts given are filled in there."""
    look = LOOKS[verb]
    text = label or look.label
    url = f"{reverse('admin:act', args=[verb, lead.pk])}?{urlencode({'next': back, **given})}"
    if look.at_once:
        return format_html(
            '<button type="submit" form="act-form" formaction="{}" class="act act-{}" aria-label="{} {}">{}</button>',
            *(url, look.tone, text, lead, text),
        )
    return format_html(
        '<a href="{}" class="act act-{}" data-dialog aria-haspopup="dialog" aria-label="{} {}">{}</a>',
        *(url, look.tone, text, lead, text),
    )
