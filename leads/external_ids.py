"""One spelling for the ids of other systems, so that no spreadsheet makes one person of two, or two of one."""

import re

from django.core.exceptions import ValidationError

from leads import phones
from leads.normalise import normalise_text, quoted, without_formula

_ROUNDED = re.compile(r"[+-]?\d+(?:[.,]\d*)?E[+-]\d+|[+-]?\d+[.,]\d+E\d+", re.IGNORECASE)
_WHOLE = re.compile(r"(?P<whole>\d+)[.,]0")
_PLAIN = re.compile(r"\d+", re.ASCII)  # as most systems number theirs: nothing of it can have been rounded
_EXACT = 2**53  # beyond it a program that keeps ids as decimal numbers has rounded them
_SALESFORCE = re.compile(r"[0-9A-Za-z]{15}(?:[A-Za-z0-5]{3})?")
_CHECKSUM = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"


def normalise_id(system: str, text: str) -> str:
    """The id as we keep it, nothing for blanks and placeholders; ValidationError for one that cannot be right.

    Zeros in front stay: 00012 and 12 are two ids.
    """
    text = _unwrapped(normalise_text(text))
    if not text:
        return ""
    if system == phones.SYSTEM:
        return phones.phone_key(text)
    if system != "salesforce" and _PLAIN.fullmatch(text):
        return text
    refuse_rounded(text)
    if whole := _WHOLE.fullmatch(text):
        return whole["whole"]
    return _of_salesforce(text) if system == "salesforce" else text


def refuse_rounded(text: str) -> None:
    """Refuse what a spreadsheet left of a long number: many ids become the same one."""
    whole = _WHOLE.fullmatch(text)
    is_inexact = whole is not None and (len(whole["whole"]) > 16 or int(whole["whole"]) > _EXACT)
    if is_inexact or _ROUNDED.fullmatch(text):
        raise ValidationError(
            f"The spreadsheet has rounded this id, {quoted(text)}: format the column as text and export again."
        )


def spellings(system: str, text: str) -> list[str]:
    """Under what an id of a campaign or a touch may be stored: first as it is kept now, then as it was kept before."""
    try:
        value = normalise_id(system, text)
    except ValidationError:
        return [text]
    return [value, *sorted(former_spellings(system, text, value))]


def former_spellings(system: str, text: str, value: str) -> set[str]:
    """In what other forms releases before may have kept an id: as it was written, and the short one of Salesforce."""
    spellings = {normalise_text(text)}
    if system == "salesforce" and _SALESFORCE.fullmatch(value) and len(value) == 18:
        spellings.add(value[:15])
    return spellings - {value, ""}


def _unwrapped(text: str) -> str:
    """Without what marks it as text to a spreadsheet: '00123 and ="00123" are 00123."""
    return normalise_text(without_formula(text).removeprefix("'"))


def _of_salesforce(text: str) -> str:
    """The form of 18 characters, which is the one of 15 with three that say which of its letters are capitals.

    So the long one of a tool that knows no case is mended by its own checksum. Where the checksum speaks of capitals
    that are digits, or the case is mixed and another one, characters were lost or mistyped: to take it as it is would
    make a second lead of the same person. What is not of the shape of these ids is somebody's own, and stays.
    """
    if not _SALESFORCE.fullmatch(text) or not (text[0].isdigit() or text[0] in "aA"):
        return text
    if len(text) == 15:
        return text + _checksum(text)
    short, checksum = text[:15], text[15:].upper()
    mended = "".join(
        character.upper() if is_capital else character.lower()
        for character, is_capital in zip(short, _capitals(checksum), strict=True)
    )
    is_caseless = short in (short.upper(), short.lower())
    if _checksum(mended) != checksum or (mended != short and not is_caseless):
        raise ValidationError(
            f"{quoted(text)} is not a valid Salesforce id, its last three characters do not fit: export it again."
        )
    return mended + checksum


def _checksum(short: str) -> str:
    chunks = (short[start : start + 5] for start in (0, 5, 10))
    return "".join(
        _CHECKSUM[sum(1 << at for at, character in enumerate(chunk) if "A" <= character <= "Z")] for chunk in chunks
    )


def _capitals(checksum: str) -> list[bool]:
    return [bool(_CHECKSUM.index(character) >> at & 1) for character in checksum for at in range(5)]
