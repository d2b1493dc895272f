"""Amounts as people write them: “$22,700.00”, “$342.09K”, “1.234,56 €”."""

import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from django.core.exceptions import ValidationError

_SYMBOLS = {"R$": "BRL", "US$": "USD", "C$": "CAD", "A$": "AUD", "$": "USD", "€": "EUR", "£": "GBP"}
_SCALES = {"": 1, "k": 10**3, "m": 10**6, "mm": 10**6, "mn": 10**6, "b": 10**9, "bn": 10**9}
_UNIT = r"[A-Z]{3}|[A-Z]{0,2}\$|€|£"
_AMOUNT = re.compile(
    rf"(?P<before>{_UNIT})?\s*(?P<sign>[-−])?\s*(?P<before2>{_UNIT})?\s*(?P<number>\d[\d.,'’\s]*)"
    rf"(?P<scale>[kK]|[mM]{{1,2}}|mn|[bB]n?)?\s*(?P<after>{_UNIT})?"
)


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
    plain = _plain(match["number"].strip(), is_scaled=bool(match["scale"])) if match else ""
    if not match or not plain:
        raise ValidationError(f"“{text}” is not a valid amount: write one like 12000.00.")
    amount = Decimal(plain) * _SCALES[(match["scale"] or "").lower()]
    unit = match["before"] or match["before2"] or match["after"] or ""
    if match["sign"] or _is_debit(stripped):
        amount = -amount
    return Money(_in_cents(amount), _SYMBOLS.get(unit, unit if unit.isalpha() else ""))


def read_currency(text: str) -> str:
    """A currency by its three letters; empty for an empty text."""
    code = text.upper()
    if code and not re.fullmatch("[A-Z]{3}", code):
        raise ValidationError(f"“{text}” is not a valid currency: give its three letters, like EUR.")
    return code


def _is_debit(text: str) -> bool:
    """Accountants write what is negative in parentheses."""
    return text.startswith("(") and text.endswith(")")


def _plain(number: str, *, is_scaled: bool) -> str:
    """The number with a point for its decimals and no groups; empty when it is cut in no way that makes sense."""
    number = re.sub(r"(?<=\d)['’\s](?=\d{3})", "", number)
    marks = [mark for mark in number if mark in ",."]
    if not marks:
        return number if number.isdigit() else ""
    decimal = marks[-1]
    if len(set(marks)) == 1 and (len(marks) > 1 or (not is_scaled and _groups(number, decimal))):
        decimal = ""
    whole, _, fraction = number.rpartition(decimal) if decimal else (number, "", "")
    groups = re.split(r"[.,]", whole)
    is_even = len(groups) == 1 or (len(groups[0]) <= 3 and all(len(group) == 3 for group in groups[1:]))
    digits = "".join(groups) + fraction
    return f"{''.join(groups)}.{fraction or '0'}" if is_even and digits.isdigit() else ""


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
