"""Names of people: the same, alike, or those of two."""

from collections import defaultdict
from collections.abc import Sequence
from enum import IntEnum
from functools import cache, lru_cache

from leads.matching.spelling import is_slip, lines, sound, word_list, words

MOST_WORDS = 5
_GENERATIONS = frozenset({"jr", "junior", "sr", "senior", "snr", "jnr", "ii", "iii", "iv"})
_GENDERED = ("a", "e", "i", "o", "ina", "ine", "ette", "ia", "ova", "eva", "aya", "ska")
_VOWELS = frozenset("aeiouy")


class Likeness(IntEnum):
    """How two names of people compare."""

    DIFFERENT = 0
    UNKNOWN = 1
    """One of them is missing, or is a single word."""
    INITIAL = 2
    """They agree as far as initials go."""
    ALIKE = 3
    SAME = 4


class Name(tuple[str, ...]):
    """The words of a name that count, as they are compared."""

    __slots__ = ()

    @property
    def generation(self) -> frozenset[str]:
        return _GENERATIONS.intersection(self)

    @property
    def own(self) -> tuple[str, ...]:
        return tuple(word for word in self if word not in _GENERATIONS)


@lru_cache(maxsize=65_536)
def name_of(text: str) -> Name:
    """The name without titles and particles; nothing where it names nobody."""
    given = words(text)
    plain = [word for word in given if word not in word_list("titles.txt") and not word.isdigit()]
    kept = [word for word in plain if word not in word_list("particles.txt")] or plain
    if len(kept) < 2 and len(given) > len(kept):
        kept = [word for word in given if not word.isdigit()]
    return Name(() if set(kept) <= word_list("no_people.txt") else kept[:MOST_WORDS])


def likeness(one: Name, other: Name) -> Likeness:
    """Compare two names, in whatever order their words stand."""
    if not one or not other:
        return Likeness.UNKNOWN
    if one.generation != other.generation:
        return Likeness.DIFFERENT  # a father and his son
    mine, theirs = one.own, other.own
    if sorted(mine) == sorted(theirs) or "".join(mine) == "".join(theirs):
        return Likeness.SAME if len("".join(mine)) > 1 and len(mine) + len(theirs) > 2 else Likeness.UNKNOWN
    shorter, longer = sorted((mine, theirs), key=len)
    return _paired(shorter, list(longer))


def _paired(shorter: Sequence[str], longer: list[str]) -> Likeness:
    """Give each word of the shorter name the best one of the longer; the least of these pairs decides."""
    least = Likeness.SAME if len(shorter) == len(longer) else Likeness.ALIKE
    for word in sorted(shorter, key=len, reverse=True):
        best = max(longer, key=lambda other: (_of_words(word, other), other[:1] == word[:1]))
        least = min(least, _of_words(word, best))
        if least == Likeness.DIFFERENT:
            return least
        longer.remove(best)
    return Likeness.UNKNOWN if len(shorter) < 2 else least


def _of_words(one: str, other: str) -> Likeness:
    if one == other:
        return Likeness.SAME
    if len(one) == 1 or len(other) == 1:
        return Likeness.INITIAL if one[0] == other[0] else Likeness.DIFFERENT
    groups = _groups()
    if groups.get(one, frozenset()) & groups.get(other, frozenset()):
        return Likeness.ALIKE
    # Two given names that people have are two people, however few letters are between them: Marie, Marion.
    if (one in groups and other in groups) or _is_gendered(one, other) or not is_slip(one, other):
        return Likeness.DIFFERENT
    return Likeness.ALIKE


def _is_gendered(one: str, other: str) -> bool:
    """Jan and Jana, Mario and Maria: two people, though one letter makes the difference."""
    shorter, longer = sorted((one, other), key=len)
    if longer.startswith(shorter):
        return longer[len(shorter) :] in _GENDERED
    ends = {shorter[-1], longer[-1]}
    return shorter[:-1] == longer[:-1] and ends <= _VOWELS and ends != {"i", "y"}


def sounds(name: Name) -> list[str]:
    """By what each word of a name is found again. An initial finds nobody."""
    return sorted({sound(word) for word in name.own if len(word) > 1})


@cache
def _groups() -> dict[str, frozenset[int]]:
    """Each given name with the lines of the file that it stands on."""
    groups: defaultdict[str, set[int]] = defaultdict(set)
    for number, names in enumerate(lines("given_names.txt")):
        for name in names:
            groups[name].add(number)
    return {name: frozenset(numbers) for name, numbers in groups.items()}
