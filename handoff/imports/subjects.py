"""What a file is about: in one of deals, calls or campaign members, “Id” and “Created” are not the lead's."""

from collections.abc import Callable, Collection, Mapping, Sequence

from handoff.imports.headers import How, Word, currency_of, key

_NAMES_OF_DEALS = frozenset(map(key, ("deal name", "deal title", "potential name", "opportunity name")))
_NAMES = frozenset(map(key, ("name", "person name", "contact name", "lead name", "full name")))
_OF_DEALS = _NAMES_OF_DEALS | frozenset(map(key, ("stage name", "deal stage")))
_OF_MEMBERS = frozenset(
    map(key, ("campaign member status", "has responded", "first responded date", "campaign member id"))
)
_OF_TOUCHES = frozenset(map(key, ("who id", "task subtype", "call start time", "call outcome", "activity date")))
_OF_PEOPLE = frozenset(
    map(key, ("first name", "last name", "company", "phone", "job title", "lead status", "salutation"))
)
_OF_ADVERTS = frozenset(
    map(key, ("creative id", "campaign group name", "ad group", "ad group id", "ad id", "adset id"))
)
_A_PERSON = frozenset(
    map(
        key,
        [
            *("lead id", "contact id", "who id", "converted lead id", "contact name", "contact name.id", "person id"),
            *("associated contact ids", "associated contact id", "associated contact email", "lead or contact id"),
        ],
    )
)
_OF_CHANNELS = {
    "call": frozenset(
        map(
            key,
            ("call start time", "call outcome", "call result", "call duration", "call type", "call owner", "call id"),
        )
    ),
    "meeting": frozenset(
        map(key, ("meeting outcome", "meeting start time", "start datetime", "venue", "event title", "meeting owner"))
    ),
}
# What a list of touchpoints is of, by headers that no other list has.
_OF_KINDS = {
    "campaign_membership": _OF_MEMBERS | frozenset(map(key, ("member status", "campaign member", "member type"))),
    "form": frozenset(
        map(
            key,
            [
                *(
                    "submit date (utc)",
                    "submitted at",
                    "submission id",
                    "submission date",
                    "submission time",
                    "form id",
                ),
                *("conversion date", "conversion page", "conversion title", "form name", "form", "form title"),
                *("network id", "response type", "optin_time", "formularname"),
            ],
        )
    ),
    "page_visit": frozenset(map(key, ("page url", "page title", "page viewed", "visited page", "referrer"))),
    "meeting": frozenset(
        map(key, ("meeting start time", "booked at", "meeting link", "invitee email", "event type name"))
    ),
    "reply": frozenset(map(key, ("replied at", "reply date", "reply text", "reply body"))),
}
_ONLY_OF_DEALS = {"deal_id", "deal_stage", "deal_status", "is_won"}
_IDS_OF_RECORDS = frozenset(map(key, ("id", "record id", "hs object id", "datensatz-id", "record-id", "レコードid")))
_CREATED = frozenset(
    map(key, ("created at", "create date", "created date", "created time", "created on", "created", "date created"))
)
_OF_THE_RECORD = _CREATED | frozenset(
    map(
        key,
        [
            *(
                "id",
                "record id",
                "name",
                "title",
                "subject",
                "description",
                "type",
                "timestamp",
                "lead source",
                "source",
            ),
        ],
    )
)


def of_another(
    kind: str, headers: Sequence[str], meanings: Mapping[int, Word], *, is_key_stated: bool
) -> dict[int, str]:
    """The columns that are properties of what the file is about, and not of the leads that it mentions."""
    spelled = {at: key(header) for at, header in enumerate(headers)}
    present = set(spelled.values())
    if kind == "outcomes":
        is_of_people = bool(_NAMES_OF_DEALS & present or (_OF_PEOPLE & present and not _OF_DEALS & present))
        return {at: "is the name of the person" for at in meanings if is_of_people and spelled[at] in _NAMES}
    if kind == "leads" and _OF_ADVERTS & present:
        return {at: "is that of the advertiser" for at in meanings if spelled[at] in ("account", "accountname")}
    if kind != "leads" or not (is_key_stated or _A_PERSON & present):
        return {}
    subject = _subject(present)
    return {at: f"is that of the {subject}" for at in meanings if subject and spelled[at] in _OF_THE_RECORD}


def of_deals(
    kind: str, headers: Sequence[str], meanings: Mapping[int, Word], settled: Collection[str]
) -> dict[int, Word]:
    """In an export of deals “Record ID” and “Create Date” are the deal's, if something else says whose deal it is."""
    spelled = [key(header) for header in headers]
    ids = {at for at, header in enumerate(spelled) if header in _IDS_OF_RECORDS}
    of_persons = {word.field for at, word in meanings.items() if at not in ids} | set(settled)
    fields = {word.field for word in meanings.values()} | set(settled)
    if kind != "outcomes" or fields.isdisjoint(_ONLY_OF_DEALS):
        return {}
    moments = {at for at, header in enumerate(spelled) if header in _CREATED}
    renamed = {at: Word("opened_at", 1, How.SYNONYM) for at in moments if "opened_at" not in fields}
    if of_persons & {"external_id", "email"} and "deal_id" not in fields:
        renamed |= {at: Word("deal_id", 1, How.SYNONYM) for at in ids}
    return renamed


def implied(kind: str, headers: Sequence[str]) -> dict[str, str]:
    """What holds of every row for what the file is about: a list of calls has no column for the channel."""
    currencies = {code for header in headers if (code := currency_of(header))}
    if kind in ("outcomes", "campaigns", "leads") and len(currencies) == 1:
        return {"currency": currencies.pop()}
    present = {key(header) for header in headers}
    if kind == "touchpoints":
        of_kinds = [name for name, words in _OF_KINDS.items() if words & present]
        is_of_members = {"campaignid", "leadid"} <= present or {"campaignid", "contactid"} <= present
        return {"kind": of_kinds[0] if of_kinds else "campaign_membership"} if of_kinds or is_of_members else {}
    if kind != "touches":
        return {}
    likely = [channel for channel, words in _OF_CHANNELS.items() if words & present]
    return {"channel": likely[0]} if len(likely) == 1 else {}


def tokens(
    kind: str, headers: Sequence[str], missing: Collection[str], column: Callable[[int], Sequence[str]]
) -> dict[int, str]:
    """Typeform heads the ids of its answers “#”, as others head the numbers of rows."""
    wanted = {"leads": "external_id", "touchpoints": "touchpoint_id"}.get(kind)
    if wanted is None or wanted not in missing:
        return {}
    places = [at for at, header in enumerate(headers) if header.strip() == "#"]
    return {at: wanted for at in places[:1] if column(at) and all(len(text) >= 16 for text in column(at))}


def _subject(present: set[str]) -> str:
    if _OF_DEALS & present:
        return "deal"
    if {"campaignid"} & present and {"leadid", "contactid"} & present and ("id" in present or _OF_MEMBERS & present):
        return "campaign member"
    return "activity" if len(_OF_TOUCHES & present) > 1 else ""
