"""What reports write below their rows: totals, copyright, who printed it. These rows are not records."""

import re
from collections.abc import Sequence

# Nobody's id, name or company begins so.
_PHRASE = re.compile(
    r"copyright\s*(?:\(c\)|©|\d)|©|\(c\)\s*(?:copyright|\d)|confidential\s+information|all\s+rights\s+reserved"
    r"|(?:report\s+)?(?:generated|exported|printed|created|run|erstellt|généré|generado|gerado)\s+"
    r"(?:by|on|at|from|von|am|par|le|por|el|em)\b\s*:?"
    r"|(?:filtered|sorted|grouped|summarized)\s+by\b\s*:?|filter(?:s|\s+logic)?\s*:|as\s+of\s+\d"
    r"|(?:report|page)\s*:?\s*\d+\s+of\s+\d+|end\s+of\s+(?:report|file|list)",
    re.IGNORECASE,
)
_TOTAL = re.compile(
    r"(?:(?:(?:grand|sub|report|overall|record)[\s-]*)?(?:totals?|counts?|sums?|averages?)"
    r"(?:\s+(?:records?|rows?|count|leads?))?"
    r"|(?:gesamt|zwischen)?summe|gesamt(?:ergebnis|zahl)?|insgesamt|total\s+g[ée]n[ée]ral|total\s+geral|somme"
    r"|totale|totaal|eindtotaal|suma|razem|totalt|yhteensä)"
    r"\s*(?:[(\[].*[)\]]|[:=]?\s*[\d.,\s]*(?:records?|rows?|leads?)?)\s*[:.]?",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"[\d.,\s%$€£()+-]+|#?div/0!?", re.IGNORECASE)


def footer_complaint(values: Sequence[str]) -> str:
    """Why a row is not a record; empty for one that may be. A row in doubt passes: its own fields decide."""
    first = next(filter(None, map(str.strip, values)), "")
    is_phrase, is_total = (False, False) if first.isdecimal() else (_PHRASE.match(first), _TOTAL.fullmatch(first))
    if not (is_phrase or is_total):
        return ""
    others = list(filter(None, map(str.strip, values)))[1:]
    is_footer = is_phrase and not any("@" in value for value in others)
    if is_footer or (is_total and all(_NUMBER.fullmatch(value) for value in others)):
        return f"“{first[:60]}” is a footer or a total of a report, not a record: the row was left out."
    return ""
