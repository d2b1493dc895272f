"""Rates as people paste or send them: a line for each, of two currencies, a day and a number."""

import csv
import io
import re
from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal

from handoff.reports.period import YEARS
from handoff.reports.rates import GivenRate

EXAMPLE = "USD,EUR,2026-03-31,0.9241"
MOST = 5_000
LARGEST = 1_000_000
MOST_COMPLAINTS = 10
_CURRENCY = re.compile(r"[A-Z]{3}", re.ASCII)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_NUMBER = re.compile(r"\d{1,10}(?:\.\d{1,10})?", re.ASCII)


class RatesRefused(ValueError):
    """What is wrong, a sentence for each line."""

    def __init__(self, complaints: Sequence[str]) -> None:
        super().__init__("\n".join(complaints))
        more = len(complaints) - MOST_COMPLAINTS
        self.complaints = [*complaints[:MOST_COMPLAINTS], *([f"And {more} more lines are wrong."] if more > 0 else [])]


def decoded(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise RatesRefused(["The file is not UTF-8 text: save it as CSV UTF-8."]) from None


def read(text: str) -> list[GivenRate]:
    """All lines, or a refusal that names each line which is wrong."""
    if len(text) > LARGEST:
        raise RatesRefused([f"This is more than {LARGEST // 1_000_000} MB: bring it in parts."])
    given, complaints = [], []
    for line, cells in _all_lines(text):
        try:
            given.append(_rate(line, cells))
        except ValueError as error:
            complaints.append(f"Line {line}: {error}")
    complaints += _repeated(given)
    if complaints:
        raise RatesRefused(complaints)
    if not given or len(given) > MOST:
        raise RatesRefused([f"Give one to {MOST:,} rates, each on a line like {EXAMPLE}."])
    return given


def _all_lines(text: str) -> list[tuple[int, list[str]]]:
    try:
        return list(_lines(text))
    except csv.Error as error:
        raise RatesRefused([f"This is not valid CSV: {error}."]) from error


def _lines(text: str) -> Iterator[tuple[int, list[str]]]:
    """Those that say something, without a header."""
    first = next((line for line in text.splitlines() if line.strip()), "")
    delimiter = next((mark for mark in ("\t", ";") if mark in first), ",")
    reader = csv.reader(io.StringIO(text.replace("\0", "�"), newline=""), delimiter=delimiter)
    for number, row in enumerate(reader):
        cells = [cell.strip() for cell in row]
        is_header = number == 0 and len(cells) > 2 and not any(mark.isdigit() for mark in "".join(cells))
        if any(cells) and not is_header:
            yield reader.line_num, cells


def _rate(line: int, cells: Sequence[str]) -> GivenRate:
    if len(cells) != 4:
        raise ValueError(f"it needs four values and has {len(cells)}: write it like {EXAMPLE}.")
    origin, target = (_currency(cell) for cell in cells[:2])
    if origin == target:
        raise ValueError(f"{origin} and {target} are one currency, which needs no rate.")
    return GivenRate(line, origin, target, _day(cells[2]), _number(cells[3]))


def _currency(text: str) -> str:
    if not _CURRENCY.fullmatch(text.upper()):
        raise ValueError(f"“{text[:20]}” is not a currency: write it like EUR.")
    return text.upper()


def _day(text: str) -> date:
    try:
        day = date.fromisoformat(text) if _DAY.fullmatch(text) else None
    except ValueError:
        day = None
    if day is None or day.year not in YEARS:
        raise ValueError(f"“{text[:20]}” is not a valid day: write it like 2026-03-31.")
    return day


def _number(text: str) -> Decimal:
    """With a decimal point, or with a comma where that does not part the values."""
    plain = text.replace(",", ".")
    number = Decimal(plain) if _NUMBER.fullmatch(plain) else Decimal(0)
    if not number:
        raise ValueError(f"“{text[:20]}” is not a valid rate: write a number above 0, like 0.9241.")
    return number


def _repeated(given: Sequence[GivenRate]) -> list[str]:
    """Two rates of one pair for one day: which of them holds would be a guess."""
    seen: dict[tuple[str, str, date], int] = {}
    complaints = []
    for each in given:
        first = seen.setdefault((*each.pair, each.starts_on), each.line)
        if first != each.line:
            complaints.append(
                f"Line {each.line}: {each.from_currency} to {each.to_currency} from {each.starts_on} stands on line "
                f"{first} already."
            )
    return complaints
