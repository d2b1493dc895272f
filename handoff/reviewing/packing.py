"""What is put before the review of a period, gathered as plain data: it is stored once, and read from there for good.

Leads are in it by their numbers alone, so that what is kept names no buyer.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import Q, QuerySet
from django.utils import timezone

from handoff.improving.cases import Filter
from handoff.improving.finder import find
from handoff.improving.found import as_dict
from handoff.models import Firm, PeriodClose, ReviewAction, ReviewPack
from handoff.reports.fiscal import FiscalPeriod
from handoff.reports.goals import goals_of
from handoff.reports.lines import LINES
from handoff.reports.rejections import REJECTIONS
from handoff.reports.scorecard import figures_now
from handoff.reviewing.drawing import as_pdf
from leads.conditions import in_words, is_hidden
from leads.models import User
from leads.sql import load
from sla.metrics import Metric

FORMAT = 1
MOST = 100
"""Breaches and disputes that are listed one by one."""
REASONS = 10
MOST_SEARCHED = 20_000
"""Handoffs among which the finder looks, as on its page."""
Data = dict[str, Any]


def store(closed: PeriodClose, period: FiscalPeriod, proposal: Data | None) -> ReviewPack:
    """Keep what the review of a closed period looks at. The review before it has ended by now."""
    end_before(closed)
    data = gather(period, closed.closed_at, closed, proposal)
    return ReviewPack.objects.create(close=closed, format=FORMAT, data=data, stored_at=closed.closed_at)


def pack_of(key: str) -> ReviewPack | None:
    return ReviewPack.objects.select_related("close", "close__closed_by").filter(close__key=key).first()


def data_of(period: FiscalPeriod) -> tuple[Data, int, ReviewPack | None]:
    """What the review of a period looks at, its format, and where it is kept; of an open period, as it is now."""
    pack = pack_of(period.key)
    if pack is None:
        return {**gather(period, timezone.now(), None, proposal_of(period)), "agreed": agreed(period.key)}, FORMAT, None
    return {"agreed": agreed(period.key), **pack.data}, pack.format, pack


def pdf_of(period: FiscalPeriod) -> bytes:
    """The PDF that was kept, else one that is drawn now."""
    data, format_number, pack = data_of(period)
    return bytes(pack.pdf) if pack is not None and pack.pdf else as_pdf(data, format_number)


def agreed(key: str) -> list[Data]:
    """The actions that the review of a period agreed on, as they stand."""
    actions = ReviewAction.objects.filter(period=key).select_related("owner", "done_by")
    return [_action(action) for action in actions]


def carried_actions(period: FiscalPeriod) -> QuerySet[ReviewAction]:
    """The actions of the review before, and what is open of those before that."""
    before = period.moved(-1).key
    same = Q(period__contains="Q") if "Q" in before else ~Q(period__contains="Q")
    older = Q(period__lt=before, done_at=None) & same
    return ReviewAction.objects.filter(Q(period=before) | older).select_related("owner", "done_by")


def end(pack: ReviewPack, *, by: User | None, at: datetime) -> None:
    """Fix what was agreed. It is done once, and changes nothing afterwards."""
    pack.refresh_from_db(from_queryset=ReviewPack.objects.select_for_update().select_related("close"))
    if pack.ended_at is None:
        pack.data["agreed"] = agreed(pack.close.key)
        pack.pdf = as_pdf(pack.data, pack.format)  # else a later release of a library might draw it otherwise
        pack.ended_at, pack.ended_by = at, by
        pack.save(update_fields=["data", "pdf", "ended_at", "ended_by"])


def end_before(closed: PeriodClose) -> None:
    """A review that nobody has ended ends when the next period of its kind is closed."""
    is_quarter = "Q" in closed.key
    for pack in ReviewPack.objects.filter(ended_at=None, close__end__lte=closed.start).select_related("close"):
        if ("Q" in pack.close.key) == is_quarter:
            end(pack, by=None, at=closed.closed_at)


def gather(period: FiscalPeriod, now: datetime, closed: PeriodClose | None, proposal: Data | None) -> Data:
    firm = Firm.of_now()
    start, end_at = period.bounds(firm.zone)
    asked: dict[str, Any] = {"start": start, "end": end_at, "now": now, "most": MOST, "metrics": Metric.values}
    of_period = {"from": start, "to": end_at}
    figures = closed.figures if closed else figures_now(of_period, now)
    goals = closed.goals if closed else goals_of(period.months, start.astimezone(firm.zone).date())
    people = {user.pk: str(user) for user in User.objects.all()}
    return {
        "period": {"key": period.key, "label": period.label, "zone": firm.time_zone, "start": _iso(start)},
        "closed": {"at": _iso(closed.closed_at), "by": str(closed.closed_by)} if closed else None,
        "as_of": _iso(now),
        "last": [_action(action) for action in carried_actions(period)],
        "lines": [_line(line.name, figures, goals) for line in LINES],
        "reasons": _reasons(of_period, now),
        "breaches": [_breach(people, *row) for row in _ask("breaches.sql", asked)],
        "fixed": [_fixed(people, *row) for row in _ask("fixed.sql", asked)],
        "disputes": [_dispute(people, *row) for row in _ask("disputes.sql", asked)],
        "drift": [_version(*row) for row in _ask("drift.sql", asked)],
        "proposal": proposal,
    }


def _ask(name: str, values: Mapping[str, Any]) -> Sequence[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(load("handoff.reviewing", name), values)
        rows: Sequence[tuple[Any, ...]] = cursor.fetchall()
        return rows


def _line(name: str, figures: Mapping[str, int], goals: Mapping[str, int]) -> Data:
    """A figure under its name: its words are added when the pack is drawn up, and never change for a format."""
    line = next(each for each in LINES if each.name == name)
    return {
        "name": name,
        "side": line.side,
        "label": line.label,
        "definition": line.definition,
        "count": figures.get(name, 0),
        "missed": figures.get(f"{name}_missed", 0) if line.of else None,
        "excused": figures.get(f"{name}_excused", 0) if line.excused else None,
        "goal": goals.get(name),
    }


def _reasons(of_period: Mapping[str, Any], now: datetime) -> list[Data]:
    rows = REJECTIONS.answer({**of_period, "by": "reason"}, now)[:REASONS]
    names = ("rejections", "against_marketing", "against_sales", "overturned")
    return [{"reason": row.label, "code": row.key, **{name: row.figures[name] for name in names}} for row in rows]


def _breach(people: Mapping[int, str], metric: str, owner: int | None, count: int, running: int, excused: int) -> Data:
    return {
        "metric": metric,
        "owner": people.get(owner or 0, ""),
        "owner_id": owner,
        "breaches": count,
        "running": running,
        "excused": excused,
    }


def _fixed(
    people: Mapping[int, str],
    lead: int,
    metric: str,
    owner: int | None,
    due_at: datetime,
    ended_at: datetime | None,
    ended_by: int | None,
    excused_by: int | None,
    reason: str,
) -> Data:
    return {
        "lead": lead,
        "metric": metric,
        "owner": people.get(owner or 0, ""),
        "due": _iso(due_at),
        "ended": _iso(ended_at),
        "fixed_by": people.get(ended_by or 0, "Handoff" if ended_at else ""),
        "excused_by": people.get(excused_by or 0, ""),
        "reason": reason,
    }


def _dispute(
    people: Mapping[int, str],
    _number: int,
    lead: int,
    reason: str,
    by: int | None,
    at: datetime,
    decision: str,
    decided_by: int | None,
    decided_at: datetime | None,
) -> Data:
    return {
        "lead": lead,
        "reason": reason,
        "by": people.get(by or 0, ""),
        "at": _iso(at),
        "decision": decision,
        "decided_by": people.get(decided_by or 0, ""),
        "decided_at": _iso(decided_at),
    }


def _version(
    version: int | None, text: str | None, since: datetime | None, delivered: int, decided: int, accepted: int
) -> Data:
    return {
        "version": version,
        "text": text or "",
        "since": _iso(since),
        "delivered": delivered,
        "decided": decided,
        "accepted": accepted,
    }


def proposal_of(period: FiscalPeriod) -> Data | None:
    """The best change that the finder knows of by the handoffs of the period, of facts that everyone may see. It takes
    far longer than all the rest."""
    start, end_at = period.bounds(Firm.of_now().zone)
    found = as_dict(find(Filter(start, end_at), (), MOST_SEARCHED))
    for proposal in found["proposals"][:1]:
        words = ["a restricted condition" if is_hidden(each, ()) else in_words(each) for each in proposal["conditions"]]
        effect = proposal["all"]
        names = ("decided", "withheld", "rejected_withheld", "accepted_withheld", "won_withheld")
        return {"words": words, **{name: effect[name] for name in names}, "lost": proposal["lost_amount"]}
    return None


def _action(action: ReviewAction) -> Data:
    return {
        "text": action.text,
        "owner": str(action.owner),
        "due": action.due_on.isoformat(),
        "done": _iso(action.done_at),
        "done_by": str(action.done_by) if action.done_by else "",
    }


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat(timespec="seconds") if moment else None
