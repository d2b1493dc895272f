"""How each verb looks in the console: its name on a button, its icon in the timeline, and its buttons for a lead."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import urlencode

from django.urls import get_script_prefix, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import capfirst

from leads.models import SALES, Lead, Role, User, Verb


@dataclass(frozen=True)
class Look:
    """One verb on a page. `about` is read between its label and the lead. With `at_once` it needs no dialog.

    `on_page`: its question is a page, as it is too wide for a dialog.
    """

    label: str
    explained: str
    tone: str = "plain"
    about: str = ""
    icon: str = "sync_alt"
    at_once: bool = False
    on_page: bool = False


OF = "the rejection of"
LOOKS: dict[str, Look] = {
    Verb.ACCEPT: Look("Accept", "Sales answers for the lead from now.", "primary", at_once=True),
    Verb.TOUCH: Look(
        "Log a touch", "Log a call, email or meeting you made. The first one stops the clock.", about="with"
    ),
    Verb.QUALIFY: Look("Qualify", "The lead meets the SQL definition, and sales has contacted it.", "primary"),
    Verb.CONVERT: Look("Convert", "The lead becomes an opportunity.", "primary"),
    Verb.PROMOTE: Look("Promote", "The lead is handed to sales with its packet.", "primary"),
    Verb.RESUBMIT: Look("Resubmit", "The lead goes back to its owner in a new cycle.", "primary"),
    Verb.RECYCLE: Look("Recycle", "The lead goes back to nurture until a date."),
    Verb.ANSWER: Look("Answer", "Accept the rejection. Sales will see your answer.", about=OF),
    Verb.DISPUTE: Look("Dispute", "An arbiter of RevOps decides.", about=OF),
    # Side by side and alike: nobody is led to one of the two decisions.
    Verb.UPHOLD: Look("Uphold", "The rejection is confirmed; sales was right.", about=OF),
    Verb.OVERTURN: Look("Overturn", "The lead goes back to sales; marketing was right.", about=OF),
    Verb.ASSIGN: Look("Assign", "Without an owner the lead waits in the queue of its team.", icon="person"),
    Verb.REJECT: Look("Reject", "Marketing sees the reason and must answer.", "danger", icon="block"),
    Verb.COMMENT: Look("Comment", "Everyone who sees the lead can read it.", "quiet", about="on", icon="chat"),
    Verb.PAUSE: Look("Pause", "Stops the clocks. Past breaches remain.", "quiet", icon="pause"),
    Verb.RESUME: Look("Resume", "Its clocks continue with the time left.", "quiet", icon="play_arrow"),
    Verb.ACKNOWLEDGE: Look(
        "Acknowledge",
        "You are on it. No further reminders for this clock, except the breach.",
        about="an alarm of",
        icon="notifications_off",
    ),
    Verb.EXCUSE: Look(
        "Excuse", "It stays in the record; reports show both figures.", about="a breach of", icon="verified"
    ),
    Verb.REEVALUATE: Look(
        "Re-evaluate policies", "Its running clocks change to the policy that fits.", about="of", icon="gavel"
    ),
    Verb.UPDATE_DEAL: Look(
        "Update deals", "How a deal of the lead stands; or another deal of it.", "plain", about="of", icon="payments"
    ),
    Verb.MERGE: Look("Merge", "What the buyer did moves to the lead that stays.", "quiet", icon="merge", on_page=True),
    Verb.UNMERGE: Look(
        "Undo the merge", "Both leads get back what they had before.", "plain", about="of", icon="call_split"
    ),
    Verb.SNOOZE: Look(
        "Snooze", "You are reminded then. Its clocks go on, and fall due as before.", "quiet", icon="snooze"
    ),
    Verb.UNDO: Look("Undo", "The lead is as it was before the act.", "quiet", about="an act on", icon="undo"),
}
ORDER = list(LOOKS)


def past_tense(verb: str) -> str:
    """“Accepted”, “Answered the rejection of”: to be read before the lead."""
    return capfirst(Verb(verb).past)


def past_of_this_lead(verb: str) -> str:
    """“Answered the rejection”: where the lead need not be named."""
    return past_tense(verb).removesuffix(" of").removesuffix(" on").removesuffix(" with")


def label_for(verb: str, user: User, lead: Lead) -> str:
    """A rep does not assign: they take from the queue."""
    if verb == Verb.ASSIGN and lead.owner_id is None and user.roles == {Role.SALES_REP}:
        return "Take"
    return LOOKS[verb].label


def act_url(verb: str, lead_id: int) -> str:
    """Where a verb is done with a lead. A list has hundreds of these: to look each up took a tenth of its time."""
    return f"{_act_of(verb, get_script_prefix())}{lead_id}/"


@lru_cache(maxsize=200)
def _act_of(verb: str, prefix: str) -> str:  # noqa: ARG001 every address begins with the prefix
    return reverse("admin:act", args=[verb, 0]).removesuffix("0/")


def menu_item(verb: str, lead: Lead, back: str, label: str) -> SafeString:
    """The same in the menu of a row, which names the lead."""
    look, url = LOOKS[verb], f"{act_url(verb, lead.pk)}?{urlencode({'next': back})}"
    if look.at_once:
        return format_html('<button type="submit" form="act-form" formaction="{}">{}</button>', url, label)
    return format_html('<a href="{}"{}>{}</a>', url, SafeString("" if look.on_page else " data-dialog"), label)


def row_button(verb: str, lead: Lead, user: User, tone: str) -> SafeString:
    """A small button: it names one of the two forms of the list, which know the way back, in the place of an address.

    Who takes a lead takes it at once.
    """
    return format_html(_markup(verb, _takes(user, lead), tone, get_script_prefix()), lead.pk, user.username, lead)


def row_menu(verbs: Iterable[str], lead: Lead, user: User) -> SafeString:
    """The other buttons of a row, in its menu, which names the lead."""
    takes, prefix = _takes(user, lead), get_script_prefix()
    return format_html("".join(_markup(verb, takes, "", prefix) for verb in verbs), lead.pk, user.username)


def _takes(user: User, lead: Lead) -> bool:
    return lead.owner_id is None and user.has_role(*SALES)


@lru_cache(maxsize=500)
def _markup(verb: str, takes: bool, tone: str, prefix: str) -> str:
    """A button of any row, to be completed by the number of its lead, by who takes it, and by the lead.

    Rows differ by no more, and a page has hundreds of such buttons: each by itself, they took most of its time.
    """
    is_take = verb == Verb.ASSIGN and takes
    form = "act-form" if LOOKS[verb].at_once or is_take else "ask-form"
    style = f' class="act act-{tone}"' if tone else ""
    taker = ' name="owner" value="{1}"' if is_take else ""
    label = "Take" if is_take else LOOKS[verb].label
    named = '<span class="sr-only"> {2}</span>' if tone else ""
    return f'<button form="{form}" formaction="{_act_of(verb, prefix)}{{0}}/"{style}{taker}>{label}{named}</button>'


def button(verb: str, lead: Lead, back: str, label: str = "", *, tone: str = "", **given: str) -> SafeString:
    """A button that does the verb at once, or a link to its dialog. Facts given are filled in there."""
    look = LOOKS[verb]
    tone = tone or look.tone
    text = label or look.label
    url = f"{act_url(verb, lead.pk)}?{urlencode({'next': back, **given})}"
    if look.at_once:
        return format_html(
            '<button type="submit" form="act-form" formaction="{}" class="act act-{}" aria-label="{} {}">{}</button>',
            *(url, tone, text, lead, text),
        )
    if look.on_page:
        return format_html('<a href="{}" class="act act-{}" aria-label="{} {}">{}</a>', url, tone, text, lead, text)
    return format_html(
        '<a href="{}" class="act act-{}" data-dialog aria-haspopup="dialog" aria-label="{} {}">{}</a>',
        *(url, tone, text, lead, text),
    )
