"""The rates of a set are written here. What is replaced or withdrawn stays, with who did it, when and why."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils import timezone

from handoff.models import PeriodClose, Rate, RateSet
from handoff.refusals import FactsRefused, NotAllowed, Refused
from leads.models import Role, User

MOST_NAMED = 5
"""Lines that a refusal names."""
Pair = tuple[str, str]


class GivenRate(NamedTuple):
    """One line of what somebody brings: from that day on, one unit of the one currency is so much of the other."""

    line: int
    from_currency: str
    to_currency: str
    starts_on: date
    rate: Decimal

    @property
    def pair(self) -> Pair:
        return self.from_currency, self.to_currency


class Brought(NamedTuple):
    """What became of the lines."""

    added: int
    replaced: int
    unchanged: int


class _Span(NamedTuple):
    """The days on which a new rate holds, as far as another one has held on them."""

    given: GivenRate
    first: date
    until: date | None


@transaction.atomic
def bring(name: str, given: Sequence[GivenRate], *, by: User, note: str = "") -> Brought:
    """Enter rates. One that is there with another number is replaced; one with the same number stays as it is.

    What changes amounts of a closed period needs a note that says why.
    """
    _check(by)
    rates = _locked(name)
    in_force = {(*_pair(row), row.starts_on): row for row in rates.rates.filter(until_version=None)}
    changed = [each for each in given if _differs(in_force.get((*each.pair, each.starts_on)), each)]
    if changed and not note:
        _refuse_silent_changes(changed, list(in_force.values()))
    old = [row for each in changed if (row := in_force.get((*each.pair, each.starts_on)))]
    if changed:
        now = timezone.now()
        _end(rates, old, by, now)
        _add(rates, changed, by, note, now)
    return Brought(len(changed) - len(old), len(old), len(given) - len(changed))


@transaction.atomic
def withdraw(rate: Rate, *, by: User) -> bool:
    """Take a rate out that should not be there: the one before it then holds on. False when it was out already."""
    _check(by)
    rates = _locked(rate.of_set.name)
    row = rates.rates.filter(pk=rate.pk, until_version=None).first()
    if row is None:
        return False
    following = rates.rates.filter(
        from_currency=row.from_currency, to_currency=row.to_currency, starts_on__gt=row.starts_on, until_version=None
    )
    until = following.order_by("starts_on").values_list("starts_on", flat=True).first()
    if closed := _closed(row.starts_on, until, _closes()):
        raise Refused(f"It was used in {closed}, which is closed: enter the right rate instead, and say why.")
    _end(rates, [row], by, timezone.now())
    _publish(rates)
    return True


def _check(by: User) -> None:
    if not by.has_role(Role.REVOPS):
        raise NotAllowed("You may not change rates: RevOps may.")


def _locked(name: str) -> RateSet:
    """Of two who bring rates of one set, the second waits and sees what the first has brought."""
    RateSet.objects.bulk_create([RateSet(name=name)], ignore_conflicts=True)
    return RateSet.objects.select_for_update(no_key=True).get(name=name)


def _pair(row: Rate) -> Pair:
    return row.from_currency, row.to_currency


def _differs(row: Rate | None, given: GivenRate) -> bool:
    return row is None or row.rate != given.rate


def _end(rates: RateSet, rows: Sequence[Rate], by: User, now: datetime) -> None:
    """Begin a version of the set, in which these rows are no more."""
    rates.version += 1
    rates.changed_at = now
    pks = [row.pk for row in rows]
    Rate.objects.filter(pk__in=pks).update(until_version=rates.version, ended_by=by, ended_at=now)


def _add(rates: RateSet, given: Sequence[GivenRate], by: User, note: str, now: datetime) -> None:
    Rate.objects.bulk_create(
        Rate(
            of_set=rates,
            from_currency=each.from_currency,
            to_currency=each.to_currency,
            starts_on=each.starts_on,
            rate=each.rate,
            since_version=rates.version,
            note=note,
            set_by=by,
            set_at=now,
        )
        for each in given
    )
    _publish(rates)


def _publish(rates: RateSet) -> None:
    in_force = rates.rates.filter(until_version=None).order_by("to_currency")
    rates.currencies = list(in_force.values_list("to_currency", flat=True).distinct())
    rates.save(update_fields=["version", "currencies", "changed_at"])


def _refuse_silent_changes(changed: Sequence[GivenRate], in_force: Sequence[Rate]) -> None:
    closes = _closes()
    spans = _spans(changed, in_force)
    used = [(span.given, closed) for span in spans if (closed := _closed(span.first, span.until, closes))]
    if not used:
        return
    lines = "; ".join(
        f"line {given.line}, {given.from_currency} to {given.to_currency} from {given.starts_on}, in {closed}"
        for given, closed in used[:MOST_NAMED]
    )
    more = f"; and {len(used) - MOST_NAMED} more" if len(used) > MOST_NAMED else ""
    message = f"A closed period has used the rates that this changes: {lines}{more}. Say in the note why they change."
    raise FactsRefused(message, {"note": [message]})


def _spans(changed: Sequence[GivenRate], in_force: Sequence[Rate]) -> Iterator[_Span]:
    """Where no rate has held so far, no amount was converted: nothing is changed there."""
    days: dict[Pair, list[date]] = {}
    for row in in_force:
        days.setdefault(_pair(row), []).append(row.starts_on)
    for given in changed:
        of_pair = days.get(given.pair, [])
        if any(day <= given.starts_on for day in of_pair):
            yield _Span(given, given.starts_on, min((day for day in of_pair if day > given.starts_on), default=None))


def _closes() -> Mapping[str, tuple[date, date]]:
    """The closed periods, by their keys, each with its first day and the first one after it."""
    return {
        close.key: (close.start.astimezone(zone).date(), close.end.astimezone(zone).date())
        for close in PeriodClose.objects.only("key", "start", "end", "zone").order_by("start")
        for zone in [ZoneInfo(close.zone)]
    }


def _closed(first: date, until: date | None, closes: Mapping[str, tuple[date, date]]) -> str:
    """The first closed period that has one of these days; empty if none has."""
    return next((key for key, (start, end) in closes.items() if first < end and (until is None or start < until)), "")
