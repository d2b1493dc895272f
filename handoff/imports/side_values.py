"""Values of a lead as people and spreadsheets write them, read as far as they are plain, with what to say of the rest.

Each function returns the value and a remark, which is empty where nothing was strange. A ValidationError says what
cannot be read at all.
"""

import re
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.core.exceptions import ValidationError

from leads.external_ids import refuse_rounded
from leads.facts import fact
from leads.normalise import normalise_email, quoted

_WHOLE = re.compile(r"[+-]?\d+(?:\.0+)?")
_GROUPED = re.compile(r"[+-]?\d{1,3}(?:(?P<mark>[,' ’])\d{3})(?:(?P=mark)\d{3})*")
# Three decimals may be thousands as well: 1.200 is neither.
_DECIMAL = re.compile(r"[+-]?\d{1,10}[.,](?:\d{1,2}|\d{4,12})")
_SEVERAL = re.compile(r"[;,|]|\s/\s|\s+(?=\S+@)")
_DIGITS_OF_PHONE = 3
_PLAIN_PHONE = re.compile(r"\+?\d[\d ]{4,30}\d", re.ASCII)


def read_score(text: str) -> tuple[int | None, str]:
    """A whole number; of “85.5” the nearest one, of “85%” the number, of “1,200” twelve hundred."""
    if not text or _WHOLE.fullmatch(text):
        return fact("score").clean(text), ""
    plain = re.sub(r"\s*%$", "", text)
    if _GROUPED.fullmatch(plain):
        plain = re.sub(r"[,' ’]", "", plain)
    elif _DECIMAL.fullmatch(plain):
        plain = str(Decimal(plain.replace(",", ".")).quantize(Decimal(1), ROUND_HALF_UP))
    try:
        score = fact("score").clean(plain)
    except ValidationError:
        score = fact("score").clean(text)  # its refusal quotes what stands in the file
    return score, "" if plain == text else f"{quoted(text)} was read as {score}."


def read_fact(name: str, text: str) -> tuple[Any, str]:
    """A fact that is read in one way at every door."""
    return fact(name).clean(text), ""


def read_country(text: str) -> tuple[str, str]:
    """Its code. “EMEA” and “Other” are none, and are refused like any other text that names no country."""
    return fact("country").clean(text), ""


def read_campaign(text: str) -> tuple[str, str]:
    """Its id or its name; an id that was rounded would bring the leads of many campaigns into one."""
    refuse_rounded(text)
    return text, ""


def read_phone(text: str) -> tuple[str, str]:
    """The phone as it was written: people call it, so no digit of it is guessed."""
    if _PLAIN_PHONE.fullmatch(text):  # as most are written
        return fact("phone").clean(text), ""
    text = re.sub(r"^'|(?<=\d)[.,]0$", "", text)
    if not text:
        return "", ""
    _refuse_rounded_phone(text)
    if len(re.sub(r"\D", "", text)) < _DIGITS_OF_PHONE:
        raise ValidationError(f"{quoted(text)} is not a valid phone number: write one like +49 30 1234567.")
    first = re.split(r"\s*[;|,]\s*|\s+/\s+", text)[0]
    if len(text) > fact("phone").longest and first != text:
        return fact("phone").clean(first), f"{quoted(text)} has several numbers: {first} was read."
    return fact("phone").clean(text), ""


def _refuse_rounded_phone(text: str) -> None:
    try:
        refuse_rounded(text)
    except ValidationError as error:
        raise ValidationError(
            f"The spreadsheet has rounded this number, {quoted(text)}: format the column as text and export again."
        ) from error


def read_email(text: str) -> tuple[str, str]:
    """One address: of several, the first that is one."""
    try:
        return normalise_email(text), ""
    except ValidationError:
        parts = [part for part in _SEVERAL.split(text) if "@" in part]
        if len(parts) < 2:
            raise
        address = next(filter(None, map(_address, parts)), "")
        if not address:
            raise
        return address, f"{quoted(text)} has several addresses: {address} was read."


def _address(text: str) -> str:
    try:
        return normalise_email(text)
    except ValidationError:
        return ""
