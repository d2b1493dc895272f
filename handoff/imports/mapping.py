"""Which columns of a file are which field: by what the user states, by their headers, and by what is in them."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from handoff.imports import contents, subjects
from handoff.imports.headers import Aliases, How, Vocabulary, Word, check_field, key, listed
from handoff.imports.unreadable import Unreadable
from leads.normalise import normalise_text

ValueMap = Mapping[tuple[int | None, str], str]
"""By column, or None for any, and value in lower case: what it stands for."""

_OF_A_LEAD = frozenset(
    map(
        key,
        [
            *("lead id", "contact id", "person id", "prospect id", "lead external id", "who id", "converted lead id"),
            *("associated contact ids", "associated contact id", "record id - contact", "record id - lead"),
            *("(do not modify) lead", "(do not modify) contact", "lead-id", "kontakt-id", "contact name.id"),
        ],
    )
)
"""Headers that say of an id that it is the lead's. Beside one of them “Id” is that of something else."""


_DOUBTFUL = frozenset(map(key, ("user id", "customer id", "member id", "subscriber id", "respondent id", "token")))
"""Headers of ids that may be those of owners or lists as well."""


_STAND_INS = frozenset(
    map(
        key,
        [
            *("form", "form name", "utm campaign", "lead origin", "origin", "utm source", "acquisition channel"),
            *("budget", "budgeted cost", "est. revenue"),
        ],
    )
)


SETTLED = (How.STATED, How.REMEMBERED)


@dataclass(frozen=True)
class Choice:
    """One column, the field that it is, and how that is known."""

    at: int
    field: str
    how: How


@dataclass(frozen=True)
class Columns:
    """Where each field is in a row of the file, and what it is where no column has it."""

    headers: tuple[str, ...]
    choices: tuple[Choice, ...]
    """In order of preference: of several columns for a field the first one that is not empty in a row counts."""
    constants: Mapping[str, str] = field(default_factory=dict)
    implied: Mapping[str, str] = field(default_factory=dict)
    """Constants that nobody stated: they follow from what the file is about."""
    values: ValueMap = field(default_factory=dict)
    left_out: Mapping[int, str] = field(default_factory=dict)
    """Columns that are not read though their headers name a field, and why."""
    hidden: Mapping[int, str] = field(default_factory=dict)
    """Columns of attributes that are not shown to whoever brings the file: as if nobody knew what they are."""
    positions: Mapping[str, tuple[int, ...]] = field(init=False)
    fields: frozenset[str] = field(init=False)
    plain: Mapping[str, int] = field(init=False)
    """Those that are one column as it is written."""

    def __post_init__(self) -> None:
        positions: dict[str, tuple[int, ...]] = {}
        for choice in self.choices:
            if choice.field not in self.constants:
                positions[choice.field] = (*positions.get(choice.field, ()), choice.at)
        object.__setattr__(self, "positions", positions)
        single = {name: places[0] for name, places in positions.items() if len(places) == 1}
        object.__setattr__(self, "plain", {} if self.values else single)
        object.__setattr__(self, "fields", frozenset({*positions, *self.constants, *self.implied}))

    @property
    def width(self) -> int:
        return len(self.headers)

    def has(self, names: Iterable[str]) -> bool:
        return not self.fields.isdisjoint(names)

    def cells(self, values: Sequence[str]) -> "Cells":
        return Cells(self, values)

    def value(self, name: str, values: Sequence[str]) -> str:
        """The text of a field in a row."""
        if name in self.constants:
            return self.constants[name]
        if name not in self.positions:
            return self.implied[name]
        places = self.positions[name]
        first = self._text(places[0], values)
        if len(places) == 1 or normalise_text(first):
            return first
        others = (self._text(at, values) for at in places[1:])
        return next(filter(normalise_text, others), first)

    def _text(self, at: int, values: Sequence[str]) -> str:
        text = values[at].strip() if at < len(values) else ""
        if not self.values or not text:
            return text
        spelled = text.casefold()
        return self.values.get((at, spelled), self.values.get((None, spelled), text))


class Cells(Mapping[str, str]):
    """A row by field. It keeps the row as the file has it, and looks a field up when somebody asks."""

    __slots__ = ("_columns", "_values")

    def __init__(self, columns: Columns, values: Sequence[str]) -> None:
        self._columns, self._values = columns, values

    def __getitem__(self, name: str) -> str:
        return self._columns.value(name, self._values)

    def get(self, name: str, default: Any = None) -> Any:
        """Most fields have no column, and to fail at each would take longer than to look."""
        at = self._columns.plain.get(name)
        if at is not None:
            return self._values[at].strip() if at < len(self._values) else ""
        return self._columns.value(name, self._values) if name in self._columns.fields else default

    def __contains__(self, name: object) -> bool:
        return name in self._columns.fields

    def __iter__(self) -> Iterator[str]:
        return iter(self._columns.fields)

    def __len__(self) -> int:
        return len(self._columns.fields)


def map_columns(
    headers: Sequence[str],
    aliases: Aliases,
    stated: Sequence[str] = (),
    *,
    kind: str = "leads",
    rows: Sequence[Sequence[str]] = (),
    remembered: Mapping[str, str] | None = None,
) -> Columns:
    """Find the columns of each field. `stated` is HEADER=field, which wins; with no field the column is left out.

    What is `remembered` of the headers of an earlier file wins over what their names and values would say.
    """
    assigned = _assignments(stated, headers, aliases)
    earlier = _remembered(remembered or {}, headers, assigned)
    choices = [Choice(at, name, How.STATED) for at, name in assigned.items() if name]
    choices += [Choice(at, name, How.REMEMBERED) for at, name in earlier.items() if name]
    free = {at: header for at, header in enumerate(headers) if at not in {**assigned, **earlier}}
    sheet = _Sheet(kind, headers, rows)
    meanings, left_out = sheet.meanings(free, aliases, {each.field for each in choices})
    preferred = sorted(meanings, key=lambda at: (meanings[at].rank, at))
    choices += [Choice(at, meanings[at].field, meanings[at].how) for at in preferred]
    choices = _with_one_phone(sheet.with_family_names(choices))
    missing = {name: names for name, names in aliases.items() if name not in {choice.field for choice in choices}}
    choices += sheet.guesses({at: header for at, header in free.items() if at not in {**meanings, **left_out}}, missing)
    implied = {name: value for name, value in subjects.implied(kind, headers).items() if name in missing}
    return Columns(tuple(headers), tuple(choices), implied=implied, left_out=left_out)


def _with_one_phone(choices: list[Choice]) -> list[Choice]:
    """Where a file has no other phone, the mobile one is the phone: nobody looks for the second of one."""
    if any(choice.field == "phone" for choice in choices):
        return choices
    return [
        Choice(each.at, "phone", each.how) if each.field == "mobile_phone" and each.how not in SETTLED else each
        for each in choices
    ]


def _remembered(remembered: Mapping[str, str], headers: Sequence[str], assigned: Mapping[int, str]) -> dict[int, str]:
    """What an earlier file had to say of the columns that this one has as well."""
    places = {header: position(header, headers) for header in remembered}
    settled = {name for name in assigned.values() if name}
    return {
        at: "" if remembered[header] in settled else remembered[header]
        for header, at in places.items()
        if at is not None and at not in assigned
    }


def _assignments(stated: Sequence[str], headers: Sequence[str], aliases: Aliases) -> dict[int, str]:
    assigned: dict[int, str] = {}
    for text in stated:
        at, name = _assigned(text, headers, aliases)
        earlier = next((other for other, taken in assigned.items() if name and taken == name), at)
        if earlier != at:
            raise Unreadable(f"--map gives two columns to “{name}”: {headers[earlier]} and {headers[at]}.")
        assigned[at] = name
    return assigned


def _assigned(text: str, headers: Sequence[str], aliases: Aliases) -> tuple[int, str]:
    header, equals, name = text.rpartition("=")
    name = name.strip()
    if not equals:
        raise Unreadable(f"--map {text}: write it as HEADER=field.")
    if name:
        check_field(name, aliases, f"--map {text}")
    at = position(header, headers)
    if at is None:
        raise Unreadable(f"--map {text}: the file has no column “{header}”; it has {listed(headers)}.")
    return at, name


def position(header: str, headers: Sequence[str]) -> int | None:
    """The column of a header, spelled exactly like it or else about like it."""
    exact = [at for at, spelled in enumerate(headers) if spelled == header.strip()]
    alike = [at for at, spelled in enumerate(headers) if key(header) and key(spelled) == key(header)]
    return next(iter(exact or alike), None)


@dataclass(frozen=True)
class _Sheet:
    """The headers of a file and the values below them."""

    kind: str
    headers: Sequence[str]
    rows: Sequence[Sequence[str]]

    def column(self, at: int) -> list[str]:
        return [row[at] for row in self.rows[: contents.SAMPLE] if at < len(row)]

    def meanings(
        self, free: Mapping[int, str], aliases: Aliases, settled: Collection[str]
    ) -> tuple[dict[int, Word], dict[int, str]]:
        """What the headers mean, and which of them are left out for what reason."""
        vocabulary = Vocabulary(self.kind, aliases)
        words = {at: word for at, header in free.items() if (word := vocabulary.meaning(header))}
        words |= subjects.of_deals(self.kind, self.headers, words, settled)
        words = {at: word for at, word in words.items() if word.field not in settled and at in free}
        reasons = {at: contents.vetoed(self.kind, word.field, free[at], self.column(at)) for at, word in words.items()}
        left_out = {at: reason for at, reason in reasons.items() if reason}
        kept = {at: word for at, word in words.items() if at not in left_out}
        left_out |= subjects.of_another(self.kind, self.headers, kept, is_key_stated="external_id" in settled)
        left_out |= self._lesser_keys({at: word for at, word in kept.items() if at not in left_out})
        left_out |= self._stand_ins({at: word for at, word in kept.items() if at not in left_out})
        return {at: word for at, word in words.items() if at not in left_out}, left_out

    def _lesser_keys(self, words: Mapping[int, Word]) -> dict[int, str]:
        """Of several ids only that of the lead is read: an empty one must not be filled with that of something else."""
        left_out: dict[int, str] = {}
        for name in ("external_id", "touch_id", "touchpoint_id", "deal_id"):
            places = sorted((at for at, word in words.items() if word.field == name), key=lambda at: words[at].rank)
            of_a_lead = [at for at in places if key(self.headers[at]) in _OF_A_LEAD] if name == "external_id" else []
            doubtful = [at for at in places if key(self.headers[at]) in _DOUBTFUL]
            repeated = {at: "repeats its values" for at in doubtful if contents.is_repeated(self.column(at))}
            left_out |= repeated
            places = [at for at in places if at not in repeated]
            left_out |= {at: "another id is read" for at in places if at not in (of_a_lead or places[:1])}
        return left_out

    def _stand_ins(self, words: Mapping[int, Word]) -> dict[int, str]:
        """A form stands for the campaign, or a budget for the cost, only where no column has it: it may be empty."""
        stand_ins = {at: word.field for at, word in words.items() if key(self.headers[at]) in _STAND_INS}
        named = {word.field for at, word in words.items() if at not in stand_ins}
        return {at: f"another column is the {name}" for at, name in stand_ins.items() if name in named}

    def guesses(self, unnamed: Mapping[int, str], missing: Aliases) -> list[Choice]:
        """The columns of the fields that no header names."""
        guessed = contents.guesses(self.kind, unnamed, missing, self.column)
        tokens = subjects.tokens(self.kind, self.headers, missing, self.column)
        return [
            *(Choice(at, name, How.CONTENT) for at, name in guessed.items()),
            *(Choice(at, name, How.SYNONYM) for at, name in tokens.items()),
        ]

    def with_family_names(self, choices: list[Choice]) -> list[Choice]:
        """Beside a first name alone, “Name” is the family name, as in German, Dutch and Swedish exports."""
        by_field = {choice.field: choice for choice in choices}
        first, whole = by_field.get("first_name"), by_field.get("name")
        if first is None or whole is None or "last_name" in by_field or whole.how in (How.STATED, How.REMEMBERED):
            return choices
        pairs = zip(self.column(first.at), self.column(whole.at), strict=False)
        filled = [(given.strip(), full) for given, full in pairs if given.strip() and full.strip()]
        is_whole = not filled or any(given.casefold() in full.casefold() for given, full in filled)
        if is_whole or key(self.headers[whole.at]) not in ("name", "naam", "namn"):
            return choices
        return [Choice(each.at, "last_name", each.how) if each is whole else each for each in choices]
