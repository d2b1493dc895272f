"""A file carried out: all of it in one transaction, or nothing and every line that is wrong."""

from collections.abc import Mapping
from typing import Any

from django.contrib.admin.models import ADDITION, CHANGE, LogEntry
from django.core.exceptions import ValidationError
from django.db import connection, transaction

from handoff.agreement import sla_table
from handoff.ascode.differences import Change, Sign
from handoff.ascode.document import Complaint, Entry, FileRefused
from handoff.ascode.kind import Kind, Shape, unknown
from handoff.ascode.kinds import KINDS
from handoff.refusals import NotAllowed, Refused
from leads import catalogue
from leads.models import Role, User
from sla.versions import Outdated

_ONE_AT_A_TIME = "SELECT pg_advisory_xact_lock(hashtext('handoff.ascode'))"
RETIRED = "retired"


def plan(document: Entry, *, by: User) -> list[Change]:
    """What applying the file would change. It is done, and then undone: so it is refused for what an apply is."""
    with transaction.atomic():
        changes = _carry_out(document, by)
        _take_back()
    return changes


@transaction.atomic
def apply(document: Entry, *, by: User) -> list[Change]:
    """Change what differs from the file, and nothing when all of it is so already. Of two at once, one waits."""
    return _carry_out(document, by)


def _carry_out(document: Entry, by: User) -> list[Change]:
    if not by.has_role(Role.REVOPS):
        raise NotAllowed(f"{by} may not change the agreement: RevOps may.")
    with connection.cursor() as cursor:
        cursor.execute(_ONE_AT_A_TIME)
    changes: list[Change] = []
    complaints = _of_shape(document)
    if not complaints:  # a form is asked about plain values alone
        for kind in KINDS:
            done, wrong = _section(kind, document.get(kind.section) or [], by)
            changes += done
            complaints += wrong
    if complaints:
        raise FileRefused(complaints)
    sla_table.announce()
    return changes


def _of_shape(document: Entry) -> list[Complaint]:
    sections = {kind.section: kind for kind in KINDS}
    complaints = []
    for name, entries in document.items():
        if name not in sections:
            complaints.append(unknown(document, name, list(sections), "the file"))
        elif entries is not None and not Shape.ENTRIES.holds(entries):
            complaints.append(
                Complaint(document.line_of(name), f"“{name}” must be a list of entries, each like - key: value.")
            )
        else:
            complaints += _of_entries(sections[name], entries or [])
    return complaints


def _of_entries(kind: Kind, entries: list[Entry]) -> list[Complaint]:
    complaints, lines = [], dict[tuple[Any, ...], int]()
    for entry in entries:
        complaints += _of_entry(kind, entry)
        identity = tuple(str(entry.get(name, "")) for name in kind.identity)
        if identity in lines:
            first = f"{kind.noun} “{kind.name_of(entry)}” stands on line {lines[identity]} already: keep one of them."
            complaints.append(Complaint(entry.line, f"The {first}"))
        lines.setdefault(identity, entry.line)
    return complaints


def _of_entry(kind: Kind, entry: Entry) -> list[Complaint]:
    names = [*(value.name for value in kind.values), RETIRED]
    complaints = [unknown(entry, name, names, f"a {kind.noun}") for name in entry if name not in names]
    wrong = ((value.name, value.complaint(entry[value.name])) for value in kind.values if value.name in entry)
    complaints += [Complaint(entry.line_of(name), words) for name, words in wrong if words]
    if not isinstance(entry.get(RETIRED, False), bool):
        complaints.append(Complaint(entry.line_of(RETIRED), f"“{RETIRED}” must be true or false."))
    if not entry.get(kind.identity[0]):
        complaints.append(Complaint(entry.line, f"Give the {kind.identity[0]} of the {kind.noun}."))
    return complaints


def _section(kind: Kind, entries: list[Entry], by: User) -> tuple[list[Change], list[Complaint]]:
    """What is refused is tried again while anything else succeeds: an entry may need another one further down."""
    changes: list[Change] = []
    waiting, complaints = entries, list[Complaint]()
    while waiting:
        refused, complaints = [], []
        for entry in waiting:
            try:
                changes += _entry(kind, entry, by)
            except FileRefused as refusal:
                refused.append(entry)
                complaints += refusal.complaints
        if len(refused) == len(waiting):
            break
        waiting = refused
    return changes, complaints


def _entry(kind: Kind, entry: Entry, by: User) -> list[Change]:
    try:
        with transaction.atomic():
            change = _retired(kind, entry, by) if _is_to_go(kind, entry) else _written(kind, entry, by)
            if change is None:
                _take_back()
    except (ValidationError, Refused, Outdated) as error:
        messages = error.messages if isinstance(error, ValidationError) else [str(error)]
        raise FileRefused([Complaint(entry.line, message) for message in messages]) from error
    return [change] if change else []


def _take_back() -> None:
    """What was written in this block was not; what memory holds of the catalogue is read again."""
    transaction.set_rollback(True)
    catalogue.forget()


def _is_to_go(kind: Kind, entry: Mapping[str, Any]) -> bool:
    return bool(entry.get(RETIRED)) and not kind.keeps_retired


def _retired(kind: Kind, entry: Entry, by: User) -> Change | None:
    row = kind.find(entry)
    if row is None:
        return None
    before = kind.read(row)
    kind.retire(row, by)
    return Change(Sign.RETIRE, kind.noun, kind.name_of(before), before, {}, kind.note_retired(row))


def _written(kind: Kind, entry: Entry, by: User) -> Change | None:
    """None when the row says the same already, if need be in another spelling."""
    row = kind.find(entry)
    before = kind.read(row) if row is not None else {}
    wanted = _wanted(kind, entry, before)
    if before and before == dict(wanted):
        return None
    written = kind.write(row, wanted, by)
    after = kind.read(written)
    if before == after:
        return None
    sign = Sign.CHANGE if before else Sign.ADD
    change = Change(sign, kind.noun, kind.name_of(after), before, after, kind.note(written, not before))
    _log(kind.logged(written), by, change)
    return change


def _wanted(kind: Kind, entry: Entry, before: Mapping[str, Any]) -> Entry:
    """What the row should be: as the file says it, and else as it is, or as a new row begins."""
    wanted = Entry(entry.line)
    wanted.lines = entry.lines
    for value in kind.values:
        wanted[value.name] = entry.get(value.name, before.get(value.name, value.default))
    if kind.keeps_retired:
        wanted[RETIRED] = bool(entry.get(RETIRED))
    return wanted


def _log(row: Any, by: User, change: Change) -> None:
    kind = ADDITION if change.sign is Sign.ADD else CHANGE
    words = "\n".join(["From a file.", *change.lines()])
    LogEntry.objects.log_actions(by.pk, [row], kind, words, single_object=True)
