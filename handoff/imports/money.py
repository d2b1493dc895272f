"""Amounts as people write them: “$22,700.00”, “$342.09K”, “1.234,56 €”, “₹ 1,00,000”, “500,-”."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from django.core.exceptions import ValidationError

from leads.normalise import quoted

_SYMBOLS = {
    "$": "USD",
    "US$": "USD",
    "C$": "CAD",
    "CA$": "CAD",
    "A$": "AUD",
    "AU$": "AUD",
    "NZ$": "NZD",
    "HK$": "HKD",
    "S$": "SGD",
    "MX$": "MXN",
    "NT$": "TWD",
    "R$": "BRL",
    "€": "EUR",
    "£": "GBP",
    "₹": "INR",
    "₽": "RUB",
    "¥": "JPY",
    "￥": "JPY",
    "JP¥": "JPY",
    "CN¥": "CNY",
    "円": "JPY",
    "元": "CNY",
    "₩": "KRW",
    "₺": "TRY",
    "₪": "ILS",
    "฿": "THB",
    "₫": "VND",
    "₴": "UAH",
    "₱": "PHP",
    "₦": "NGN",
    "zł": "PLN",
    "Kč": "CZK",
}
_NAMES = {
    "rs": "INR",
    "rupees": "INR",
    "rupee": "INR",
    "zl": "PLN",
    "yen": "JPY",
    "euro": "EUR",
    "euros": "EUR",
    "ft": "HUF",
    "lei": "RON",
    "pounds": "GBP",
    "kr": "",
    "dollars": "",
    "dollar": "",
}
"""By small letters, without a point. Crowns and dollars are those of several countries: the amount is read alone."""
_SCALES = {
    "": 1,
    "k": 10**3,
    "tsd": 10**3,
    "thousand": 10**3,
    "lakh": 10**5,
    "lakhs": 10**5,
    "lac": 10**5,
    "m": 10**6,
    "mm": 10**6,
    "mn": 10**6,
    "mio": 10**6,
    "million": 10**6,
    "millions": 10**6,
    "millionen": 10**6,
    "millones": 10**6,
    "millón": 10**6,
    "milhões": 10**6,
    "milioni": 10**6,
    "miljoen": 10**6,
    "crore": 10**7,
    "crores": 10**7,
    "cr": 10**7,
    "b": 10**9,
    "bn": 10**9,
    "mrd": 10**9,
    "billion": 10**9,
    "milliarden": 10**9,
    "milliard": 10**9,
    "milliards": 10**9,
    "miljard": 10**9,
}


def _any_of(words: Iterable[str]) -> str:
    return "|".join(map(re.escape, sorted(filter(None, words), key=len, reverse=True)))


_UNIT = rf"[A-Z]{{3}}(?![A-Za-z])|{_any_of(_SYMBOLS)}|(?i:{_any_of(_NAMES)})(?![^\W\d_])\.?"
_AMOUNT = re.compile(
    rf"(?P<before>{_UNIT})?\s*(?P<sign>[-−])?\s*(?P<before2>{_UNIT})?\s*(?P<number>\d[\d.,'’\s]*?)"
    rf"(?:[eE]\+?(?P<exponent>\d{{1,2}}))?(?:[.,/][-–—]{{1,2}})?\s*"
    rf"(?:(?P<scale>(?i:{_any_of(_SCALES)}))(?![^\W\d_])\.?)?\s*(?P<after>{_UNIT})?",
)
_INDIAN = re.compile(r"\d{1,2}(?:,\d\d)+,\d{3}")
"""Lakhs and crores: 1,00,000 and 12,34,56,789."""


@dataclass(frozen=True)
class Money:
    """An amount, and its currency where it was written with it."""

    amount: Decimal
    currency: str = ""


def read_money(text: str) -> Money:
    """The amount that a text says.

    Of a comma and a point, the last one is decimal. One alone is decimal too, unless exactly three digits follow:
    then it groups thousands (“1.234” is 1234), as money has no thousandths.
    """
    stripped = text.strip()
    match = _AMOUNT.fullmatch(stripped.removeprefix("(").removesuffix(")") if _is_debit(stripped) else stripped)
    is_scaled = match is not None and bool(match["scale"] or match["exponent"])
    plain = _plain(match["number"].strip(), is_scaled=is_scaled) if match else ""
    if not match or not plain:
        raise ValidationError(f"{quoted(text)} is not a valid amount: write one like 12000.00.")
    amount = Decimal(plain) * _SCALES[(match["scale"] or "").lower()] * 10 ** int(match["exponent"] or 0)
    if match["sign"] or _is_debit(stripped):
        amount = -amount
    return Money(_in_cents(amount), _currency(match["before"] or match["before2"] or match["after"] or ""))


def read_currency(text: str) -> str:
    """A currency by its three letters; empty for an empty text."""
    code = text.upper()
    if code and not re.fullmatch("[A-Z]{3}", code):
        raise ValidationError(f"“{text}” is not a valid currency: give its three letters, like EUR.")
    return code


def _is_debit(text: str) -> bool:
    """Accountants write what is negative in parentheses."""
    return text.startswith("(") and text.endswith(")")


def _currency(unit: str) -> str:
    if unit in _SYMBOLS:
        return _SYMBOLS[unit]
    return _NAMES.get(unit.casefold().rstrip("."), unit if re.fullmatch("[A-Z]{3}", unit) else "")


def _plain(number: str, *, is_scaled: bool) -> str:
    """The number with a point for its decimals and no groups; empty when it is cut in no way that makes sense."""
    number = re.sub(r"\s", " ", number).replace("’", "'")
    marks = re.findall(r"[.,' ]", number)
    if not marks:
        return number if number.isdigit() else ""
    whole, fraction = number, ""
    if _ends_in_decimals(number, marks, is_scaled=is_scaled):
        whole, _, fraction = number.rpartition(marks.pop())
    # Two marks of groups in one number, as in “1,234 567”: one of them is a slip, and nobody can say which.
    if len(set(marks)) > 1 or not _is_grouped(whole, marks):
        return ""
    digits = re.sub(r"[.,' ]", "", whole)
    return f"{digits}.{fraction or '0'}" if (digits + fraction).isdigit() else ""


def _ends_in_decimals(number: str, marks: Sequence[str], *, is_scaled: bool) -> bool:
    """Whether what follows the last mark is less than one."""
    last = marks[-1]
    if last not in ".," or last in marks[:-1]:
        return False
    return len(marks) > 1 or is_scaled or not _groups(number, last)


def _is_grouped(whole: str, marks: Sequence[str]) -> bool:
    if not marks:
        return True
    first, *others = whole.split(marks[0])
    is_even = 1 <= len(first) <= 3 and all(len(group) == 3 for group in others)
    return is_even or _INDIAN.fullmatch(whole) is not None


def _groups(number: str, mark: str) -> bool:
    whole, _, rest = number.partition(mark)
    return len(rest) == 3 and 1 <= len(whole) <= 3 and whole != "0"


def _in_cents(amount: Decimal) -> Decimal:
    """With two decimals where no more are needed; one with more, or beyond all measure, is for others to refuse."""
    try:
        cents = amount.quantize(Decimal("0.01"))
    except InvalidOperation:
        return amount
    return cents if cents == amount else amount
