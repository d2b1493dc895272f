"""Months and quarters of the firm, each with its bounds: those of `calendar`, for whoever names one."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from handoff.models import Firm
from handoff.reports.period import YEARS

_KEY = re.compile(r"(\d{4})-(?:Q([1-4])|(0[1-9]|1[0-2]))", re.ASCII)
EXAMPLES = "2026-03 or 2026-Q1"
MONTH, QUARTER = 1, 3


@dataclass(frozen=True)
class FiscalPeriod:
    """A month, or a quarter of the fiscal year."""

    months: int
    first: int
    """Its first month, counted from the year 0."""
    shift: int
    """So many months after a fiscal year begins its calendar year has ended."""

    @property
    def key(self) -> str:
        """Like 2026-03 or 2026-Q1."""
        year, month = divmod(self.first + (self.shift if self.months == QUARTER else 0), 12)
        return f"{year}-Q{month // QUARTER + 1}" if self.months == QUARTER else f"{year}-{month + 1:02}"

    @property
    def label(self) -> str:
        """Like March 2026, or Q1 2026 (January to March)."""
        first, last = _day(self.first), _day(self.first + self.months - 1)
        if self.months == MONTH:
            return f"{first:%B %Y}"
        year, quarter = self.key.split("-")
        return f"{quarter} {year} ({first:%B} to {last:%B})"

    @property
    def starts_on(self) -> date:
        return _day(self.first)

    @property
    def days(self) -> list[date]:
        until = _day(self.first + self.months)
        return [self.starts_on + timedelta(days=n) for n in range((until - self.starts_on).days)]

    def bounds(self, zone: ZoneInfo) -> tuple[datetime, datetime]:
        """Its first moment, and the first after it."""
        days = _day(self.first), _day(self.first + self.months)
        start, end = (datetime(day.year, day.month, 1, tzinfo=zone).astimezone(UTC) for day in days)
        return start, end

    def moved(self, by: int) -> "FiscalPeriod":
        """As many periods of its kind later."""
        return FiscalPeriod(self.months, self.first + by * self.months, self.shift)

    @property
    def last_month(self) -> "FiscalPeriod":
        return FiscalPeriod(MONTH, self.first + self.months - 1, self.shift)


def period_of(key: str, firm: Firm) -> FiscalPeriod:
    """The period of a key. Raise ValueError with an example."""
    match = _KEY.fullmatch(key.strip())
    if match is None or int(match[1]) not in YEARS:
        raise ValueError(f"“{key[:40]}” is not a valid month or quarter: write one like {EXAMPLES}.")
    year, quarter, month = match.groups()
    shift = _shift(firm)
    if month:
        return FiscalPeriod(MONTH, int(year) * 12 + int(month) - 1, shift)
    return FiscalPeriod(QUARTER, int(year) * 12 + (int(quarter) - 1) * QUARTER - shift, shift)


def period_at(moment: datetime, firm: Firm, months: int = MONTH) -> FiscalPeriod:
    """The month or quarter in which a moment is, by the firm's clock."""
    here, shift = moment.astimezone(firm.zone), _shift(firm)
    month = here.year * 12 + here.month - 1
    return FiscalPeriod(months, month - (month + shift) % months, shift)


def _shift(firm: Firm) -> int:
    return (13 - firm.year_starts) % 12


def _day(month: int) -> date:
    return date(month // 12, month % 12 + 1, 1)
