"""Cells of a CSV file that people open in a spreadsheet."""

import re
import unicodedata

_STARTS_A_FORMULA = frozenset("=+-@")
# A spreadsheet drops blanks and what nobody sees, and then takes what follows for the start.
_PASSED_OVER = re.compile(r"[\s\x00-\x1f\x7f-\x9f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]*")


def safe_cell(text: str) -> str:
    """The text, with an apostrophe before it where a spreadsheet would take it for a formula.

    The wide forms ＝ ＋ － ＠ count too: a spreadsheet set to an East Asian language reads them as the narrow ones.
    """
    start = _PASSED_OVER.match(text)
    first = text[start.end() : start.end() + 1] if start else text[:1]
    is_formula = unicodedata.normalize("NFKC", first) in _STARTS_A_FORMULA
    return f"'{text}" if is_formula or text.startswith(("\t", "\r")) else text
