"""What is put before the review of a period, gathered as data once."""

from handoff.models import PeriodClose, ReviewPack
from handoff.reports.fiscal import FiscalPeriod

FORMAT = 1


def store(closed: PeriodClose, period: FiscalPeriod) -> ReviewPack:  # noqa: ARG001
    return ReviewPack.objects.create(close=closed, format=FORMAT, data={}, stored_at=closed.closed_at)
