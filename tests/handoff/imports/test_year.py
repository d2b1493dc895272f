"""A year of five leads from three files, all numbers worked out by hand.

Office hours are Monday to Friday, 9 to 17 UTC. Accept within 4 hours (14,400 s), qualify within 24 (86,400 s), convert
within 80 (288,000 s).

Ann   MQL Mon 6 Jan 10:00 -> SAL 13:30           3:30              = 12,600 s, met
      SAL Mon 6 Jan 13:30 -> SQL Wed 8 Jan 11:00  3:30 + 8 + 2      = 13.5 h = 48,600 s, met
      SQL Wed 8 Jan 11:00 -> opportunity Mon 20 Jan 9:00
                                                 6 + 8 + 8 + 40 + 0 = 62 h = 223,200 s, met
Bob   MQL Fri 7 Feb 16:00 -> SAL Mon 10 Feb 11:30  1 + 2:30         = 12,600 s, met
      SAL Mon 10 Feb 11:30 -> SQL Thu 20 Feb 15:00
                                                 5:30 + 32 + 24 + 6 = 67.5 h = 243,000 s, breached
      SQL Thu 20 Feb 15:00, never more                              breached, still running
Cid   MQL Mon 3 Mar 9:00 -> rejected Tue 4 Mar 10:00   8 + 1        = 32,400 s, breached
Dan   MQL Fri 2 May 9:00, no SAL on record: neither accepting nor qualifying can be measured
      SQL Mon 5 May 12:00 -> opportunity Mon 12 May 9:00   5 + 32   = 37 h = 133,200 s, met
Eva   never handed over

Won: Ann 12,000.50 + 999.99 = 13,000.49 EUR (and lost 5,000), Dan 100.01 USD (and 7,000 open).
"""

import pytest

from handoff.models import Delivery
from handoff.reports import attainment, funnel
from handoff.reports.attainment import AttainmentRow
from leads.models import Lead, State
from sla.metrics import Metric
from sla.models import Clock
from tests.handoff.imports.conftest import Import
from tests.world import OFFICE, World, assert_consistent, make_calendar, make_policy

pytestmark = pytest.mark.django_db
HOUR = 3600
LEADS = """\
Record ID,Email,Create Date,Contact owner,Original Source,mql_at,sal_at,sql_at,opportunity_at,Rejected at,Lost Reason
1,ann@buyer.example,2025-01-06 08:00,ada,Google,2025-01-06 10:00,2025-01-06 13:30,2025-01-08 11:00,2025-01-20 09:00,,
2,bob@buyer.example,2025-02-07 12:00,ben,Google,2025-02-07 16:00,2025-02-10 11:30,2025-02-20 15:00,,,
3,cid@buyer.example,2025-03-03 08:00,zoe,Google,2025-03-03 09:00,,,,2025-03-04 10:00,Too small
4,dan@buyer.example,2025-05-01 08:00,ada,Google,2025-05-02 09:00,,2025-05-05 12:00,2025-05-12 09:00,,
5,eva@buyer.example,2025-06-01 08:00,ada,Google,,,,,,
"""
DEALS = """\
external_id,deal id,deal name,deal stage,amount,currency,close date
1,D1,First,Closed won,"12,000.50",EUR,2025-03-15
1,D2,Second,Closed won,999.99,EUR,2025-09-01
1,D3,Third,Closed lost,5000,EUR,2025-10-01
4,D4,Fourth,Negotiation,7000,EUR,2031-01-01
4,D5,Fifth,Closed won,100.01,USD,2025-12-01
"""


@pytest.fixture(autouse=True)
def year(bring_in: Import, world: World) -> None:
    office = make_calendar("office", OFFICE)
    make_policy(Metric.TIME_TO_ACCEPT, 4 * HOUR, calendar=office)
    make_policy(Metric.TIME_TO_QUALIFY, 24 * HOUR, calendar=office)
    make_policy(Metric.TIME_TO_CONVERT, 80 * HOUR, calendar=office)
    options = ("--value", "Lost Reason:Too small=not_our_customer", "--clocks", "true")
    assert bring_in("leads", LEADS, *options).counts["created"] == 5
    assert bring_in("outcomes", DEALS, "--historical", "--clocks", "true").counts["refused"] == 0
    assert bring_in("leads", LEADS, *options).counts["unchanged"] == 5
    assert bring_in("outcomes", DEALS, "--historical", "--clocks", "true").counts["unchanged"] == 5


def test_the_funnel() -> None:
    [row] = funnel.funnel(funnel.By.SOURCE)
    assert (row.leads, row.mql, row.sal, row.sql, row.opportunity, row.won) == (5, 4, 3, 3, 2, 2)
    assert row.won_amount == {"EUR": "13000.49", "USD": "100.01"}


def rows(metric: Metric) -> dict[str, AttainmentRow]:
    return {row.key: row for row in attainment.attainment(metric, attainment.By.OWNER)}


def test_time_to_accept_of_each_owner() -> None:
    ada, ben, zoe = (rows(Metric.TIME_TO_ACCEPT)[name] for name in ("ada", "ben", "zoe"))
    assert [(row.met, row.breached, row.median_business) for row in (ada, ben, zoe)] == [
        (1, 0, 12_600),
        (1, 0, 12_600),
        (0, 1, 32_400),
    ]


def test_time_to_qualify_of_each_owner() -> None:
    found = rows(Metric.TIME_TO_QUALIFY)
    assert [(name, row.met, row.breached, row.median_business) for name, row in sorted(found.items())] == [
        ("ada", 1, 0, 48_600),
        ("ben", 0, 1, 243_000),
    ]


def test_time_to_convert_of_each_owner() -> None:
    ada, ben = (rows(Metric.TIME_TO_CONVERT)[name] for name in ("ada", "ben"))
    assert (ada.met, ada.median_business, ada.attainment) == (2, (223_200 + 133_200) / 2, 1.0)
    assert (ben.met, ben.breached, ben.overdue) == (0, 1, 1)


def test_by_team_it_is_the_team_of_then() -> None:
    found = {row.key: row for row in attainment.attainment(Metric.TIME_TO_ACCEPT, attainment.By.TEAM)}
    assert {name: (row.met, row.breached) for name, row in found.items()} == {"Berlin": (2, 0), "New York": (0, 1)}


def test_what_is_over_notifies_nobody_and_all_agrees() -> None:
    assert Lead.objects.get(email="cid@buyer.example").state == State.REJECTED
    assert Clock.objects.count() == 8
    assert not Delivery.objects.exists()
    assert_consistent()
