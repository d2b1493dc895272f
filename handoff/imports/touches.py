"""Touches from a file, logged by the verb; the same one, by its own id or by lead and moment, is logged once."""

import hashlib
import re
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from handoff import workflow
from handoff.imports.kind import REFUSALS, Kind, Reading, Result, Row, named, refused
from handoff.imports.leads import WHO, find, locked
from handoff.imports.leads import keys as keys_of_leads
from handoff.imports.people import People
from handoff.workflow.backfill import PastAct, record
from handoff.workflow.facts.base import LONGEST
from leads.external_ids import normalise_id, spellings
from leads.merged import families
from leads.models import Channel, Lead, Outcome, Touch, User, Verb
from leads.normalise import is_storable
from leads.permission import block_of

ALIASES = WHO | {
    "external_id": ("lead_id", "contact_id", "record_id", "who_id", "lead_external_id"),
    "touch_id": ("activity_id", "task_id", "id", "hs_object_id"),
    "channel": ("activity_type", "task_subtype", "type"),
    "outcome": ("call_disposition", "disposition", "call_outcome", "result"),
    "at": ("activity_date", "timestamp", "date", "completed_at", "created_at", "created_date"),
    "by": (
        *("username", "rep", "activity_assigned_to", "activity_owner", "call_owner", "meeting_owner", "assigned_to"),
        *("event_owner", "task_owner", "owner", "owner_name", "host"),
    ),
    "note": ("notes", "comments", "description", "body"),
    "automatic": ("automated", "is_automatic"),
}
_CHANNELS = {
    **dict.fromkeys(("phone", "phone_call", "outbound_call"), Channel.CALL),
    **dict.fromkeys(("e_mail", "mail", "list_email"), Channel.EMAIL),
    **dict.fromkeys(("sms", "chat", "whatsapp", "text"), Channel.MESSAGE),
    **dict.fromkeys(("linkedin", "social_network", "xing"), Channel.SOCIAL),
    **dict.fromkeys(("event", "visit", "demo"), Channel.MEETING),
}
_OUTCOMES = {
    **dict.fromkeys(("connected", "answered", "replied", "held", "completed"), Outcome.REACHED),
    **dict.fromkeys(("voicemail", "left_voicemail", "left_live_message", "left_a_message"), Outcome.LEFT_MESSAGE),
    **dict.fromkeys(("busy", "missed", "no_show"), Outcome.NO_ANSWER),
    **dict.fromkeys(("wrong_number", "failed"), Outcome.BOUNCED),
}
_YES = {"yes", "true", "1", "x", "y", "ja", "oui", "si", "sí", "sim"}
_NO = {"", "no", "false", "0", "n", "nein", "non", "não"}
_LONGEST_ID = 200
_EVERY_CHANNEL, _EVERY_OUTCOME = frozenset(Channel.values), frozenset(Outcome.values)


@dataclass(frozen=True)
class _ParsedTouch:
    """A touch as a row gives it."""

    row: Row
    lead: Lead
    by: User | None
    at: datetime
    facts: Mapping[str, Any]
    key: str


def write(rows: Sequence[Row], reading: Reading) -> list[Result]:
    people = People.of(rows, users=("by",), teams=())
    read = [_read(row, lead, people, reading) for row, lead in zip(rows, find(rows, reading), strict=True)]
    parsed = [each for each in read if isinstance(each, _ParsedTouch)]
    logged = _logged(parsed, reading)
    new = _log_past(parsed, logged, reading) if reading.historical else {}
    return [
        each
        if isinstance(each, Result)
        else new.get(each.row.number) or _log(each, logged.get(each.row.number), reading)
        for each in read
    ]


def _log_past(touches: Sequence[_ParsedTouch], logged: Mapping[int, Touch], reading: Reading) -> dict[int, Result]:
    """Log at once what a file of the past says for the first time; the others are looked at one by one."""
    first: dict[str, _ParsedTouch] = {}
    for touch in touches:
        if touch.row.number not in logged and _is_plain(touch):
            first.setdefault(touch.key, touch)
    acts: dict[int, list[PastAct]] = {}
    for touch in first.values():
        acts.setdefault(touch.lead.pk, []).append(_as_act(touch, reading))
    # Another import may log the same touches now: then they are looked at one by one, which finds them.
    with suppress(IntegrityError), transaction.atomic():
        leads = locked(acts, reading)
        present = {pk: lead for pk, lead in leads.items() if lead.merged_into_id is None}
        record([(lead, acts[pk]) for pk, lead in present.items()], door=reading.door, clocks=reading.clocks)
        logged_now = [touch for touch in first.values() if touch.lead.pk in present]
        return {touch.row.number: _created(touch, reading) for touch in logged_now}
    return {}


def _created(touch: _ParsedTouch, reading: Reading) -> Result:
    if touch.lead.do_not_contact and reading.historical:
        touch.row.remark(f"{block_of(touch.lead)}; the touch is kept, as it happened.")
    return Result(touch.row, "created")


def _is_plain(touch: _ParsedTouch) -> bool:
    """The verb would not refuse it. Of any other one it says why."""
    facts = touch.facts
    is_text = len(facts["note"]) <= LONGEST and is_storable(facts["note"]) and len(touch.key) <= _LONGEST_ID
    return is_text and facts["channel"] in _EVERY_CHANNEL and facts["outcome"] in _EVERY_OUTCOME


def _as_act(touch: _ParsedTouch, reading: Reading) -> PastAct:
    facts = {**touch.facts, "at": touch.at}
    return PastAct(verb=Verb.TOUCH, at=touch.at, by=touch.by, facts=facts, key=(reading.system, touch.key))


def _logged(rows: Sequence[_ParsedTouch], reading: Reading) -> dict[int, Touch]:
    """The touches that are logged already, by the numbers of their rows."""
    members = families({parsed.lead.pk for parsed in rows})
    keys = {parsed.row.number: _keys(parsed, members[parsed.lead.pk], reading) for parsed in rows}
    wanted = {key for of_row in keys.values() for key in of_row}
    stored = Touch.objects.filter(system=reading.system, external_id__in=wanted).select_related("lead")
    by_key = {touch.external_id: touch for touch in stored}
    return {number: by_key[key] for number, of_row in keys.items() for key in of_row if key in by_key}


def _keys(parsed: _ParsedTouch, members: Sequence[int], reading: Reading) -> list[str]:
    """Its own id; or, of one without an id, what it would have been given on each lead that was merged into this."""
    if touch_id := parsed.row.get("touch_id"):
        return spellings(reading.system, touch_id)
    if len(members) == 1:
        return [parsed.key]
    return [_fingerprint(member, parsed.by, parsed.at, parsed.facts) for member in members]


def _read(row: Row, lead: Lead | Exception, people: People, reading: Reading) -> _ParsedTouch | Result:
    if isinstance(lead, Exception):
        return refused(row, lead)
    try:
        at, by, facts, touch_id = _at(row, reading), _by(row, people, reading), _facts(row), _touch_id(row, reading)
    except ValidationError as error:
        return refused(row, error)
    return _ParsedTouch(row, lead, by, at, facts, touch_id or _fingerprint(lead.pk, by, at, facts))


def _log(parsed: _ParsedTouch, logged: Touch | None, reading: Reading) -> Result:
    if logged is not None:
        return _compare(parsed, logged)
    try:
        with transaction.atomic():
            workflow.touch(
                parsed.lead.pk,
                by=parsed.by,
                door=reading.door,
                at=parsed.at,
                system=reading.system,
                external_id=parsed.key,
                **parsed.facts,
            )
    except IntegrityError:  # it was logged meanwhile, or by an earlier row
        return _compare(parsed, Touch.objects.get(system=reading.system, external_id=parsed.key))
    except REFUSALS as error:
        return refused(parsed.row, error)
    return _created(parsed, reading)


def _compare(parsed: _ParsedTouch, logged: Touch) -> Result:
    """A touch that was logged stays as it is, for clocks have gone by it; only what was noted of it may change."""
    fields = {"lead": parsed.lead, "by": parsed.by, "at": parsed.at, **parsed.facts}
    note = fields.pop("note")
    differing = [name for name, value in fields.items() if getattr(logged, name) != value]
    if logged.lead.merged_into_id == parsed.lead.pk and "lead" in differing:
        differing.remove("lead")
    if differing:
        complaint = f"The touch “{parsed.key}” was logged before, with another {' and '.join(differing)}: it stays."
        return refused(parsed.row, ValidationError(complaint))
    if not note or note == logged.note:
        return Result(parsed.row, "unchanged")
    Touch.objects.filter(pk=logged.pk).update(note=note)
    return Result(parsed.row, "updated")


def _touch_id(row: Row, reading: Reading) -> str:
    with named("touch_id"):
        return normalise_id(reading.system, row.get("touch_id"))


def _at(row: Row, reading: Reading) -> datetime:
    at = reading.moment(row, "at")
    if at is None:
        raise ValidationError({"at": ["Give the moment of the touch."]})
    return at


def _by(row: Row, people: People, reading: Reading) -> User | None:
    """Who made it. Of today's touches a clock may depend on who did: one by somebody unknown is refused."""
    if reading.historical:
        return people.user(row, "by", reading)
    with named("by"):
        return people.find(row.get("by"))


def _facts(row: Row) -> dict[str, Any]:
    channel, outcome, automatic = (_key(row.get(name)) for name in ("channel", "outcome", "automatic"))
    if automatic not in _YES | _NO:
        raise ValidationError({"automatic": [f"“{row.get('automatic')}” is neither yes nor no."]})
    return {
        "channel": str(_CHANNELS.get(channel, channel)),
        "outcome": str(_OUTCOMES.get(outcome, outcome)),
        "note": row.prose("note"),
        "automatic": automatic in _YES,
    }


def _key(text: str) -> str:
    return re.sub(r"[\s/-]+", "_", text.casefold())


def _fingerprint(lead_id: int, by: User | None, at: datetime, facts: Mapping[str, Any]) -> str:
    """An id for a touch that has none: so that the same file again, or twice at once, logs it once."""
    parts = (lead_id, by.pk if by else None, at.isoformat(), facts["channel"], facts["outcome"], facts["automatic"])
    return "row:" + hashlib.sha256(repr(parts).encode()).hexdigest()[:40]


def keys(rows: Sequence[Row], reading: Reading) -> list[Collection[object]]:
    """Rows about the same lead, or of the same id: one that is logged of one lead is refused of another."""
    ids = ({("touch", row.get("touch_id"))} - {("touch", "")} for row in rows)
    return [{*of_lead, *own} for of_lead, own in zip(keys_of_leads(rows, reading), ids, strict=True)]


KIND = Kind(ALIASES, ("external_id", "email"), frozenset({"at"}), write, keys)
