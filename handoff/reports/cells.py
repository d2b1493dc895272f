"""Cells of a CSV file that people open in a spreadsheet."""

import re
import unicodedata

_STARTS_A_FORMULA = frozenset("=+-@")
# A spreadsheet drops blanks and what nobody sees, and then takes what follows for the start.
_PASSED_OVER = re.compile(r"[\s\x00-\x1f\x7f-\x9f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]*")


def safe_cell(text: str) -> str:
    """The text, with an apostrophe before it where a spreadsheet would take it for a formula.

    The wide forms ＝ ＋ － ＠ count too: a spreadsheet set to an East Asian language reads them as the narrow ones.
    A text that has such an apostrophe of its own gets a second one: otherwise it would lose its own on the way back.
    """
    return f"'{text}" if _is_formula(text.lstrip("'")) else text


def unguarded(text: str) -> str:
    """What `safe_cell` was given, from what it gave."""
    return text[1:] if text.startswith("'") and _is_formula(text.lstrip("'")) else text


def _is_formula(text: str) -> bool:
    start = _PASSED_OVER.match(text)
    first = text[start.end() : start.end() + 1] if start else text[:1]
    return unicodedata.normalize("NFKC", first) in _STARTS_A_FORMULA or text.startswith(("\t", "\r"))
