"""What a buyer has agreed to, as conditions ask for it: granted, withdrawn, or nothing on record."""

from collections.abc import Mapping
from typing import Any

from leads.conditions.fields import Field
from leads.conditions.fragments import Sql, compose

EVERYTHING = "all"


def standing(consent: Mapping[str, Any], purpose: str, *, is_blocked: bool) -> str:
    """Of a consent as a lead sums it up: the newest word on the purpose, or on everything.

    Whoever is not to be contacted has agreed to nothing.
    """
    if is_blocked:
        return "withdrawn"
    words = [consent[name] for name in (purpose, EVERYTHING) if name in consent]
    newest = newest_of(words)
    if newest is None:
        return ""
    return "granted" if newest["granted"] else "withdrawn"


def newest_of(words: list[Any]) -> Any:
    """What counts: one without a moment gives nothing back, and of two of one moment the stricter one is."""
    return max(words, key=lambda word: ("is_dated" not in word, word["at"], not word["granted"]), default=None)


_NEWEST = """CASE WHEN {} THEN 'withdrawn' ELSE COALESCE((
    SELECT CASE WHEN word -> 'granted' = 'true' THEN 'granted' ELSE 'withdrawn' END
    FROM (VALUES ({} -> '%s'), ({} -> 'all')) words (word)
    WHERE jsonb_typeof(word) = 'object'
    ORDER BY word ? 'is_dated', word ->> 'at' COLLATE "C" DESC, word -> 'granted' = 'true'
    LIMIT 1
), '') END"""


def consent_in_sql(field: Field, consent: Sql, is_blocked: Sql) -> Sql:
    """The same of a column of consents."""
    purpose = field.name.removeprefix("consent.")
    return compose(_NEWEST % purpose, is_blocked, consent, consent)
