"""Every verb in every state by every role: what happens, and that a refusal leaves every table as it was."""

from typing import Any

import pytest
from django.apps import apps
from django.db import connection, transaction
from django.utils import timezone

from handoff import workflow
from handoff.refusals import FactsRefused, NotAllowed, Refused, WrongState
from handoff.workflow import CARDS, Door
from handoff.workflow.rights import CLOCKED, can
from leads.models import Lead, State, User, Verb
from tests.world import CONVERSION, FACTS, World, bring_to, make_lead

# The table of the states, as everybody agreed on it: where each verb leads from each state. "-" is a refusal.
TARGETS = """
              raw       mql       sal       sql          opportunity  rejected
    promote   mql       -         -         -            -            -
    accept    -         sal       -         -            -            -
    qualify   -         -         sql       -            -            -
    convert   -         -         -         opportunity  -            -
    reject    rejected  rejected  rejected  rejected     -            -
    recycle   -         -         -         -            -            raw
    resubmit  -         -         -         -            -            mql
    overturn  -         -         -         -            -            mql
    assign    raw       mql       sal       sql          -            -
    touch     raw       mql       sal       sql          opportunity  rejected
    answer    -         -         -         -            -            rejected
    dispute   -         -         -         -            -            rejected
    comment   raw       mql       sal       sql          opportunity  rejected
    merge     raw       mql       sal       sql          -            rejected
    uphold    -         -         -         -            -            rejected
    pause     -         mql       sal       sql          -            rejected
    resume    -         mql       sal       sql          -            rejected
    acknowledge -       mql       sal       sql          -            rejected
    excuse    raw       mql       sal       sql          opportunity  rejected
    reevaluate   -         mql       sal       sql          -            rejected
    update_deal  -         -         -         -            opportunity  -
    unmerge      -         -         -         -            -            -
    snooze       -         mql       sal       sql          -            -
    undo         raw       mql       sal       sql          opportunity  rejected
"""
SALES = {"ada", "max"}  # the owner, and the manager of the team
MARKETING = {"mia", "nora"}
EVERYONE = {"ada", "ben", "max", "zoe", "mia", "nora", "olga", "eve", "system"}
WHO: dict[str, set[str]] = {
    "promote": MARKETING | {"system"},
    "accept": SALES,
    "qualify": SALES,
    "convert": SALES,
    "reject": SALES,
    "recycle": MARKETING,
    "resubmit": MARKETING,
    "overturn": {"olga"},
    "assign": {"max", "olga", "system"} | MARKETING,
    "touch": SALES | {"system"},
    "answer": MARKETING,
    "dispute": MARKETING,
    "comment": {"ada", "ben", "max", "olga"} | MARKETING,
    "merge": MARKETING | {"olga"},
    "uphold": {"olga"},
    "pause": SALES | {"olga"},
    "resume": SALES | {"olga"},
    "acknowledge": SALES | {"olga"},
    "excuse": {"olga"},
    "reevaluate": {"olga", "system"},
    "update_deal": SALES,
    "unmerge": {"olga"},
    "snooze": SALES,
    "undo": {"ada", "ben", "max", "olga"} | MARKETING,
}
WHO_ELSE_WHERE: dict[tuple[str, str], set[str]] = {
    ("reject", "raw"): MARKETING,
    **{(verb, "rejected"): MARKETING | {"olga"} for verb in ("pause", "resume", "acknowledge")},
}
TABLES = [
    model._meta.db_table for app in ("leads", "sla", "handoff") for model in apps.get_app_config(app).get_models()
]


def target(verb: str, state: str) -> str:
    states, *rows = (line.split() for line in TARGETS.strip().splitlines())
    (cells,) = (cells for name, *cells in rows if name == verb)
    return cells[states.index(state)]


def writes() -> int:
    """How many rows this transaction has written so far; those of a part that was rolled back count too."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT sum(n_tup_ins + n_tup_upd + n_tup_del) FROM pg_stat_xact_user_tables")
        return int(cursor.fetchone()[0])


def everything() -> list[Any]:
    """A digest of every table, in one statement."""
    digest = "SELECT '{0}', md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), '')) FROM {0} t"
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(digest.format(table) for table in TABLES))
        return sorted(cursor.fetchall())  # several processes may read the tables, in whatever order


def lead_in(state: str, world: World) -> Lead:
    lead = bring_to(state, make_lead(team=world.berlin, owner=world.ada), world)
    if state == State.SAL:
        workflow.touch(lead.pk, by=world.ada, channel="call", outcome="reached")
    return lead


def prepare(verb: str, lead: Lead, world: World) -> Lead:
    """The lead, with whatever the verb demands besides its state."""
    if verb in (Verb.OVERTURN, Verb.UPHOLD) and lead.state == State.REJECTED:
        workflow.dispute(lead.pk, by=world.mia, argument="It is a fit.")
    if verb == Verb.MERGE and lead.state == State.REJECTED:
        workflow.answer(lead.pk, by=world.mia, kind="acknowledge")
    if verb == Verb.RESUME and lead.state in CLOCKED:
        workflow.pause(lead.pk, by=world.olga, cause="buyer_away")
    return Lead.objects.get(pk=lead.pk)


def facts_for(verb: str, world: World) -> dict[str, Any]:
    special: dict[str, dict[str, Any]] = {
        "convert": CONVERSION | {"amount": "7.00"},
        "assign": {"owner": world.ben},
    }
    if verb == Verb.MERGE:  # into one that sales has brought as far as any: tests of merging have the others
        return {"into": bring_to(State.SQL, make_lead("Survivor"), world)}
    return special.get(verb, FACTS.get(verb, {}))


def actor(name: str, world: World) -> User | None:
    return None if name == "system" else User.objects.select_related("team").get(pk=getattr(world, name).pk)


@pytest.mark.parametrize("state", State.values)
def test_who_may_do_what_where(world: World, state: str) -> None:
    """All verbs of a state in one world, as the lead is long in the making; each is rolled back."""
    lead = lead_in(state, world)
    for verb in Verb.values:
        with transaction.atomic():
            assert_who_may(verb, prepare(verb, lead, world), facts_for(verb, world), world)
            transaction.set_rollback(True)


def assert_who_may(verb: str, lead: Lead, facts: dict[str, Any], world: World) -> None:
    state = lead.state
    allowed = WHO_ELSE_WHERE.get((verb, state), WHO[verb])
    # A verb about one clock or act has none to be about here: whoever may do it hears that it says which.
    done = FactsRefused if CARDS[verb].is_about_clock or CARDS[verb].is_about_act else None
    for name in sorted(EVERYONE):
        by = actor(name, world)
        expected = WrongState if target(verb, state) == "-" else done if name in allowed else NotAllowed
        assert attempt(verb, lead, by, facts) is expected, (name, verb, state)
        if by is not None:
            assert (verb in can(by, lead, timezone.now())) is (expected is None), (name, verb, state)


def attempt(verb: str, lead: Lead, by: User | None, facts: dict[str, Any]) -> type[Refused] | None:
    """How the verb is refused, which leaves every table as it was; None where it is done. It is rolled back."""
    written = writes()
    with transaction.atomic():
        try:
            workflow.perform(verb, lead.pk, by=by, door=Door(), facts=facts)
        except Refused as refusal:
            refused: type[Refused] | None = type(refusal)
            after = everything() if writes() != written else None  # a second for each state, were it always asked
        else:
            refused = after = None
            assert Lead.objects.get(pk=lead.pk).state == target(verb, lead.state), (by, verb)
        transaction.set_rollback(True)
    assert after is None or after == everything(), (by, verb)
    return refused


def test_the_state_is_refused_before_the_person(world: World) -> None:
    lead = bring_to(State.SAL, make_lead(), world)

    with pytest.raises(WrongState):
        workflow.accept(lead.pk, by=world.eve)


def test_an_inactive_person_may_do_nothing(world: World) -> None:
    lead = bring_to(State.MQL, make_lead(), world)
    world.ada.is_active = False

    with pytest.raises(NotAllowed):
        workflow.accept(lead.pk, by=world.ada)


def test_an_arbiter_who_is_a_party_does_not_decide(world: World) -> None:
    lead = bring_to(State.REJECTED, make_lead(), world)
    workflow.dispute(lead.pk, by=world.mia, argument="It is a fit.")
    lead.rejections.get().dispute.__class__.objects.update(by=world.olga)

    with pytest.raises(NotAllowed, match="a party of this dispute"):
        workflow.overturn(lead.pk, by=world.olga, decision="I was right.")


def test_the_state_moves_through_no_back_door(world: World) -> None:
    lead = make_lead()

    with pytest.raises(AttributeError):
        lead.state = State.SQL
    with pytest.raises(AttributeError, match="verbs"):
        Lead.objects.update(state=State.SQL)
    with pytest.raises(AttributeError, match="verbs"):
        Lead.objects.bulk_update([lead], ["state"])
    with pytest.raises(AttributeError, match="verbs"):
        Lead.objects.create(state=State.SQL)
    lead.refresh_from_db()
    lead.full_clean()
    assert lead.state == State.RAW
    with pytest.raises(AttributeError):
        lead.state = State.SQL
