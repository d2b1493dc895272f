"""The words for the fields of files, from synonyms.txt."""

import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files


def synonyms(kind: str, field: str) -> tuple[str, ...]:
    """What headers call a field of a kind of file, the preferred words first."""
    return (*_words().get(f"{kind}.{field}", ()), *(_words().get(f"who.{field}", ()) if kind != "campaigns" else ()))


def word_list(name: str) -> frozenset[str]:
    return frozenset(_words()[f"words.{name}"])


def _words() -> Mapping[str, tuple[str, ...]]:
    return load_words("synonyms.txt")


@cache
def load_words(name: str) -> Mapping[str, tuple[str, ...]]:
    """The lists of words in a text file of this package, by their headings."""
    text = files("handoff.imports").joinpath(name).read_text(encoding="utf-8")
    entries = re.findall(r"^(\w+\.\w+):\n((?: {4}.*\n?)*)", text, re.MULTILINE)
    return {name: tuple(filter(None, (word.strip() for word in re.split(r"[|\n]", words)))) for name, words in entries}
