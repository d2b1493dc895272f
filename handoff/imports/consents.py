"""Consent as files have it: “Email Opt Out” 1 is withdrawn, “Opt-in” yes is given, and “Opt out” no says nothing."""

from datetime import datetime
from functools import partial

from django.core.exceptions import ValidationError

from handoff.imports.kind import Reading, Row
from leads.models import ConsentStatement, Purpose, Via
from leads.normalise import quoted
from leads.values import NO, YES

ALIASES: dict[str, tuple[str, ...]] = dict.fromkeys(
    (
        *("email_opt_out", "email_opt_in", "marketing_contact", "phone_opt_out", "phone_opt_in"),
        *("unsubscribed_at", "consent_at", "consent_wording", "consent_source"),
    ),
    (),
)
"""The words for them are in synonyms.txt."""
DATES = frozenset({"unsubscribed_at", "consent_at"})
_GIVEN = YES | {"opted in", "opt-in", "opt in", "granted", "given", "subscribed", "consented", "confirmed", "x"}
_WITHDRAWN = NO | {
    *("opted out", "opt-out", "opt out", "withdrawn", "revoked", "unsubscribed", "denied", "declined", "no consent"),
    *("cleaned", "not given"),
}
_OUT = YES | {"opted out", "opt-out", "opt out", "unsubscribed", "do not allow", "blocked", "blacklisted", "x"}
_NOT_OUT = NO | {"opted in", "opt-in", "opt in", "subscribed", "allow", "allowed"}
_MARKETING, _NOT_MARKETING = (
    YES | {"marketing contact", "set as marketing"},
    NO | {"non-marketing contact", "non marketing contact"},
)
# The field, the purpose, the words for the buyer's consent, and those for the contrary. An opt-out that is not set says
# nothing: who never refused has not agreed.
_COLUMNS = (
    ("email_opt_in", Purpose.EMAIL, _GIVEN, _WITHDRAWN),
    ("marketing_contact", Purpose.EMAIL, _MARKETING, _NOT_MARKETING),
    ("email_opt_out", Purpose.EMAIL, frozenset[str](), _OUT),
    ("phone_opt_in", Purpose.PHONE, _GIVEN, _WITHDRAWN),
    ("phone_opt_out", Purpose.PHONE, frozenset[str](), _OUT),
)


def statements_of(row: Row, reading: Reading) -> tuple[ConsentStatement, ...]:
    """What a row says of consent: of two columns that contradict each other, the stricter one."""
    if reading.fields.isdisjoint(ALIASES):
        return ()
    granted: dict[Purpose, bool] = {}
    for name, purpose, yes, no in _COLUMNS:
        word = reading.side(row, name, partial(_word, row.get(name), yes, no))
        if word is not None:
            granted[purpose] = granted.get(purpose, True) and word
    unsubscribed_at = reading.side(row, "unsubscribed_at", lambda: reading.moment(row, "unsubscribed_at"))
    if unsubscribed_at is not None:
        granted[Purpose.EMAIL] = False
    if not granted:
        return ()
    given_at = reading.side(row, "consent_at", lambda: reading.moment(row, "consent_at"))
    return tuple(
        _statement(row, reading, purpose, is_granted, given_at if is_granted else unsubscribed_at)
        for purpose, is_granted in granted.items()
    )


def _word(text: str, yes: frozenset[str], no: frozenset[str]) -> bool | None:
    spelled = text.casefold()
    if not spelled or (not yes and spelled in _NOT_OUT):
        return None
    if spelled in yes | no:
        return spelled in yes
    raise ValidationError(f"{quoted(text)} is neither yes nor no.")


def _statement(row: Row, reading: Reading, purpose: Purpose, granted: bool, at: datetime | None) -> ConsentStatement:
    source = row.get("consent_source") or f"A file of {reading.system}"
    return ConsentStatement(purpose, granted, at, row.prose("consent_wording")[:10_000], source[:200], via=Via.IMPORT)
