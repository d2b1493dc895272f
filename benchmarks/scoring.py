"""Bringing the scores of all leads up to date, beside one plain statement that does the same at once."""

import time
from contextlib import ExitStack
from datetime import timedelta
from itertools import count

from django.contrib.auth.models import Group
from django.db import connection, transaction
from django.utils import timezone

from benchmarks.harness import Ask, Contender, Figures, Part
from handoff.agreement.scoring import draft, sign
from handoff.amending import scoring
from handoff.models import ScoringRun
from leads.models import Lead, Role, ScoringModel, Touchpoint, User

LEADS, POINTS = 1_000_000, 5
RUN, PLAIN, RATE = "run of the product", "one plain statement", "leads a second"
HALF_LIFE = 30
TERMS = {
    "text": "Who asks for something.",
    "fit_rules": [
        {"name": "Country", "points": 20, "conditions": [{"field": "country", "op": "in", "value": ["DE", "AT"]}]},
        {"name": "Firm", "points": 10, "conditions": [{"field": "company", "op": "present", "value": True}]},
    ],
    "behaviour_rules": [
        {"name": "Form", "kinds": ["form", "reply"], "points": 20, "half_life": HALF_LIFE, "cap": 60},
        {"name": "Visit", "kinds": ["page_visit"], "points": 4, "half_life": HALF_LIFE, "cap": None},
        {"name": "Left", "kinds": ["unsubscribe"], "points": -30, "half_life": None, "cap": None},
    ],
    "exclusions": [],
    "grade_a": 30,
    "grade_b": 20,
    "grade_c": 10,
    "review_months": 12,
}
# As someone would write it who knows the rules by heart.
STATEMENT = """
UPDATE leads_lead lead SET score = scored.score, fit_grade = scored.grade, scored_at = %(at)s FROM (
    SELECT lead.id, fit + COALESCE(points, 0) AS score,
        CASE WHEN fit >= 30 THEN 'A' WHEN fit >= 20 THEN 'B' WHEN fit >= 10 THEN 'C' ELSE 'D' END AS grade
    FROM (SELECT id, CASE WHEN country IN ('DE', 'AT') THEN 20 ELSE 0 END
        + CASE WHEN company <> '' THEN 10 ELSE 0 END AS fit FROM leads_lead) lead
    LEFT JOIN (
        SELECT lead_id, LEAST(60, COALESCE(sum(round((20 * power(0.5, age / 30))::numeric))
                FILTER (WHERE kind IN ('form', 'reply')), 0))
            + COALESCE(sum(round((4 * power(0.5, age / 30))::numeric)) FILTER (WHERE kind = 'page_visit'), 0)
            - 30 * count(*) FILTER (WHERE kind = 'unsubscribe') AS points
        FROM (SELECT lead_id, kind, GREATEST(0, date_part('epoch', %(at)s - at)) / 86400 AS age FROM leads_touchpoint) p
        GROUP BY lead_id
    ) points ON points.lead_id = lead.id
) scored
WHERE lead.id = scored.id AND (lead.score, lead.fit_grade) IS DISTINCT FROM (scored.score::int, scored.grade)
"""


def prepare(scale: float, stack: ExitStack) -> Part:  # noqa: ARG001 nothing is to be stopped
    size = int(LEADS * scale)
    _fill(size)
    days = count(1)

    def run() -> Figures:
        ScoringRun.objects.all().delete()
        return _timed(size, lambda: _by_run(next(days)))

    def plain() -> Figures:
        return _timed(size, lambda: _by_statement(next(days)))

    asks = [Ask("leads a second beside plain SQL", RUN, RATE, to=PLAIN, at_least=0.5)]
    contenders = [Contender(RUN, run), Contender(PLAIN, plain)]
    return Part(f"Scores of {size:,} leads, {POINTS} touchpoints each, brought up to date", contenders, asks, rounds=3)


def _timed(size: int, do: object) -> Figures:
    begun = time.perf_counter()
    do()  # type: ignore[operator]
    seconds = time.perf_counter() - begun
    return {RATE: size / seconds, "seconds": seconds}


def _by_run(day: int) -> None:
    """As points have faded some days later."""
    later = timezone.now() + timedelta(days=day)
    real, scoring.timezone = scoring.timezone, _Later(later)  # type: ignore[attr-defined, assignment]
    try:
        assert scoring.score_all()
    finally:
        scoring.timezone = real  # type: ignore[attr-defined]


class _Later:
    def __init__(self, at: object) -> None:
        self.now = lambda: at


def _by_statement(day: int) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(STATEMENT, {"at": timezone.now() + timedelta(days=day)})


def _fill(size: int) -> None:
    with connection.cursor() as cursor:
        Lead.objects.bulk_create(
            (Lead(email=f"lead{n}@buyer.example", country=["DE", "FR", "AT"][n % 3], company="Firm" if n % 4 else "")
             for n in range(size)),
            batch_size=5000,
        )  # fmt: skip
        kinds = ("page_visit", "form", "page_visit", "reply", "webinar", "unsubscribe")
        now = timezone.now()
        Touchpoint.objects.bulk_create(
            (Touchpoint(lead_id=pk, kind=kinds[(pk + n) % 6], at=now - timedelta(hours=(pk * 7 + n * 97) % 4000))
             for pk in Lead.objects.order_by("pk").values_list("pk", flat=True) for n in range(POINTS)),
            batch_size=10_000,
        )  # fmt: skip
        cursor.execute("ANALYZE leads_lead; ANALYZE leads_touchpoint")
    people = [User.objects.create_user(name) for name in ("marketing", "sales")]
    for user, role in zip(people, (Role.MARKETING_LEAD, Role.SALES_MANAGER), strict=True):
        user.groups.add(Group.objects.get(name=role))
    model: ScoringModel = draft(TERMS)
    for user in people:
        sign(model.pk, by=user, seen=model.digest)
