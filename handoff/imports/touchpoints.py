"""Touchpoints from a file: form fills, visits, campaign members, replies, meetings; each is kept once."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError

from handoff import workflow
from handoff.imports.kind import Kind, Reading, Result, Row, named, refused
from handoff.imports.leads import WHO, external_ids
from handoff.imports.leads import keys as keys_of_leads
from handoff.imports.side_values import read_campaign, read_email
from handoff.workflow.touchpoints import Done
from leads.external_ids import normalise_id
from leads.incoming import Incoming
from leads.touchpoints import Stated, clean_kind

ALIASES = WHO | {
    "external_id": ("lead_id", "contact_id", "record_id", "who_id", "lead_external_id"),
    "touchpoint_id": ("activity_id", "event_id", "submission_id", "response_id", "campaign_member_id", "id"),
    "kind": ("activity_type", "event_type", "action", "event", "type"),
    # Of a member of a campaign the response is what they did; that they were added is what we did.
    "at": (
        "first_responded_date",
        "conversion_date",
        "timestamp",
        "date",
        "activity_date",
        "created_at",
        "created_date",
    ),
    "country": ("country/region", "country_code"),
    "source": ("lead_source", "utm_source"),
    "campaign": ("campaign_id", "campaign_name"),
    "detail": ("details", "description", "page", "url", "status", "message"),
}
_KINDS = {
    **dict.fromkeys(
        ("form_submission", "form_submitted", "form_fill", "form_filled", "fill_out_form", "submission", "response"),
        "form",
    ),
    **dict.fromkeys(
        ("page_view", "pageview", "page_viewed", "page", "visit", "visit_webpage", "page_hit"), "page_visit"
    ),
    **dict.fromkeys(("campaign_member", "member", "membership", "added_to_campaign"), "campaign_membership"),
    **dict.fromkeys(("email_reply", "replied", "reply_email", "responded_to_email"), "reply"),
    **dict.fromkeys(("meeting_booked", "booked_meeting", "meeting_scheduled", "demo_booked", "appointment"), "meeting"),
    **dict.fromkeys(("open", "opened", "open_email", "email_opened"), "email_open"),
    **dict.fromkeys(("click", "clicked", "click_email", "email_clicked", "click_link"), "email_click"),
    **dict.fromkeys(("webinar_attended", "attended_webinar", "event_attended", "attended"), "webinar"),
    **dict.fromkeys(("downloaded", "asset_download", "content_download"), "download"),
}
"""What other systems call the kinds; any other short word is a kind of its own."""
KINDS = tuple(dict.fromkeys(_KINDS.values()))
_SIDE = ("source", "campaign", "country")


def write(rows: Sequence[Row], reading: Reading) -> list[Result]:
    stated = [_stated(row, reading) for row in rows]
    done = iter(workflow.record_touchpoints([each for each in stated if isinstance(each, Stated)], door=reading.door))
    results = [next(done) if isinstance(each, Stated) else each for each in stated]
    return [
        Result(row, each.outcome) if isinstance(each, Done) else refused(row, each)
        for row, each in zip(rows, results, strict=True)
    ]


def _stated(row: Row, reading: Reading) -> Stated | ValidationError:
    try:
        kind = _kind(row)
        ids, at = external_ids(row, reading), _at(row, reading)
        who = Incoming(_fields(row, reading), ids, at, reading.system, row.number, by=reading.by)
        return Stated(who, kind, row.get("touchpoint_id"))
    except ValidationError as error:
        return error


def _fields(row: Row, reading: Reading) -> dict[str, Any]:
    has_id = bool(row.get("external_id"))
    fields: dict[str, Any] = {name: row.get(name) for name in _SIDE}
    fields["email"] = _email(row, reading, has_id=has_id)
    fields["phone"] = "" if has_id or fields["email"] else row.get("phone")
    fields["message"] = row.prose("detail")
    if fields["campaign"]:
        fields["campaign"] = reading.side(row, "campaign", lambda: read_campaign(row.get("campaign"))[0])
    if not fields["phone"]:
        fields["country"] = ""  # it is asked for beside a phone only
    return fields


def _email(row: Row, reading: Reading, *, has_id: bool) -> str:
    """An email that cannot be read says nothing beside an id, and refuses a row without one."""
    if has_id:
        return reading.side(row, "email", lambda: read_email(row.get("email"))[0]) or ""
    with named("email"):
        return read_email(row.get("email"))[0]


def _kind(row: Row) -> str:
    kind = clean_kind(row.get("kind"))
    return _KINDS.get(kind, kind)


def _at(row: Row, reading: Reading) -> datetime:
    at = reading.moment(row, "at")
    if at is None:
        raise ValidationError({"at": ["Give the moment of the touchpoint."]})
    return at


def keys(rows: Sequence[Row], reading: Reading) -> list[Collection[object]]:
    """Rows about the same lead, or of the same id."""
    return [{*of_lead, *_own(row, reading)} for of_lead, row in zip(keys_of_leads(rows, reading), rows, strict=True)]


def _own(row: Row, reading: Reading) -> list[object]:
    try:
        value = normalise_id(reading.system, row.get("touchpoint_id"))
    except ValidationError:
        return []
    return [("touchpoint", value)] if value else []


def whole(row: Row, reading: Reading) -> Row:  # noqa: ARG001 as those of other kinds
    """What a buyer did is for marketing to record, whoever works with them, as it is through the API."""
    return row


def always(reading: Reading) -> bool:  # noqa: ARG001 as those of other kinds
    """Touchpoints lock their leads in one order, and nothing that sales decides is changed by one."""
    return True


KIND = Kind(
    ALIASES, ("external_id", "email", "phone"), frozenset({"at"}), write, keys, locks_itself=always, of_taken=whole
)
