"""How well a text reads that was decoded on trial: words that no language writes like that show a wrong encoding."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from handoff.imports.ideographs import Judge, chinese, japanese, korean, traditional

_WORDS = re.compile(r"[^\s,;|\"<>()\[\]{}/\\:=_+*&@#!?.]+")
_VOWELS = "aeiouyáàâãäåæéèêëěęíìîïóòôõöőøœúùûüůűýąă"
_OPENING, _CLOSING = "‘“„‚«¿¡•–—", "’”»…®™©ªº–—"
_MEASURES = re.compile(r"[€£¥§]?\d[\d'’.–-]*[€£¥°ªº²³½¼¾%µ]*[A-Za-z]{0,2}[²³]?|[€£¥§©®–—•…«»“”·]+|[A-Za-z]{1,2}[²³]")
_INSIDE = re.compile(
    r"(?<=[a-zß-ÿ])[’](?:s|t|d|m|re|ve|ll)$|^(?:[dlcjmnstoODLCJMNST]|qu|[Dd]ell|[Aa]ll|[Mm]c)[’](?=\w)|(?<=\w)[–—](?=[A-Z])",
)
_ENGLISH_IN_MAC = re.compile(
    r"^(?:\w+nít|\w+í(?:re|ve|ll)|Iím|\w*[a-z](?<!sol)(?<!pa)(?<!par)(?<!gal)(?<!an)(?<!lu)(?<!den)(?<!as)(?<!av)ís)$",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class _Language:
    """The letters beyond a-z that its words may have, and what they never look like."""

    letters: frozenset[str]
    never: re.Pattern[str]


def _language(letters: str, never: str = r"(?!)") -> _Language:
    return _Language(frozenset(letters), re.compile(never))


_TWO_ACCENTS = r"(?!éé)[áàâãäåæéèêëíìîïóòôõöøœúùûüýß]{2}"
_PLAIN = "aeiou"
_WESTERN = (
    _language("äöüß", rf"(?:^|[^{_VOWELS}])ß|[äö]$|(?!üß|öß|äß){_TWO_ACCENTS}"),
    _language(
        "àâçéèêëîïôûüÿùœ",
        rf"à(?=\w)|(?<!o)ù|(?<![aeouéy])ï|ï(?![bcdfghjlmnpqrstvwxz])|(?<![aeiou])ë|[èêû](?![bcdfghjklmnpqrstvwxz])"
        rf"|(?<=[aeoy])[èêû]|œ(?![uitd])|{_TWO_ACCENTS}",
    ),
    _language("áéíñóúü", rf"ñ(?![{_PLAIN}áéíóú])|{_TWO_ACCENTS}"),
    _language("àèéìòù", rf"[àèìòù](?=\w)|{_TWO_ACCENTS}"),
    _language("áâãàçéêíóôõúü", rf"ã(?!e|o|s?$)|õ(?!e)|à(?=\w)|ê(?=[{_PLAIN}])|(?<=[{_PLAIN}])ê|{_TWO_ACCENTS}"),
    _language(
        "àçéèíïóòúü",
        rf"(?<=[{_PLAIN}])[àèò]|[àèò](?=[{_PLAIN}])|[èò]$|(?<![aeou])ï|ï(?![cdlmnrst])|{_TWO_ACCENTS}",
    ),
    _language(
        "áéëïóöüèê", rf"(?<![{_PLAIN}])[ëï]|[èê](?![bcdfghjklmnpqrstvwxz])|ï(?![bcdfghjlmnpqrstvwxz])|{_TWO_ACCENTS}"
    ),
    _language("åäöéü", rf"(?<=[{_PLAIN}yö])å(?=[{_PLAIN}y])|(?<=[{_PLAIN}])[äö]$|{_TWO_ACCENTS}"),
    _language("åæøéö", rf"(?<=[{_PLAIN}yåæ])[øæ]|ø(?=[iouaåæ])|æ(?=[aiouy]|$)|{_TWO_ACCENTS}"),
    _language(
        "áéíóúýþðæö", rf"^ð|(?<=[{_VOWELS}])æ|(?<=[{_VOWELS}])þ|þ$|(?<=[{_VOWELS}])ý|ý(?=[{_PLAIN}y])|{_TWO_ACCENTS}"
    ),
)
_NO_VOWEL_BESIDE = rf"(?<=[^{_VOWELS}])(?<![bcdfghjkmnpstvz][rl])[ćčďłńňśšťźžż](?![{_VOWELS}])"
_CENTRAL = (
    _language("äöüß", rf"(?:^|[^{_VOWELS}])ß|[äö]$"),
    _language(
        "ąćęłńóśźż",
        rf"ń(?=[{_VOWELS}])|(?<=[aeouy])[ąę]|[ąę](?=[{_PLAIN}y])|^[ąęń]|ć(?=[bcdfghjmprz])|(?<=[^{_VOWELS}])[śźń](?=[^{_VOWELS}])",
    ),
    _language(
        "áčďéěíňóřšťúůýž",
        rf"(?<![bdfmnptv])ě|{_NO_VOWEL_BESIDE}|(?<![{_VOWELS}bcdghkptv])ř(?![{_VOWELS}])|[yi]ý|^ů|ů(?=[{_PLAIN}y])|(?<=[{_PLAIN}y])ů|ď(?![{_VOWELS}k]|$)",
    ),
    _language("áäčďéíľňóôšťúýž", rf"{_NO_VOWEL_BESIDE}|[yi]ý|(?<![bmpvf])ä|ď(?![{_VOWELS}k]|$)"),
    _language("áéíóöőúüű", rf"(?<=[{_PLAIN}])[őű]|[őű](?=[{_PLAIN}])"),
    _language("ăâîşţ", r"(?<=[aeou])ă|ă(?=[aeou])"),
    _language("čćđšž", rf"{_NO_VOWEL_BESIDE}|ć(?=[bcdfghjmprz])"),
)
_TURKISH = (_language("çğıöşüâî", r"^ğ|ğ(?=[bcdfgjkpsştvz]{2})|(?<=[aeoöuü])ı|ı(?=[aeoöuü])"),)


def western(word: str) -> bool:
    return _is_latin(word, _WESTERN)


def mac(word: str) -> bool:
    """On a Mac í has the byte that Windows has for the apostrophe of “don’t”."""
    return _is_latin(word, _WESTERN) and not _ENGLISH_IN_MAC.match(word)


def mac_central(word: str) -> bool:
    return _is_latin(word, _CENTRAL) and not _ENGLISH_IN_MAC.match(word)


def central(word: str) -> bool:
    return _is_latin(word, _CENTRAL)


def turkish(word: str) -> bool:
    return _is_latin(word, (*_TURKISH, *_WESTERN[:3]))


def _is_latin(word: str, languages: tuple[_Language, ...]) -> bool:
    core = _core(word)
    if core is None:
        return False
    if not core or core.isascii():
        return True
    if len(core) == 1:
        return core.lower() in "àèéåö"
    return _is_cased(core) and all(
        any(_fits(part, language) for language in languages)
        for part in re.split(r"['’–—-]", core.lower().replace("i\u0307", "i"))
        if not part.isascii()
    )


def _fits(part: str, language: _Language) -> bool:
    special = {letter for letter in part if not letter.isascii()}
    return special <= language.letters and not language.never.search(part)


def _is_cased(core: str) -> bool:
    """Capitals have other bytes than small letters: one inside a word, or beside a digit, is a sign misread."""
    if re.search(r"\d[^\x00-\x7f]|[^\x00-\x7f]\d", core):
        return False
    inside = re.findall(r"(?<=[^\W\d_])[^\x00-\x7f]", core)
    return core.isupper() or not any(letter.isupper() for letter in inside)


def _core(word: str) -> str | None:
    """The letters of a word without the signs around it; None where signs stand that belong to no word."""
    if _MEASURES.fullmatch(word):
        return ""
    core = word.lstrip(_OPENING + "-'`").rstrip(_CLOSING + "-'`")
    core = _INSIDE.sub("", core)
    return (
        core if all(letter.isascii() or letter.isalpha() for letter in core) and not re.search("[ªº]", core) else None
    )


def cyrillic(word: str) -> bool:
    letters = _bare(word)
    if not re.fullmatch(r"[А-яЁёІіЇїЄєҐґЎўЂђЋћЏџЈјЉљЊњЌќЃѓЅѕ'’-]+", letters):
        return not letters
    if len(letters) == 1:
        return letters in "авикосуяіВИКСУЯ"
    parts = re.split(r"['’-]", letters)
    cased = all(not part or part.isupper() or part[1:].islower() or len(part) == 1 for part in parts)
    lower = letters.lower()
    return (
        cased
        and bool(re.search("[аеёиоуыэюяіїє]", lower))
        and not re.search(r"^[ъьы]|[бвгджзклмнпрстфхцчшщ]{5}", lower)
    )


def _bare(word: str) -> str:
    return word.lstrip(_OPENING + "-'`№0123456789").rstrip(_CLOSING + "-'`0123456789")


def greek(word: str) -> bool:
    letters = _bare(word)
    if not re.fullmatch(r"[Ά-ώ'’-]+", letters):
        return not letters
    if letters.isupper():
        return len(letters) > 1
    accents = len(re.findall("[άέήίόύώΆΈΉΊΌΎΏ]", letters))
    return (
        letters[1:].islower()
        and accents == (1 if len(letters) > 2 else accents)
        and not re.search(r"ς\w|σ$|[ΐΰ]", letters)
    )


def hebrew(word: str) -> bool:
    """Five letters look different at the end of a word."""
    letters = _bare(word)
    return bool(re.fullmatch(r"(?:[א-ת'’-](?<![ךםןףץ]))*[א-ת'’](?<![כמנצ])", letters)) or not letters


def arabic(word: str) -> bool:
    letters = _bare(word)
    return not letters or (len(letters) > 1 and bool(re.fullmatch(r"[ء-يٱ-ۓ\u064b-\u0652،؛؟]+", letters)))


def thai(word: str) -> bool:
    letters = _bare(word)
    return not letters or (len(letters) > 2 and bool(re.fullmatch(r"[ก-ฮเ-ไ][ก-ฮะ-ฺเ-๎]+", letters)))


def words(text: str, most: int = 4000) -> set[str]:
    """The different words of a text that have more than ASCII in them."""
    seen: set[str] = set()
    for match in _WORDS.finditer(text):
        if not match[0].isascii():
            seen.add(match[0])
            if len(seen) >= most:
                break
    return seen


@dataclass(frozen=True)
class Legibility:
    """How many of the words of a text that are not ASCII read like words, and how many do not."""

    legible: int
    illegible: int

    @property
    def words(self) -> int:
        return self.legible + self.illegible

    @property
    def share(self) -> float:
        """Of the words, how many are illegible."""
        return self.illegible / max(1, self.words)


def judge(text: str, is_legible: Judge) -> Legibility:
    verdicts = [is_legible(word) for word in words(text)]
    return Legibility(sum(verdicts), len(verdicts) - sum(verdicts))


JUDGES: Mapping[str, Judge] = {
    "cp1252": western,
    "mac_roman": mac,
    "cp850": western,
    "cp1250": central,
    "iso8859_2": central,
    "cp852": central,
    "mac_latin2": mac_central,
    "cp1254": turkish,
    "cp1251": cyrillic,
    "koi8_r": cyrillic,
    "mac_cyrillic": cyrillic,
    "cp866": cyrillic,
    "cp1253": greek,
    "cp1255": hebrew,
    "cp1256": arabic,
    "cp874": thai,
    "cp932": japanese,
    "euc_jp": japanese,
    "gb18030": chinese,
    "big5": traditional,
    "cp949": korean,
}
"""Which words each encoding is used for. The first ones are preferred where several read the same."""
