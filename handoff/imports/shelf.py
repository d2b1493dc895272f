"""The deals that are stored already: which of them a row is about, and whether an earlier row of its file was."""

from collections.abc import Collection

from django.core.exceptions import ValidationError
from django.db.models import QuerySet

from handoff.imports.deals import Deal
from handoff.imports.kind import Reading, Row
from leads.models import Opportunity


class Shelf:
    """The deals of some leads, and those that go by the ids of some rows."""

    def __init__(self, leads: Collection[int], deals: Collection[Deal], reading: Reading) -> None:
        self._of_lead: dict[int, list[Opportunity]] = {lead_id: [] for lead_id in leads}
        for stored in _stored().filter(lead__in=leads if deals else ()):
            self._of_lead[stored.lead_id].append(stored)
        ids = {deal.external_id for deal in deals} - {""}
        by_id = _stored().filter(system=reading.system, external_id__in=ids)
        self._by_id = {stored.external_id: stored for stored in by_id}

    def read_again(self, lead_id: int, deal: Deal) -> None:
        """Read what is there now. Call it under the lock of the lead."""
        self._of_lead[lead_id] = list(_stored().filter(lead=lead_id))
        if deal.external_id:
            by_id = _stored().filter(system=deal.system, external_id=deal.external_id)
            self._by_id |= {stored.external_id: stored for stored in by_id}

    def find(self, lead_id: int, deal: Deal, row: Row, reading: Reading) -> Opportunity | None:
        """The stored deal that a row is about; None if its deal is a new one."""
        stored = self._by_id.get(deal.external_id)
        if stored is None:
            return deal.choose(
                [
                    candidate
                    for candidate in self._of_lead[lead_id]
                    if not (deal.external_id and candidate.external_id)
                    and not reading.earlier_row(stored_as(candidate), row)
                ]
            )
        if stored.lead_id != lead_id:
            raise ValidationError(
                f"The deal “{deal.external_id}” belongs to lead {stored.lead_id}, and this row is about lead "
                f"{lead_id}: correct one of the two."
            )
        return stored

    def repeats(self, lead_id: int, deal: Deal, row: Row, reading: Reading) -> int:
        """The earlier row of this file about the same deal, by its id, else by all that it says; 0 if none was."""
        if deal.external_id:
            return 0 if is_first(deal, row, reading) else reading.earlier_row(_id_of(deal), row)
        alike = (stored for stored in self._of_lead[lead_id] if not deal.differs(stored))
        return max((reading.earlier_row(stored_as(stored), row) for stored in alike), default=0)


def is_first(deal: Deal, row: Row, reading: Reading) -> bool:
    """No earlier row of this file has the id of this deal."""
    return reading.first_row(_id_of(deal), row) == row.number


def stored_as(deal: Opportunity) -> tuple[str, int]:
    """Under which key an import remembers which row was about a stored deal."""
    return "stored deal", deal.pk


def _id_of(deal: Deal) -> tuple[str, str]:
    return "deal", deal.external_id


def _stored() -> QuerySet[Opportunity]:
    return Opportunity.objects.select_related("owner").order_by("pk")
