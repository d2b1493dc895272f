"""Reports over a million leads, five million history rows and three million clocks, and what they cost an act."""

import time
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from datetime import timedelta
from functools import partial
from statistics import median

from django.contrib.auth.models import Group
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from benchmarks.harness import Ask, Contender, Figures, Part
from benchmarks.plain_reports import plain_funnel
from handoff import workflow
from handoff.reports import attainment, funnel, renewing, rollup
from handoff.reports.registry import REPORTS
from leads.models import Lead, Role, User
from sla.metrics import Metric

LEADS, CAMPAIGNS, PEOPLE, SOURCES = 1_000_000, 100, 100, 8
IN_A_ROUND = 100  # accepts
FUNNEL, ATTAINMENT, ACCEPT = "funnel by campaign", "attainment by campaign", "accept by the verb"
TRIGGERS = [
    ("leads_transition", "handoff_funnel_reached"),
    ("sla_clock", "handoff_attainment_clock"),
    ("sla_clock", "handoff_attainment_ended"),
    *(
        (table, f"handoff_report_{when}")
        for table in ("leads_lead", "leads_transition", "sla_clock", "handoff_handoff")
        for when in ("written", "changed")
    ),
    ("leads_lead", "handoff_report_entered"),
]
AT_HOME = (Role.SALES_REP, Role.SALES_MANAGER, Role.MARKETING_LEAD, Role.REVOPS)
STANDING = ("funnel", "attainment", "closed_loop", "scorecard", "home")
PERIODS = {"7 days": 7, "28 days": 28, "90 days": 90, "a year": 365, "all time": None}
MOST, MOST_OF_STANDING = 300, 50
METRIC = Metric.TIME_TO_ACCEPT
# What happens in a life, and to which share of the leads: five acts for each lead in all.
ACTS = """(VALUES
    (1, 'promote', 'raw', 'mql', 0.95), (2, 'assign', 'mql', 'mql', 0.9), (3, 'accept', 'mql', 'sal', 0.7),
    (4, 'touch', 'sal', 'sal', 0.65), (5, 'touch', 'sal', 'sal', 0.6), (6, 'qualify', 'sal', 'sql', 0.3),
    (7, 'touch', 'sql', 'sql', 0.28), (8, 'convert', 'sql', 'opportunity', 0.12), (9, 'comment', 'mql', 'mql', 0.5)
) AS act (n, verb, from_state, to_state, share)"""
METRICS = """(VALUES
    (1, 'time_to_accept', 0.93), (2, 'speed_to_lead', 0.93), (3, 'time_to_touch', 0.68), (4, 'time_to_qualify', 0.68)
) AS promise (policy_id, metric, share)"""
# Django's defaults are not known to the database: these stand in for them, for as long as this database lives.
DEFAULTS = """
SELECT format('ALTER TABLE %I ALTER COLUMN %I SET DEFAULT %L', table_name, column_name, CASE data_type
    WHEN 'boolean' THEN 'false' WHEN 'jsonb' THEN '{}' WHEN 'timestamp with time zone' THEN 'now'
    WHEN 'character varying' THEN '' WHEN 'text' THEN '' ELSE '0' END)
FROM information_schema.columns
WHERE table_name IN ('leads_team', 'leads_user', 'leads_campaign', 'leads_lead', 'leads_transition',
    'leads_opportunity', 'sla_calendar', 'sla_policy', 'sla_clock', 'handoff_handoff', 'leads_touch',
    'handoff_rejection', 'leads_touchpoint')
    AND is_nullable = 'NO' AND column_default IS NULL AND is_identity = 'NO'
"""
LOAD = f"""
INSERT INTO leads_team (id, name, time_zone) SELECT n, 'Team ' || n, 'UTC' FROM generate_series(1, 10) n;
INSERT INTO leads_user (id, username, first_name, last_name, is_active, time_zone, team_id)
SELECT n, 'rep' || n, 'Rep', n::text, true, 'UTC', 1 + n %% 10 FROM generate_series(1, {PEOPLE}) n;
INSERT INTO leads_campaign (id, name) SELECT n, 'Campaign ' || n FROM generate_series(1, {CAMPAIGNS}) n;
INSERT INTO sla_calendar (id, key, version, name, zone, weekly)
VALUES (1, 'always', 1, 'Always', 'UTC', '{{"mon": [["00:00", "24:00"]], "wed": [["00:00", "24:00"]]}}');
INSERT INTO sla_policy (id, key, version, name, metric, conditions, position, target_seconds, calendar_id, whose_hours,
    on_reassign)
SELECT policy_id, metric, 1, metric, metric, '[]', 100, 3600, 1, 'policy', 'carry' FROM {METRICS};
SELECT setseed(0.5);
CREATE TEMPORARY TABLE fate AS
SELECT n AS id, random() AS u, now() - interval '1 day' - interval '730 days' * random() AS at,
    1 + floor(random() * {PEOPLE})::int AS owner, 1 + floor(random() * {CAMPAIGNS})::int AS campaign,
    floor(random() * {SOURCES})::int AS source
FROM generate_series(1, %(leads)s) n;
INSERT INTO leads_lead (id, email, name, company, country, source, campaign_id, owner_id, team_id, state, entered_at,
    cycle, created_at)
SELECT id, 'lead' || id || '@buyer.example', 'Lead ' || id, 'Company ' || id %% 5000, 'DE', 'source' || source,
    campaign, owner, 1 + owner %% 10, CASE WHEN u < 0.12 THEN 'opportunity' WHEN u < 0.3 THEN 'sql'
    WHEN u < 0.7 THEN 'sal' WHEN u < 0.95 THEN 'mql' ELSE 'raw' END, at, 1, at
FROM fate;
INSERT INTO leads_transition (lead_id, verb, from_state, to_state, cycle, owner_id, by_id, at, recorded_at, via)
SELECT fate.id, verb, from_state, to_state, 1, owner, owner, fate.at + act.n * interval '37 minutes',
    fate.at + act.n * interval '37 minutes', 'api'
FROM fate JOIN {ACTS} ON u < share ORDER BY fate.at, act.n;
INSERT INTO leads_opportunity (lead_id, name, amount, currency, state, closed_at)
SELECT id, 'Deal', 100 + id %% 1000, CASE id %% 3 WHEN 0 THEN 'USD' ELSE 'EUR' END,
    CASE id %% 2 WHEN 0 THEN 'won' ELSE 'open' END, CASE id %% 2 WHEN 0 THEN now() END
FROM fate WHERE u < 0.12;
INSERT INTO sla_clock (lead_id, metric, cycle, round, policy_id, calendar_id, owner_id, target_seconds, started_at,
    due_at, stopped_at, state, started_by_id, stopped_by_id, elapsed)
SELECT id, metric, 1, 1, policy_id, 1, owner, 3600, at, at + interval '2 hours', at + took * 2,
    CASE WHEN took <= interval '1 hour' THEN 'met' ELSE 'breached' END, 1, 1, took
FROM (
    SELECT fate.*, policy_id, metric, -ln(1 - random()) * interval '35 minutes' AS took
    FROM fate JOIN {METRICS} ON u < share
) ended;
INSERT INTO sla_clock (lead_id, metric, cycle, round, policy_id, calendar_id, owner_id, target_seconds, started_at,
    due_at, state, started_by_id)
SELECT id, metric, 1, 1, policy_id, 1, owner, 3600, now(), now() + (random() - 0.2) * interval '1 day', 'running', 1
FROM fate JOIN {METRICS} ON u >= share AND u < share + 0.02;
INSERT INTO handoff_handoff (lead_id, cycle, transition_id, packet, offered_to_id, offered_at, decision, decided_by_id,
    decided_at)
SELECT act.lead_id, 1, act.id, '{{}}', owner, act.at,
    CASE WHEN u < 0.7 THEN 'accepted' WHEN u < 0.8 THEN 'rejected' ELSE '' END, CASE WHEN u < 0.8 THEN owner END,
    CASE WHEN u < 0.8 THEN act.at + interval '74 minutes' END
FROM leads_transition act JOIN fate ON fate.id = act.lead_id WHERE act.verb = 'promote';
INSERT INTO leads_touch (lead_id, by_id, channel, outcome, at, automatic)
SELECT act.lead_id, act.owner_id, 'call', 'reached', act.at, false FROM leads_transition act WHERE act.verb = 'touch';
INSERT INTO handoff_rejection (lead_id, transition_id, cycle, from_state, reason_id, evidence, by_id, at)
SELECT act.lead_id, act.id, 1, 'mql', 1 + act.lead_id %% 10, '{{}}', owner, act.at + interval '74 minutes'
FROM leads_transition act JOIN fate ON fate.id = act.lead_id WHERE act.verb = 'promote' AND u BETWEEN 0.7 AND 0.8;
INSERT INTO leads_touchpoint (lead_id, campaign_id, kind, at)
SELECT id, 1 + (campaign + 7) %% {CAMPAIGNS}, 'form', at + interval '3 hours' FROM fate WHERE u < 0.5;
SELECT setval(pg_get_serial_sequence('leads_lead', 'id'), %(leads)s);
"""


def prepare(scale: float, stack: ExitStack) -> Part:  # noqa: ARG001 nothing is to be stopped
    leads = round(LEADS * scale)
    load(leads)
    by, by_campaign = funnel.By.CAMPAIGN, attainment.By.CAMPAIGN
    since = timezone.now() - timedelta(days=90)
    reports: dict[str, Callable[[], object]] = {
        FUNNEL: lambda: funnel.funnel(by),
        f"{FUNNEL}, 90 days": lambda: funnel.funnel(by, since),
        ATTAINMENT: lambda: attainment.attainment(METRIC, by_campaign),
        f"{ATTAINMENT}, 90 days": lambda: attainment.attainment(METRIC, by_campaign, since),
    }
    kept: dict[str, Callable[[], object]] = {
        f"{name}, {period}": partial(answer, name, days) for name in REPORTS for period, days in PERIODS.items()
    }
    kept |= {f"home of {role.label}": home(f"rep{number}", role) for number, role in enumerate(AT_HOME, 2)}
    keep(kept.values())
    reports |= kept
    accepts = Accepts()
    return Part(
        f"Reports over {leads:,} leads, in ms",
        [
            Contender(f"{FUNNEL}, from the tables", timed(lambda: plain_funnel(by)), rounds=3),
            Contender(
                f"{ATTAINMENT}, from the clocks",
                timed(lambda: attainment.from_the_clocks(METRIC, by_campaign)),
                rounds=3,
            ),
            *(Contender(name, timed(run)) for name, run in reports.items()),
            Contender(f"{ACCEPT}, no figures kept", accepts.without_figures),
            Contender(ACCEPT, accepts.run),
            Contender("add the deltas up", timed(rollup.fold)),
            Contender("count again the days that have changed", timed(renewing.renew)),
        ],
        [
            Ask(f"{FUNNEL}, ms", FUNNEL, "ms", at_most=100),
            Ask(f"{ATTAINMENT}, ms", ATTAINMENT, "ms", at_most=100),
            *(
                Ask(f"{name}, ms", name, "ms", at_most=MOST_OF_STANDING if name.startswith(STANDING) else MOST)
                for name in kept
            ),
            Ask("what the figures cost an accept", ACCEPT, "ms", f"{ACCEPT}, no figures kept", at_most=1.1),
        ],
    )


def keep(questions: Iterable[Callable[[], object]]) -> None:
    """Ask each of them once, as somebody has before, and wait until its figures are kept."""
    for question in questions:
        question()
    while not renewing.renew(60):
        pass


def answer(name: str, days: int | None) -> object:
    """A report by what it shows first, of the latest days."""
    report = REPORTS[name]
    since = (timezone.now() - timedelta(days=days)).date().isoformat() if days else ""
    form = report.form({**report.asked_first, "from": since})
    form.full_clean()
    return report.rows(form.cleaned_data, timezone.now())


def home(username: str, role: Role) -> Callable[[], object]:
    user = User.objects.get(username=username)
    user.groups.add(Group.objects.get(name=role))
    client = Client(SERVER_NAME="localhost")  # one that the settings allow
    client.force_login(user, "config.sign_in.Backend")
    return partial(client.get, reverse("admin:home"))


def load(leads: int) -> None:
    """Fill the tables by statements, past the triggers, and the figures from the tables."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(DEFAULTS)
        cursor.execute("; ".join(alter for (alter,) in cursor.fetchall()))
        for statement in LOAD.split(";\n"):
            if statement.strip():
                cursor.execute(statement, {"leads": leads})
    rollup.repair()
    rollup.fold()
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def timed(run: Callable[[], object]) -> Callable[[], Figures]:
    def once() -> Figures:
        begin = time.perf_counter()
        run()
        return {"ms": (time.perf_counter() - begin) * 1000}

    return once


class Accepts:
    """Leads that wait to be accepted, and how long one accept through the verb takes."""

    def __init__(self) -> None:
        self.rep = User.objects.get(username="rep1")
        self.rep.groups.add(Group.objects.get(name=Role.SALES_REP))

    def run(self) -> Figures:
        leads = Lead.objects.bulk_create(Lead(name="Fresh", campaign_id=1 + n % CAMPAIGNS) for n in range(IN_A_ROUND))
        times = []
        for lead in leads:
            workflow.promote(lead.pk, by=None, owner=self.rep)
            begin = time.perf_counter()
            workflow.accept(lead.pk, by=self.rep)
            times.append((time.perf_counter() - begin) * 1000)
        return {"ms": median(times)}

    def without_figures(self) -> Figures:
        switch("DISABLE")
        figures = self.run()
        switch("ENABLE")
        return figures


def switch(what: str) -> None:
    with connection.cursor() as cursor:
        for table, trigger in TRIGGERS:
            cursor.execute(f"ALTER TABLE {table} {what} TRIGGER {trigger}")
