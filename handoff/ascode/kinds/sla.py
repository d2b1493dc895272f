"""Policies and calendars, where both sides sign them: a file changes nothing then, it takes up into the draft."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from django.db.models import QuerySet

from handoff.agreement import sla_table
from handoff.agreement.sla_terms import columns_of, terms_of
from handoff.ascode.document import Entry, FileRefused
from handoff.ascode.kinds.signed import SignedKind
from handoff.models import SlaTable, Subject
from handoff.models.sla_table import Terms
from leads.models import User
from sla.models import Calendar, Policy
from sla.versions import needs_signatures


@dataclass(frozen=True)
class Drafted:
    """A row as the draft has it; without a row in force where the draft adds it."""

    draft: SlaTable
    terms: Terms
    in_force: Policy | Calendar | None


Row = Policy | Calendar | Drafted


class SlaKind(SignedKind):
    """What is in force is a row, and what waits for signatures is part of a draft that all such kinds share."""

    model: ClassVar[type[Policy] | type[Calendar]]
    about: ClassVar[Subject]

    def rows(self) -> list[Row]:
        """The newest values: those of a draft, if one waits."""
        keys = list(self.model.objects.filter(retired_at=None).values_list("key", flat=True))
        draft = _draft()
        keys += [each.key for each in draft.listed if each.about == self.about and each.before is None] if draft else []
        return [rows[0] for key in keys if (rows := self.candidates({"key": key, "retired": True}))]

    def versions(self, wanted: Mapping[str, Any]) -> QuerySet[Any]:
        """The draft is locked before any policy is, as whoever signs does."""
        if not needs_signatures():
            return self.model.objects.filter(key=wanted["key"], retired_at=None)
        sla_table.draft_for_update()
        return SlaTable.objects.filter(active_from=None)

    def candidates(self, wanted: Mapping[str, Any]) -> list[Row]:
        in_force = self.model.objects.filter(key=wanted["key"], retired_at=None).first()
        rows: list[Row] = [in_force] if in_force else []
        draft = _draft()
        change = draft.change_of(self.about, wanted["key"]) if draft else None
        if draft is None or change is None:
            return rows
        if change.after is None:  # an entry that would retire it as well changes nothing
            return [] if wanted.get("retired") else rows
        return [Drafted(draft, change.after, in_force), *rows]

    def wanted_terms(self, row: Row | None, wanted: Entry) -> Terms:
        """All values of a row as it should be, by the form that the console has for it."""
        raise NotImplementedError

    def _equals(self, row: Row, wanted: Mapping[str, Any]) -> bool:
        """Also where the file spells it otherwise: else a draft would be taken back by what was always so."""
        whole = Entry(wanted.line if isinstance(wanted, Entry) else 0)
        whole.update(self.read(row) | {name: value for name, value in wanted.items() if name != "retired"})
        try:
            return self.wanted_terms(row, whole) == terms_in(row)
        except FileRefused:
            return False  # the form says so again, where it is written

    def retire(self, row: Row, by: User) -> None:
        if not isinstance(row, Drafted):
            sla_table.retire(row, announced=False)
        elif row.in_force is None:
            sla_table.take_out(row.draft.pk, self.about, row.terms["key"], by=by, seen=row.draft.digest)
        else:
            sla_table.retire(row.in_force, announced=False)

    def note(self, row: Row, is_new: bool) -> str:
        return super().note(row.draft, is_new) if isinstance(row, Drafted) else self.note_in_force(row, is_new)

    def note_in_force(self, row: Any, is_new: bool) -> str:
        """What follows from a change that is made at once."""
        raise NotImplementedError

    def note_retired(self, row: Row) -> str:  # noqa: ARG002
        draft = _draft()
        return super().note(draft, is_new=False) if draft else ""

    def logged(self, row: Row) -> Any:
        return row.draft if isinstance(row, Drafted) else row

    def written(self, result: Policy | Calendar | SlaTable, key: str) -> Row:
        """The row that was written, or what the draft has of it."""
        if not isinstance(result, SlaTable):
            return result
        change = result.change_of(self.about, key)
        in_force = self.model.objects.filter(key=key, retired_at=None).first()
        assert change is not None  # noqa: S101 nothing is written that says what is in force
        return Drafted(result, change.after or {}, in_force)


def terms_in(row: Row) -> Terms:
    return row.terms if isinstance(row, Drafted) else terms_of(row)


def begun(model: type[Policy] | type[Calendar], row: Row | None) -> Any:
    """What a form is filled for: a row with the values in force, or those that the draft gives it."""
    in_force = row.in_force if isinstance(row, Drafted) else row
    begins = model.objects.get(pk=in_force.pk) if in_force else model()
    for name, value in columns_of(row.terms).items() if isinstance(row, Drafted) else ():
        setattr(begins, name, value)
    return begins


def _draft() -> SlaTable | None:
    return next(iter(sla_table.drafts()), None) if needs_signatures() else None
