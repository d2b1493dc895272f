"""What has changed of an inbox: a token that tells whether anything has, and the rows, counts and order if so."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from django.http import JsonResponse

from handoff.console.frame.counting import capped
from handoff.console.leads.inbox_list import SCOPES, InboxList
from handoff.console.leads.inbox_rows import (
    MOST_SHOWN,
    PAGE,
    SectionRows,
    as_html,
    read_sections,
    rows_of,
)
from handoff.console.leads.sections import SOON, Section
from sla.durations import DAY

LONGEST_HAVE = 30_000


def token_before(listing: InboxList) -> str:
    """To be read before the rows: a change in between is then noticed with the next question."""
    return listing.digest()


def finished(digest: str, listing: InboxList, sections: Sequence[SectionRows]) -> str:
    """With the moment until which it holds: then a lead falls due, or another day begins."""
    first = {section.name: section.due_of_first for section in sections}
    held = [row.held_until for section in sections for row in section.rows]
    return _with_end(digest, listing, first, held)


def is_current(token: str, digest: str, listing: InboxList) -> bool:
    """Nothing has changed since the token was given, and nothing has fallen due."""
    before, _, until = token.partition("-")
    return before == digest and until.isascii() and until.isdigit() and listing.at.now.timestamp() < int(until[:12])


def changes(listing: InboxList, sent: Mapping[str, Any], digest: str) -> dict[str, Any]:
    """The order of the list as it is now, its counts, and those rows that the page does not have as they are now."""
    have = _marks(sent.get("_have", ""))
    sections = read_sections(listing, _numbers(sent.get("_shown", "")))
    rows = rows_of(listing, (pk for _name, _number, first in sections for pk, _due in first))
    due = {name: first[0][1] if first else None for name, _number, first in sections}
    held = [row.held_until for row in rows.values()]
    return {
        "token": _with_end(digest, listing, due, held),
        "counts": {name: capped(number) for name, number, _first in sections},
        "more": {name: number > len(first) for name, number, first in sections},
        "order": {name: [pk for pk, _due in first if pk in rows] for name, _number, first in sections},
        "rows": {pk: as_html(listing, row) for pk, row in rows.items() if have.get(str(pk)) != row.mark},
        "tabs": {name: number_of(listing, name) for name in SCOPES},
    }


def number_of(listing: InboxList, scope: str) -> str:
    """How many leads another list has, whatever this one is narrowed to."""
    return capped(listing.without(*listing.filters, "q").of_scope(scope).count())


def as_answer(changed: Mapping[str, Any]) -> JsonResponse:
    return JsonResponse(changed, headers={"Cache-Control": "no-store"})


def _with_end(digest: str, listing: InboxList, due: Mapping[str, datetime | None], held: Sequence[Any]) -> str:
    at = listing.at
    ends = [at.tomorrow, at.now + timedelta(seconds=DAY), due.get(Section.SOON)]
    ends += [moment - SOON for name in (Section.NEW, Section.TODAY, Section.LATER) if (moment := due.get(name))]
    ends += [moment for moment in held if moment]
    first = min(end.astimezone(UTC) for end in ends if end and end > at.now)
    return f"{digest}-{int(first.timestamp()) + 1}"


def _marks(text: str) -> dict[str, str]:
    """The rows that the page has, like `17.204n,18.190`."""
    return dict(part.partition(".")[::2] for part in text[:LONGEST_HAVE].split(",") if part)


def _numbers(text: str) -> dict[str, int]:
    """How many of each section the page shows, like `soon.20,new.70`."""
    wanted = {name: number for name, number in _marks(text).items() if number.isascii() and number.isdigit()}
    return {name: min(max(int(number[:6]), PAGE), MOST_SHOWN) for name, number in wanted.items()}
