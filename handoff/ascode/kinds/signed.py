"""What both sides sign. A file signs nothing: what it says otherwise is a draft, which both sides have yet to sign."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db.models import QuerySet

from handoff.agreement.signing import roles_to_sign
from handoff.ascode.kind import Kind
from leads.models.signed import Signed


class SignedKind(Kind):
    """A kind whose rows are versions."""

    def versions(self, wanted: Mapping[str, Any]) -> QuerySet[Any]:
        """All versions of what an entry is about."""
        raise NotImplementedError

    def candidates(self, wanted: Mapping[str, Any]) -> Sequence[Any]:
        """Of those the drafts that wait, the newest first, and the version in force."""
        raise NotImplementedError

    def find(self, wanted: Mapping[str, Any]) -> Any:
        """The version in force or the draft that says what the file says, else the newest."""
        # Locked in one order, so that two who apply and one who signs wait for each other.
        list(self.versions(wanted).order_by("pk").select_for_update(no_key=True).values_list("pk"))
        candidates = self.candidates(wanted)
        return next((row for row in candidates if self._equals(row, wanted)), candidates[0] if candidates else None)

    def note(self, row: Any, is_new: bool) -> str:  # noqa: ARG002
        roles = " and ".join(f"a {role.lower()}" for role in roles_to_sign(row))
        return f"A draft, version {row.version}: it comes into force when {roles} have signed it."

    def _equals(self, row: Any, wanted: Mapping[str, Any]) -> bool:
        return all(wanted.get(name, value) == value for name, value in self.read(row).items())


def is_unsigned(row: Signed | None) -> bool:
    """What somebody has signed stays as they read it: other terms are another draft."""
    return bool(row and row.pk and not (row.active_from or row.marketing_signatory_id or row.sales_signatory_id))
