"""A draft beside the version in force, field by field: what is new in it, and what is gone."""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from leads.conditions import in_words, is_hidden
from leads.models import Definition, Receiver

NEVER = "–"
LEAST_ALIKE = 0.5
"""Texts that have less in common are read whole: marks on every other word would only be in the way."""


@dataclass(frozen=True)
class Compared:
    """One field of two versions."""

    label: str
    before: SafeString | str
    after: SafeString | str
    is_changed: bool


def compare(before: Definition | None, after: Definition, roles: Collection[str]) -> list[Compared]:
    """The words and the criteria. What somebody with these roles may not see is said to be there."""
    old_text = before.text if before else ""
    old, new = (_criteria(each, roles) for each in (before, after))
    was, now = _marked(_tokens(old_text), _tokens(after.text))
    return [
        Compared("Definition", was or NEVER, now, old_text != after.text),
        Compared("Criteria", _listed(old, new, "del"), _listed(new, old, "ins"), _differ(before, after)),
        *_terms(before, after),
    ]


def _terms(before: Definition | None, after: Definition) -> list[Compared]:
    """Whether it promotes by itself; left out where neither does."""
    old, new = (promotion_of(each) if each else "" for each in (before, after))
    if not (before and before.promotes) and not after.promotes:
        return []
    return [Compared("Promotion", old or NEVER, new, old != new)]


def promotion_of(definition: Definition) -> str:
    """Like `By itself, to the queue of Berlin`."""
    if not definition.promotes:
        return "By marketing"
    match definition.receiver:
        case Receiver.ACCOUNT:
            return f"By itself, to the owner of the account, else to the rotation of {definition.team}"
        case Receiver.ROTATION:
            return f"By itself, to the rotation of {definition.team}"
    return f"By itself, to the queue of {definition.team}"


def _differ(before: Definition | None, after: Definition) -> bool:
    return before is None or before.criteria != after.criteria


def _criteria(definition: Definition | None, roles: Collection[str]) -> list[str]:
    conditions = definition.criteria if definition else []
    return ["a restricted condition" if is_hidden(each, roles) else in_words(each) for each in conditions]


def _listed(mine: list[str], theirs: list[str], mark: str) -> SafeString:
    return marked_items(mine, theirs, mark) if mine else SafeString("Every lead")


def marked_items(mine: list[str], theirs: list[str], mark: str) -> SafeString:
    """A list, with a mark on what the other version has not."""
    tags = SafeString(f"<{mark}>"), SafeString(f"</{mark}>")
    rows = ((*(("", "") if each in theirs else tags), each) for each in mine)
    items = format_html_join("", "<li>{}{}{}</li>", ((begin, each, end) for begin, end, each in rows))
    return format_html("<ul>{}</ul>", items)


def _tokens(text: str) -> list[str]:
    return re.findall(r"\S+\s*|\s+", text)


def _marked(old: list[str], new: list[str]) -> tuple[SafeString, SafeString]:
    """Both texts, with what is only in the one and only in the other."""
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    if matcher.ratio() < LEAST_ALIKE:
        return _joined(iter([(True, old)]), "del"), _joined(iter([(True, new)]), "ins")
    steps = matcher.get_opcodes()
    was = ((op in ("delete", "replace"), old[a:b]) for op, a, b, _, _ in steps)
    now = ((op in ("insert", "replace"), new[c:d]) for op, _, _, c, d in steps)
    return _joined(was, "del"), _joined(now, "ins")


def _joined(parts: Iterator[tuple[bool, list[str]]], mark: str) -> SafeString:
    opened = {True: SafeString(f"<{mark}>"), False: ""}
    closed = {True: SafeString(f"</{mark}>"), False: ""}
    return format_html_join(
        "", "{}{}{}", ((opened[is_apart], "".join(words), closed[is_apart]) for is_apart, words in parts if words)
    )
