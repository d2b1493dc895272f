"""Scenarios of public bug reports about systems of this kind, restated: each asserts what is right. See reports.md."""

import csv
import io
import json
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from handoff import workflow
from handoff.engine import leaks
from handoff.ladder.actions import run_actions as do_deeds
from handoff.ladder.sweep import sweep
from handoff.models import Delivery, Destination, Subscription
from handoff.refusals import Refused
from leads.models import Lead, Touch, Verb
from sla.models import Alarm, Clock
from tests.world import (
    ALWAYS,
    MONDAY,
    OFFICE,
    World,
    assert_consistent,
    bring_to,
    make_calendar,
    make_lead,
    make_policy,
    world,
)

__all__ = ["world"]
pytestmark = pytest.mark.django_db
CALL: dict[str, Any] = {"channel": "call", "outcome": "reached"}


@pytest.fixture(autouse=True)
def _cache_in_memory(settings: Any) -> None:
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}


def at(minutes: float) -> datetime:
    return MONDAY + timedelta(minutes=minutes)


def moment(minutes: float) -> Any:
    return time_machine.travel(at(minutes), tick=False)


def on(*when: int) -> Any:
    return time_machine.travel(datetime(*when, tzinfo=UTC), tick=False)  # type: ignore[misc, arg-type]


def offered(world: World, minute: float = 0, **fields: Any) -> Lead:
    """An MQL of ada's since a minute."""
    with moment(minute):
        return bring_to("mql", make_lead(**fields), world)


def clock(lead: Lead, metric: str = "time_to_accept") -> Clock:
    return Clock.objects.get(lead=lead, metric=metric)


def by_email(audience: str = "owner") -> Destination:
    return Destination.objects.get_or_create(
        name=f"{audience} by email", defaults={"audience": audience, "medium": "email"}
    )[0]


def bring_in(tmp_path: Path, kind: str, text: str, *more: str, system: str = "crm") -> tuple[dict[str, int], list[str]]:
    """Import a file by the command; the tally, and the outcome of each row."""
    file, report, out = tmp_path / "in.csv", tmp_path / "out.csv", io.StringIO()
    file.write_text(text, encoding="utf-8")
    arguments = ["import_csv", kind, str(file), "--system", system, "--json", "--report", str(report), *more]
    with suppress(SystemExit):
        call_command(*arguments, stdout=out, stderr=io.StringIO())
    with report.open(encoding="utf-8-sig", newline="") as lines:
        outcomes = [row["outcome"] for row in csv.DictReader(lines)]
    return json.loads(out.getvalue().strip().splitlines()[-1]), outcomes


def report(name: str, *more: str) -> dict[str, dict[str, Any]]:
    """A report by the command, its rows by their key."""
    out = io.StringIO()
    call_command("report", name, *more, "--json", stdout=out)
    key = more[more.index("--by") + 1]
    return {row[key]: row for row in json.loads(out.getvalue())}


def attainment_by_owner() -> dict[str, tuple[int, int]]:
    rows = report("attainment", "--metric", "time_to_accept", "--by", "owner")
    return {owner: (row["met"], row["breached"]) for owner, row in rows.items()}


def signed_in(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


# --- clocks ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["carry", "restart"])
def test_01_a_breach_belongs_to_who_missed_it(world: World, how: str) -> None:
    """frappe/erpnext #28752 (keep who failed the SLA); chatwoot/chatwoot #7978.
    Kind: what happened is charged to whoever holds the record now, not to whoever held it then. FAILS on 6082751."""
    make_policy("time_to_accept", 3600, on_reassign=how)
    lead = offered(world)
    sweep(at(61))
    with moment(90):  # half an hour after ada missed it
        workflow.assign(lead.pk, by=world.max, owner=world.ben)
    with moment(95):
        workflow.accept(lead.pk, by=world.ben)

    rows = attainment_by_owner()
    assert rows.get("ada") == (0, 1)
    assert rows.get("ben", (0, 0))[1] == 0


def test_02_a_policy_chosen_anew_during_a_pause_knows_of_the_pause(world: World) -> None:
    """glpi-project/glpi #6902, #15605. Kind: re-selection of the policy forgets the hold time. HOLDS."""
    make_policy("time_to_accept", 7200, key="calm")
    hot = [{"field": "score", "op": "at_least", "value": 80}]
    make_policy("time_to_accept", 3600, key="hot", position=1, conditions=hot)
    lead = offered(world, score=10)
    with moment(10):
        workflow.pause(lead.pk, by=world.ada, cause="buyer_away")
    with moment(40):
        workflow.correct(lead.pk, {"score": 90})
    with moment(200):
        workflow.resume(lead.pk, by=world.ada)

    assert (clock(lead).policy.key, clock(lead).due_at) == ("hot", at(250))  # 60 min, and 190 of pause


@pytest.mark.parametrize("order", ["touch first", "pause first"])
def test_03_an_answer_and_a_pause_in_one_moment(world: World, order: str) -> None:
    """zammad/zammad #3551. Kind: two effects of one save, where the hold hides the answer. HOLDS."""
    make_policy("speed_to_lead", 3600)
    lead = offered(world)
    with moment(10):
        if order == "pause first":
            workflow.pause(lead.pk, by=world.ada, cause="buyer_away")
        workflow.touch(lead.pk, by=world.ada, **CALL)
        if order == "touch first":
            workflow.pause(lead.pk, by=world.ada, cause="buyer_away")

    stopped = clock(lead, "speed_to_lead")
    assert (stopped.state, stopped.stopped_at, stopped.elapsed) == ("met", at(10), timedelta(minutes=10))
    assert_consistent()


# --- merges ---------------------------------------------------------------------------------------------------------


def twins(world: World) -> tuple[Lead, Lead]:
    """Two MQLs of one buyer: ada's, and ben's."""
    with moment(0):
        dup, kept = make_lead("Twin One"), make_lead("Twin Two")
        workflow.promote(dup.pk, by=world.mia, owner=world.ada)
        workflow.promote(kept.pk, by=world.mia, owner=world.ben)
    return dup, kept


def test_04_a_merge_brings_the_contact_to_the_clock_as_well(world: World) -> None:
    """zammad/zammad #4203. Kind: a merge moves the facts, and what is computed of them does not follow. FAILS."""
    make_policy("speed_to_lead", 3600, tells=[by_email()])
    dup, kept = twins(world)
    with moment(5):
        workflow.touch(dup.pk, by=world.ada, **CALL)
    with moment(10):
        workflow.merge(dup.pk, by=world.mia, into=kept.pk)
    sweep(at(61))

    assert Touch.objects.get().lead == kept
    assert (clock(kept, "speed_to_lead").state, clock(kept, "speed_to_lead").stopped_at) == ("met", at(5))
    assert not Delivery.objects.filter(alarm__step__percent=100).exists()


def test_05_an_open_lead_merged_into_a_closed_one_is_still_owed(world: World) -> None:
    """freescout-help-desk/freescout #921; osTicket/osTicket #5194. Kind: a merge ends what was promised to a buyer who
    came back, and nobody is told. FAILS."""
    make_policy("time_to_accept", 3600)
    make_policy("speed_to_lead", 3600)
    old = offered(world, name="Old Enquiry")
    with moment(1):
        workflow.reject(old.pk, by=world.ada, reason="wrong_territory")
    new = offered(world, 2, name="New Enquiry")
    with moment(10):
        try:
            workflow.merge(new.pk, by=world.mia, into=old.pk)
        except Refused:
            return  # to refuse it is right, too

    owed = Clock.objects.filter(lead__in=[old, new], metric__in=["time_to_accept", "speed_to_lead"], stopped_at=None)
    assert owed.exists() or Delivery.objects.exists()


def test_06_the_owner_of_the_lead_that_stays_is_told_of_the_merge(world: World) -> None:
    """zammad/zammad #3105. Kind: a message about two records is addressed by the one that vanishes. FAILS."""
    Subscription.objects.create(verb=Verb.MERGE, destination=by_email())
    dup, kept = twins(world)
    with moment(5):
        workflow.merge(dup.pk, by=world.mia, into=kept.pk)

    assert world.ben.email in Delivery.objects.values_list("address", flat=True)


def test_07_what_was_said_of_a_duplicate_is_read_where_it_went(world: World) -> None:
    """OCA/crm #88. Kind: a merge leaves comments and history behind on a record that nobody opens. FAILS."""
    dup, kept = twins(world)
    with moment(5):
        workflow.comment(dup.pk, by=world.ada, text="Wants the demo on Friday")
    with moment(10):
        workflow.merge(dup.pk, by=world.mia, into=kept.pk)
    page = signed_in(world.ben).get(reverse("admin:leads_lead_change", args=[kept.pk])).content.decode()

    assert "Wants the demo on Friday" in page


# --- alarms ---------------------------------------------------------------------------------------------------------


def test_09_no_alarm_of_a_lead_that_was_closed(world: World) -> None:
    """abhinavxd/libredesk #70; zammad/zammad #904. Kind: alarms of what is over. HOLDS."""
    for metric in ("time_to_accept", "speed_to_lead", "time_to_qualify"):
        make_policy(metric, 3600, tells=[by_email()])
    rejected = offered(world)
    dup, kept = twins(world)
    with moment(5):
        workflow.reject(rejected.pk, by=world.ada, reason="spam_or_test")
        workflow.merge(dup.pk, by=world.mia, into=kept.pk)
    sweep(at(600))

    assert not Alarm.objects.exclude(clock__lead=kept).exists()


def test_10_closing_an_overdue_lead_keeps_that_it_was_overdue(world: World) -> None:
    """osTicket/osTicket #4078, #4144. Kind: closing erases the SLA and the overdue mark. HOLDS."""
    policy = make_policy("time_to_accept", 3600)
    lead = offered(world)
    sweep(at(61))
    with moment(80):
        workflow.reject(lead.pk, by=world.ada, reason="spam_or_test")

    assert (clock(lead).state, clock(lead).policy, clock(lead).due_at) == ("breached", policy, at(60))
    assert attainment_by_owner() == {"ada": (0, 1)}


def test_13_a_pause_over_the_weekend_takes_out_only_working_time(world: World) -> None:
    """glpi-project/glpi #10594, #9082; frappe/helpdesk #2449. Kind: hold time counted in other hours. HOLDS."""
    make_policy("time_to_accept", 8 * 3600, calendar=make_calendar("office", OFFICE))
    with on(2026, 3, 7, 10):
        arrived_on_saturday = bring_to("mql", make_lead("One"), world)
        workflow.pause(arrived_on_saturday.pk, by=world.ada, cause="buyer_away")
    with on(2026, 3, 8, 20):
        workflow.resume(arrived_on_saturday.pk, by=world.ada)
    with on(2026, 3, 6, 16):
        arrived_on_friday = bring_to("mql", make_lead("Two"), world)
        workflow.pause(arrived_on_friday.pk, by=world.ada, cause="buyer_away")
    with on(2026, 3, 9, 10):
        workflow.resume(arrived_on_friday.pk, by=world.ada)

    assert clock(arrived_on_saturday).due_at == datetime(2026, 3, 9, 17, tzinfo=UTC)
    assert clock(arrived_on_friday).due_at == datetime(2026, 3, 10, 10, tzinfo=UTC)


def test_14_each_metric_is_reported_in_its_own_hours(world: World) -> None:
    """glpi-project/glpi #12646. Kind: the report takes the calendar of another promise. HOLDS."""
    make_policy("time_to_accept", 8 * 3600, calendar=make_calendar("office", OFFICE))
    make_policy("time_to_qualify", 100 * 3600, calendar=make_calendar("always", ALWAYS))
    lead = offered(world, 7 * 60)  # Monday 16:00
    with moment(25 * 60):
        workflow.accept(lead.pk, by=world.ada)
    with moment(49 * 60):
        workflow.touch(lead.pk, by=world.ada, **CALL)
        workflow.qualify(lead.pk, by=world.ada)
    rows = [
        report("attainment", "--metric", metric, "--by", "owner")["ada"]
        for metric in ("time_to_accept", "time_to_qualify")
    ]

    assert [(row["median_business"] / 3600, row["median_wall"] / 3600) for row in rows] == [(2, 18), (24, 24)]


def test_15_a_second_round_counts_from_its_own_start_and_its_own_contacts(world: World) -> None:
    """chatwoot/chatwoot #12058. Kind: a record that comes back is measured from its first life. HOLDS."""
    make_policy("speed_to_lead", 3600)
    lead = offered(world)
    for minute in (1, 2, 3):
        with moment(minute):
            workflow.touch(lead.pk, by=world.ada, **CALL)
    with moment(4):
        workflow.reject(lead.pk, by=world.ada, reason="unresponsive")
    with moment(5):
        workflow.recycle(lead.pk, by=world.mia, reenter_on="2026-03-03")
    again = 3 * 24 * 60
    with moment(again):
        workflow.promote(lead.pk, by=world.mia, owner=world.ada)
    with moment(again + 1), pytest.raises(Refused, match="there are 0"):
        workflow.reject(lead.pk, by=world.ada, reason="unresponsive")
    with moment(again + 10):
        workflow.touch(lead.pk, by=world.ada, **CALL)

    second = Clock.objects.get(lead=lead, metric="speed_to_lead", cycle=2)
    assert (second.started_at, second.state, second.elapsed) == (at(again), "met", timedelta(minutes=10))


# --- files ----------------------------------------------------------------------------------------------------------


def test_16_a_file_that_was_exported_comes_back_as_it_was(world: World, tmp_path: Path) -> None:
    """odoo/odoo #99995. Kind: the guard against formulas damages the data on its way back. FAILS."""
    lead = make_lead("Pia Plus", phone="+49 30 5550199", company="-Minus GmbH")
    answer: Any = signed_in(world.mia).get(reverse("admin:leads_lead_export"))
    exported = b"".join(answer.streaming_content).decode()
    bring_in(tmp_path, "leads", exported)
    lead.refresh_from_db()

    assert (lead.phone, lead.company) == ("+49 30 5550199", "-Minus GmbH")
    assert ",+49" not in exported  # still safe to open in a spreadsheet


def test_17_people_are_called_null_blank_and_nil(world: World, tmp_path: Path) -> None:
    """bornsql.ca “My surname is NULL” (a CSV report empties it); softwareengineering.stackexchange 313819.
    Kind: cleaning of words for nothing erases real values. FAILS."""
    rows = ["jen@names.example,Jennifer,Null", "nil@names.example,Nil,Blank", "nan@names.example,Nan,Stone"]
    bring_in(tmp_path, "leads", "\n".join(["Email,First Name,Last Name", *rows, ""]))

    assert sorted(Lead.objects.values_list("name", flat=True)) == ["Jennifer Null", "Nan Stone", "Nil Blank"]


def test_20_the_short_and_the_long_id_of_one_system_are_one(world: World, tmp_path: Path) -> None:
    """tablexi/restforce-db #52; sfmcdg/awesome-salesforce-marketingcloud #10. Kind: two spellings of one key make two
    records, and what belongs together does not meet. FAILS."""
    head = "Id,FirstName,LastName"
    bring_in(tmp_path, "leads", f"{head}\n00Q5e000001AbCd,Sia,Stone\n", system="salesforce")
    deal = "Lead Id,won_at,amount,currency\n00Q5e000001AbCdEAK,2026-03-01,100,EUR\n"
    assert bring_in(tmp_path, "outcomes", deal, "--historical", system="salesforce")[1] == ["created"]
    bring_in(tmp_path, "leads", f"{head}\n00Q5e000001AbCdEAK,Sia,Stone\n", system="salesforce")

    assert Lead.objects.count() == 1


def test_22_one_address_in_any_case_is_one_lead(world: World, tmp_path: Path) -> None:
    """mautic/mautic #5149, #5245. Kind: duplicates by spelling of the key. HOLDS."""
    bring_in(tmp_path, "leads", "Name,Email\nAna Lee,ANA.LEE@BUYER.EXAMPLE\n")
    rows = ["Ana Lee,ana.lee@buyer.example\u00a0", "Ana Lee,mailto:Ana.Lee@Buyer.example"]
    assert bring_in(tmp_path, "leads", "\n".join(["Name,Email", *rows, ""]))[1] == ["unchanged", "unchanged"]

    assert Lead.objects.get().email == "ana.lee@buyer.example"


# --- who comes, who is told, who is given it ------------------------------------------------------------------------


def test_25_a_buyer_who_asks_again_leaves_a_trace(world: World) -> None:
    """espocrm/espocrm #1387; LeadSquared support “Discrepancy in lead capture count”; LeadSimple “Duplicate lead
    checker” (the owner is mailed). Kind: de-duplication swallows the new enquiry of a known person. FAILS."""
    for verb in (Verb.PROMOTE, Verb.ASSIGN, Verb.REJECT):
        Subscription.objects.create(verb=verb, destination=by_email("marketing"))
    lead = offered(world)
    with moment(5):
        workflow.reject(lead.pk, by=world.ada, reason="not_now", retry_on="2031-01-01")
    acts, told = lead.transitions.count(), Delivery.objects.count()
    with moment(5000):
        body = {"email": lead.email.upper(), "name": "Dana Fox", "source": "demo request"}
        answer = signed_in(world.mia).post("/api/v1/leads/", body, content_type="application/json")
    assert answer.status_code in (200, 201)

    assert lead.touchpoints.exists() or lead.transitions.count() > acts or Delivery.objects.count() > told


def test_27_who_is_given_a_lead_by_the_ladder_is_told(world: World) -> None:
    """odoo/odoo #115893. Kind: an automatic assignment reaches everybody but the new owner. FAILS where nobody has made
    a subscription (an installation without the demo)."""
    policy = make_policy("time_to_accept", 3600, tells=[by_email()])
    policy.steps.filter(percent=100).update(does="reassign")
    lead = offered(world)
    with moment(61):
        sweep()
        do_deeds()
    lead.refresh_from_db()

    assert lead.owner == world.ben
    assert world.ben.email in Delivery.objects.values_list("address", flat=True)


def test_29_who_is_owner_manager_and_mailbox_is_told_once(world: World) -> None:
    """SuiteCRM/SuiteCRM #9043; espocrm/espocrm #27. Kind: one event told twice to one person. HOLDS."""
    world.berlin.email = world.max.email
    world.berlin.save()
    make_policy("time_to_accept", 3600, tells=[by_email("owner"), by_email("manager"), by_email("team")])
    with moment(0):
        workflow.promote(make_lead().pk, by=world.mia, owner=world.max)
    sweep(at(46))
    sweep(at(61))

    assert sorted(Delivery.objects.values_list("address", "alarm__step__percent")) == [
        (world.max.email, 75),
        (world.max.email, 100),
    ]


# --- numbers, and what is forgotten ---------------------------------------------------------------------------------


def test_31_the_funnel_counts_what_was_reached_and_who_has_no_source(world: World) -> None:
    """frappe/erpnext #23110, MicrosoftDocs/powerbi-docs #1660 (only the present stage counts); Kademi/kademi-dev #2169
    (no source, not counted). Kind: a funnel of present states; a group by that drops the blank. HOLDS."""
    for number, state in enumerate(("raw", "mql", "sal", "sql", "opportunity", "rejected")):
        bring_to(state, make_lead(f"Lead {number}", source="google" if number % 2 else ""), world)
    rows = report("funnel", "--by", "source")
    total = {name: sum(row[name] for row in rows.values()) for name in ("leads", "mql", "sal", "sql", "opportunity")}

    assert total == {"leads": 6, "mql": 5, "sal": 3, "sql": 2, "opportunity": 1}
    assert rows[""]["leads"] == rows["google"]["leads"] == 3


def test_32_amounts_of_different_currencies_are_not_added_up(world: World) -> None:
    """SuiteCRM/SuiteCRM #5956, #6240, #8556. Kind: a sum over unlike units. HOLDS."""
    for number, currency in enumerate(("EUR", "USD", "EUR")):
        lead = bring_to("opportunity", make_lead(f"Lead {number}", source="x"), world)
        deal = lead.opportunity
        deal.state, deal.closed_at, deal.amount, deal.currency = "won", timezone.now(), "100.10", currency
        deal.save()

    assert report("funnel", "--by", "source")["x"]["won_amount"] == {"EUR": "200.20", "USD": "100.10"}


def test_33_a_date_to_come_back_does_not_pass_in_silence(world: World) -> None:
    """frappe/crm #2588; 1Panel-dev/CordysCRM #1608. Kind: a promised day arrives and nothing reminds anybody. FAILS."""
    lead = offered(world)
    with moment(5):
        workflow.reject(lead.pk, by=world.ada, reason="not_now", retry_on="2026-03-04")
    with moment(6):
        workflow.recycle(lead.pk, by=world.mia, reenter_on="2026-03-04")
    with moment(5 * 24 * 60):
        sweep()
        do_deeds()
        leaks.tell()

        assert Delivery.objects.exists() or any(leaks.counts().values())


def test_34_a_lead_on_hold_for_months_is_found(world: World) -> None:
    """frappe/helpdesk #3182 (stuck in a paused state). Kind: an open-ended hold hides an obligation for ever. FAILS."""
    make_policy("time_to_accept", 3600, steps=[(100, 0)], tells=[by_email()])
    make_policy("speed_to_lead", 3600, steps=[(100, 0)], tells=[by_email()])
    lead = offered(world)
    with moment(50):
        workflow.pause(lead.pk, by=world.ada, cause="buyer_away")
    with moment(90 * 24 * 60):
        sweep()
        do_deeds()
        leaks.tell()

        assert Delivery.objects.exists() or any(leaks.counts().values())
