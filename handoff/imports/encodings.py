"""The encoding of a text: certain by its bytes, else by which reading has words, else asked for. Never guessed."""

import codecs
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from handoff.imports.legibility import JUDGES, Legibility, judge, words
from handoff.imports.unreadable import Unreadable

NAMES = {
    "cp1252": "Windows-1252 (Western Europe)",
    "mac_roman": "Mac Roman",
    "cp850": "MS-DOS (Western Europe)",
    "cp1250": "Windows-1250 (Central Europe)",
    "iso8859_2": "ISO-8859-2 (Central Europe)",
    "cp852": "MS-DOS (Central Europe)",
    "mac_latin2": "Mac (Central Europe)",
    "cp1254": "Windows-1254 (Turkish)",
    "cp1251": "Windows-1251 (Cyrillic)",
    "koi8_r": "KOI8-R (Russian)",
    "mac_cyrillic": "Mac (Cyrillic)",
    "cp866": "MS-DOS (Russian)",
    "cp1253": "Windows-1253 (Greek)",
    "cp1255": "Windows-1255 (Hebrew)",
    "cp1256": "Windows-1256 (Arabic)",
    "cp874": "Windows-874 (Thai)",
    "cp932": "Shift-JIS (Japanese)",
    "euc_jp": "EUC-JP (Japanese)",
    "gb18030": "GB18030 (Chinese)",
    "big5": "Big5 (Chinese, traditional)",
    "cp949": "EUC-KR (Korean)",
    "utf-8": "UTF-8",
    "utf-8-sig": "UTF-8 with a byte order mark",
    "utf-16": "UTF-16",
    "utf-16-le": "UTF-16 without a byte order mark",
    "utf-16-be": "UTF-16 without a byte order mark",
    "ascii": "ASCII",
}
_OF_SIGNS = {"cp932", "euc_jp", "gb18030", "big5", "cp949"}
_BOMS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f]")
_MIXED = re.compile(r"[A-Za-z][\u0370-\u07ff]|[\u0370-\u07ff][A-Za-z]")  # letters of two scripts in one word
_NOT_ASCII = re.compile(rb"[^\r\n]*[\x80-\xff][^\r\n]*")
JUDGED_LINES = 2_000
MOST_ILLEGIBLE = 0.25  # of the words of the best reading: brand names and typing errors are in every file
CLEAR_MARGIN = 0.1  # of the words, by which the next best reading must be worse, and one word at least
FEW_WORDS = 3
OFFERED, SHOWN_CHARACTERS = 3, 30


def decode(data: bytes, name: str, stated: str = "") -> tuple[str, str]:
    """The text and its encoding: the stated one, else the one that is certain, else the only one with sense in it."""
    if stated:
        return _as_stated(data, name, stated), stated
    for encoding in _certain(data):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if not _is_binary(text) and not (encoding == "utf-8" and _is_accident(data, text)):
            return _trimmed(text), "ascii" if encoding == "utf-8" and text.isascii() else encoding
    if 0 in data or _is_binary(data.decode("latin-1"), most=0.02):
        raise Unreadable(_not_text(data, name))
    return _recognised(data, name)


def _as_stated(data: bytes, name: str, stated: str) -> str:
    try:
        text = data.decode(stated)
    except UnicodeDecodeError as error:
        line = _line_of(data, error.start)
        raise Unreadable(
            f"{name} is not in the encoding {stated}: line {line} has the byte 0x{data[error.start]:02X}."
        ) from error
    except (LookupError, ValueError) as error:
        raise Unreadable(
            f"--encoding {stated} is not a valid encoding: write one like utf-8, cp1252 or shift_jis."
        ) from error
    if "\0" in text:
        raise Unreadable(_not_text(data, name))
    return _trimmed(text)


def _trimmed(text: str) -> str:
    """Without the mark before it and without how DOS ended a file."""
    return text.removeprefix("\ufeff").rstrip("\x1a")


def _certain(data: bytes) -> Iterator[str]:
    """By the byte order mark, else UTF-16 without one, else UTF-8, which no other encoding looks like."""
    marked = next((encoding for bom, encoding in _BOMS.items() if data.startswith(bom)), None)
    if marked:
        yield marked
    else:
        yield from _unmarked_utf_16(data)
    yield "utf-8"


def _unmarked_utf_16(data: bytes) -> list[str]:
    """Latin letters in UTF-16 have a zero in every other byte; between other letters, line ends have it at least."""
    sample = data[:2000]
    even, odd = sample[::2].count(0), sample[1::2].count(0)
    if not sample or len(data) % 2 or max(even, odd) <= 10 * min(even, odd):
        return []
    encoding = "utf-16-le" if odd > even else "utf-16-be"
    ends = sample.decode(encoding, "replace").count("\n")
    is_certain = max(even, odd) >= len(sample) * 0.3 or (ends and ends >= 0.8 * sample.count(b"\n"))
    return [encoding] if is_certain else []


def _is_accident(data: bytes, text: str) -> bool:
    """A word or two of another encoding may be UTF-8 by chance, with letters of two scripts in one word."""
    few = words(text, most=FEW_WORDS + 1)
    if not 0 < len(few) <= FEW_WORDS or not all(map(_MIXED.search, few)):
        return False
    decided = _decided(_sorted_readings(data))
    return decided is not None and not decided.legibility.illegible


def _is_binary(text: str, most: float = 0.001) -> bool:
    """Text has no NUL, and of the other control characters at most a stray one."""
    sample = text[:200_000]
    return "\0" in text or len(re.findall(r"[\x00-\x08\x0e-\x1f]", sample)) > max(2, len(sample) * most)


def _not_text(data: bytes, name: str) -> str:
    position = data.find(0)
    where = f" (NUL byte in line {_line_of(data, position)})" if position >= 0 else ""
    return f"{name} is not text{where}: save it as “CSV UTF-8” and import that."


@dataclass(frozen=True)
class _Reading:
    """The lines that are not ASCII, read in one encoding."""

    encoding: str
    text: str
    legibility: Legibility


def _recognised(data: bytes, name: str) -> tuple[str, str]:
    readings = _sorted_readings(data)
    decided = _decided(readings)
    if decided is None or decided.encoding not in _OF_SIGNS:
        _refuse_mixed(data, name)
    if decided is not None:
        try:
            return _trimmed(data.decode(decided.encoding)), decided.encoding
        except UnicodeDecodeError:  # a line after those that were judged is in another encoding
            readings = [reading for reading in readings if reading is not decided]
    raise Unreadable(_question(data, readings, name))


def _sorted_readings(data: bytes) -> list[_Reading]:
    """The readings of the lines that are not ASCII, the most legible first."""
    sample = b"\n".join(match[0] for _, match in zip(range(JUDGED_LINES), _NOT_ASCII.finditer(data), strict=False))
    return sorted(_readings(sample), key=lambda reading: reading.legibility.share)


def _readings(sample: bytes) -> Iterator[_Reading]:
    """Every different reading of the lines, under the encoding of those that give it in whose words it makes sense."""
    alike: dict[str, list[_Reading]] = {}
    for encoding, is_legible in JUDGES.items():
        try:
            text = sample.decode(encoding)
        except UnicodeDecodeError:
            continue
        if not _CONTROL.search(text):
            alike.setdefault(text, []).append(_Reading(encoding, text, judge(text, is_legible)))
    for readings in alike.values():
        best = min(readings, key=lambda reading: reading.legibility.share)
        if best.legibility.words or best.encoding == "cp1252":  # elsewhere bytes that read as blanks are letters
            yield best


def _decided(readings: list[_Reading]) -> _Reading | None:
    """The reading whose words make sense, if those of every other one clearly do not."""
    if not readings or readings[0].legibility.share > MOST_ILLEGIBLE:
        return None
    best, others = readings[0], readings[1:]
    return best if all(_is_worse(other.legibility, best.legibility) for other in others) else None


def _is_worse(other: Legibility, best: Legibility) -> bool:
    return other.share - best.share >= CLEAR_MARGIN and other.illegible > best.illegible


def _refuse_mixed(data: bytes, name: str) -> None:
    """Read as one encoding, a file of two would garble the names in half of its lines without a word."""
    is_utf_8 = {number: _is_utf_8(line) for number, line in enumerate(data.splitlines(), 1) if not line.isascii()}
    if len(set(is_utf_8.values())) > 1:
        good, bad = (next(number for number, it_is in is_utf_8.items() if it_is is wanted) for wanted in (True, False))
        raise Unreadable(
            f"{name} mixes encodings: line {good} is UTF-8 and line {bad} is not. "
            "Save it as “CSV UTF-8” and check these lines."
        )


def _is_utf_8(line: bytes) -> bool:
    try:
        line.decode()
    except UnicodeDecodeError:
        return False
    return True


def _question(data: bytes, readings: Iterable[_Reading], name: str) -> str:
    """The likeliest readings side by side, for whoever knows the names."""
    offered = [reading for reading in readings if _decodes(data, reading.encoding)][:OFFERED]
    if not offered:
        return f"{name} is not text in any encoding that can be recognised: save it as “CSV UTF-8” and import that."
    lines = [reading.text.split("\n") for reading in offered]
    different = [len(set(row)) for row in zip(*lines, strict=False)]
    number = different.index(max(different))
    choices = ", or ".join(
        f"“{_around(line[number])}” (--encoding {reading.encoding})"
        for reading, line in zip(offered, lines, strict=True)
    )
    return f"The encoding of {name} is not certain. Which is right: {choices}? Or save it as “CSV UTF-8”."


def _decodes(data: bytes, encoding: str) -> bool:
    try:
        data.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _around(line: str) -> str:
    """What stands around the first letters that are in doubt."""
    at = next((at for at, letter in enumerate(line) if not letter.isascii()), 0)
    start = max(0, at - SHOWN_CHARACTERS // 2)
    return line[start : start + SHOWN_CHARACTERS].strip()


def _line_of(data: bytes, position: int) -> int:
    return data.count(b"\n", 0, position) + 1
