"""One spelling to compare by: small Latin letters without marks, in whatever alphabet a name was written."""

import re
import unicodedata
from functools import cache, lru_cache
from importlib.resources import files

from rapidfuzz.distance import OSA

_DIGRAPHS = re.compile(r"([aou])e")  # Müller and Mueller
_BETWEEN_WORDS = re.compile(r"[^\w]+|_")
_CODES = str.maketrans("bfpvcgjkqsxzdtlmnr", "111122222222334556", "aeiouywh")
_LONGEST = 200


@lru_cache(maxsize=65_536)
def folded(text: str) -> str:
    """The text in small Latin letters; what has no Latin spelling here stays as it is."""
    plain = unicodedata.normalize("NFKD", text[:_LONGEST].casefold().replace("й", "y"))  # else it becomes и and a mark
    bare = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return _DIGRAPHS.sub(r"\1", bare if bare.isascii() else bare.translate(_letters()))


def words(text: str) -> list[str]:
    """The words of a text as they are compared. Initials that stand in a row are one word: G.m.b.H., S. A."""
    joined: list[str] = []
    was_letter = False
    for word in _BETWEEN_WORDS.split(folded(text)):
        is_letter = len(word) == 1 and word.isalpha()
        if is_letter and was_letter:
            joined[-1] += word
        elif word:
            joined.append(word)
        was_letter = is_letter
    return joined


def sound(word: str) -> str:
    """What words that differ by a vowel, a doubled letter or a like consonant have in common."""
    code = word[1:].translate(_CODES)
    squeezed = "".join(letter for at, letter in enumerate(code) if not at or letter != code[at - 1])
    return (word[:1] + squeezed)[:4]


def is_slip(one: str, other: str) -> bool:
    """They differ as a slip of the fingers has it. Short words that differ by a letter are other words: Tim, Tom."""
    shorter = min(len(one), len(other))
    if shorter < 4 or not (one + other).isalpha():
        return False
    distance = OSA.distance(one, other, score_cutoff=2)
    if shorter == 4:
        return distance == 1 and sorted(one) == sorted(other)
    return bool(distance <= (1 if shorter < 9 else 2))


@cache
def word_list(name: str) -> frozenset[str]:
    """The words of a file of data, folded."""
    return frozenset(word for line in lines(name) for word in line)


@cache
def lines(name: str) -> tuple[tuple[str, ...], ...]:
    """The lines of a file of data as words, without its remarks."""
    text = (files("leads") / "data" / name).read_text(encoding="utf-8")
    return tuple(
        tuple(folded(word) for word in line.split())
        for line in text.splitlines()
        if line.strip() and not line.startswith("#")
    )


@cache
def _letters() -> dict[int, str]:
    text = (files("leads") / "data" / "letters.tsv").read_text(encoding="utf-8")
    pairs = (line.split("\t") for line in text.splitlines())
    return {ord(letter): spelled for letter, spelled in pairs}
