"""The rules of a scoring model, as its columns keep them: points for facts, points for what buyers did, exclusions."""

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from django.core.exceptions import ValidationError

from leads.conditions import Condition, validate_conditions
from leads.facts import fact
from leads.normalise import is_storable, normalise_text, quoted

MOST_RULES = 50
LARGEST_POINTS = 1000
LONGEST_HALF_LIFE = 3650  # days
LONGEST_NAME = 80
LONGEST_KEY = 40
GRADES = ("A", "B", "C", "D")
EXCLUDED = "X"
"""The grade of a lead that an exclusion of the model holds for."""
_KIND = re.compile(r"\w{1,40}")


@dataclass(frozen=True, kw_only=True)
class FitRule:
    """Points for a lead that meets all conditions."""

    key: str
    name: str
    points: int
    conditions: Sequence[Condition]


@dataclass(frozen=True, kw_only=True)
class BehaviourRule:
    """Points for each touchpoint of these kinds. They halve every `half_life` days; the rule gives `cap` at most."""

    key: str
    name: str
    kinds: Sequence[str]
    points: int
    half_life: int | None = None
    cap: int | None = None


@dataclass(frozen=True, kw_only=True)
class Exclusion:
    """A lead that meets all conditions does not fit, whatever its points."""

    key: str
    name: str
    conditions: Sequence[Condition]


Rule = FitRule | BehaviourRule | Exclusion


def fit_rules(stored: Sequence[Mapping[str, Any]]) -> list[FitRule]:
    return [FitRule(**rule) for rule in stored]


def behaviour_rules(stored: Sequence[Mapping[str, Any]]) -> list[BehaviourRule]:
    return [BehaviourRule(**rule) for rule in stored]


def exclusions(stored: Sequence[Mapping[str, Any]]) -> list[Exclusion]:
    return [Exclusion(**rule) for rule in stored]


def validate_fit_rules(stored: Any) -> None:
    for rule in _read(stored, FitRule):
        _check_points(rule.name, rule.points)
        _check_conditions(rule.name, rule.conditions)


def validate_behaviour_rules(stored: Any) -> None:
    for rule in _read(stored, BehaviourRule):
        _check_points(rule.name, rule.points)
        if not rule.kinds or not all(isinstance(kind, str) and _KIND.fullmatch(kind) for kind in rule.kinds):
            raise ValidationError(f"{quoted(rule.name)}: name the kinds of touchpoints, like form, page_visit.")
        _check_number(rule.name, "half-life in days", rule.half_life, LONGEST_HALF_LIFE)
        _check_number(rule.name, "cap", rule.cap, LARGEST_POINTS * MOST_RULES)


def validate_exclusions(stored: Any) -> None:
    for rule in _read(stored, Exclusion):
        _check_conditions(rule.name, rule.conditions)


def validate_thresholds(a: int, b: int, c: int) -> None:
    """From which points of fit a lead has which grade."""
    if not a > b > c:
        raise ValidationError("The points for A must be above those for B, and those for B above those for C.")


def keyed(rules: Sequence[Mapping[str, Any]], taken: Collection[str]) -> list[dict[str, Any]]:
    """Rules with a key each. A rule keeps its key from version to version, so that what is said of it is counted."""
    keys = {rule["key"] for rule in rules if rule.get("key")} | set(taken)
    done: list[dict[str, Any]] = []
    for rule in rules:
        key = rule.get("key") or _free(rule["name"], keys)
        keys.add(key)
        done.append({**rule, "key": key})
    return done


def as_stored(rule: Rule) -> dict[str, Any]:
    """As the columns of a model keep it."""
    return asdict(replace(rule))


def _free(name: str, taken: Collection[str]) -> str:
    base = re.sub(r"\W+", "_", name.casefold()).strip("_")[: LONGEST_KEY - 4] or "rule"
    numbered = (f"{base}_{number}" for number in range(2, len(taken) + 3))
    return next(key for key in (base, *numbered) if key not in taken)


def _read(stored: Any, kind: Callable[..., Any]) -> list[Any]:
    if not isinstance(stored, list) or len(stored) > MOST_RULES:
        raise ValidationError(f"Give a list of at most {MOST_RULES} rules.")
    try:
        rules = [kind(**rule) for rule in stored]
    except TypeError as error:
        raise ValidationError(f"This is not a rule: {error}.") from error
    for rule in rules:
        _check_names(rule.key, rule.name)
    keys = [rule.key for rule in rules]
    if len(set(keys)) < len(keys):
        raise ValidationError("Two rules have the same key.")
    return rules


def _check_names(key: Any, name: Any) -> None:
    if not isinstance(name, str) or not is_storable(name) or not normalise_text(name):
        raise ValidationError("Give each rule a name, like “Asked for a demo”.")
    if len(name) > LONGEST_NAME:
        raise ValidationError(f"{quoted(name)}: a name may have at most {LONGEST_NAME} characters.")
    if not isinstance(key, str) or not re.fullmatch(r"\w+", key) or len(key) > LONGEST_KEY:
        raise ValidationError(f"{quoted(name)}: its key must be a short word like asked_for_a_demo.")


def _check_points(name: str, points: Any) -> None:
    if type(points) is not int or not points or abs(points) > LARGEST_POINTS:
        words = f"points are a whole number from -{LARGEST_POINTS} to {LARGEST_POINTS}, and not 0"
        raise ValidationError(f"{quoted(name)}: {words}.")


def _check_number(name: str, label: str, number: Any, largest: int) -> None:
    if number is not None and (type(number) is not int or not 0 < number <= largest):
        raise ValidationError(f"{quoted(name)}: its {label} must be a whole number from 1 to {largest}, or empty.")


def _check_conditions(name: str, conditions: Any) -> None:
    """Of facts of the buyer alone: these change with the lead itself, so its score follows in the same transaction."""
    if not conditions:
        raise ValidationError(f"{quoted(name)}: give at least one condition.")
    try:
        validate_conditions(conditions)
    except ValidationError as error:
        raise ValidationError([f"{quoted(name)}: {message}" for message in error.messages]) from error
    for condition in conditions:
        if not _is_fact(condition["field"]):
            words = "a rule asks for facts of the buyer; use behaviour rules for what they did"
            raise ValidationError(f"{quoted(name)}: {quoted(condition['field'])} cannot be asked for: {words}.")


def _is_fact(field: Any) -> bool:
    if field == "score":
        return False
    try:
        fact(field)
    except KeyError:
        return False
    return True
