"""Phones as keys: one spelling, E.164, for the many in which people write a number."""

import re

from django.core.exceptions import ValidationError
from phonenumbers import (
    NumberParseException,
    PhoneNumber,
    PhoneNumberFormat,
    format_number,
    is_possible_number,
    is_valid_number,
    parse,
)

SYSTEM = "phone"
"""The system of the external id that a lead has when its phone is all that identifies it."""
LONGEST = 40
_FULL_LENGTH = 11  # digits that a number with its country code has at least, where its plus was lost


def phone_key(text: str, country: str = "") -> str:
    """The number in E.164, with its extension; ValidationError where nothing says in which country it is.

    A number without a plus is one of `country`; without that, one that begins with 00, or whose digits begin with a
    country code, as spreadsheets drop the plus.
    """
    number = _parse(text, country or None) or _parse_without_plus(text)
    if number is None:
        raise ValidationError(
            f"“{text[:LONGEST]}” identifies no one without its country: "
            "write it like +49 30 1234567, or give the country as well."
        )
    extension = f";ext={number.extension}" if number.extension else ""
    return format_number(number, PhoneNumberFormat.E164) + extension


def _parse_without_plus(text: str) -> PhoneNumber | None:
    bare = re.sub(r"^00", "", text)
    if bare.startswith("0") or len(re.sub(r"\D", "", bare)) < _FULL_LENGTH:
        return None
    number = _parse(f"+{bare}", None)
    return number if number and is_valid_number(number) else None


def _parse(text: str, region: str | None) -> PhoneNumber | None:
    try:
        number = parse(text, region)
    except NumberParseException:
        return None
    return number if is_possible_number(number) else None
