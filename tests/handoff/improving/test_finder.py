"""The finder names what lets bad leads through where there is such a thing, and nothing where there is not."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

import pytest
from django.db import connection

from handoff.agreement.definitions import draft, sign
from handoff.demo.history import Plan, generate
from handoff.demo.history.cast import found
from handoff.demo.history.writing import fate_of
from handoff.improving.axes import LETTER, Axis
from handoff.improving.cases import Filter
from handoff.improving.drafting import changed, draft_change
from handoff.improving.finder import find
from handoff.improving.frozen import is_known, source
from handoff.improving.intervals import Share, difference
from handoff.improving.masks import ACCEPTED, LATER, REJECTED, WON, Held, Sets
from handoff.improving.pointing import Pointed, Pointing, Unasked
from handoff.improving.replay import Verdict, replay
from handoff.improving.search import LEAST_REJECTED, Search
from handoff.models import Handoff
from handoff.refusals import FactsRefused, NotAllowed
from handoff.reports.registry import REPORTS
from leads.conditions import field_of
from leads.models import Attribute, AttributeType, Definition, Reason, Stage, User
from tests.handoff.improving.conftest import OFFERED, HandOverAll
from tests.world import World, assert_consistent

START, MIDDLE, END = (datetime(year, month, 1, tzinfo=UTC) for year, month in ((2025, 1), (2025, 7), (2026, 1)))
HIDDEN = {"attributes.employees", "touchpoints", "source"}


def fields_of(conditions: Any) -> set[str]:
    return {condition["field"] for condition in conditions}


@pytest.mark.django_db
def test_the_change_that_was_found_comes_to_what_its_replay_had_said() -> None:
    generate(Plan(1600, MIDDLE, START))
    finding = find()
    first, *others = finding.proposals
    assert len(fields_of(first.conditions)) == 2
    assert fields_of(first.conditions) < HIDDEN
    assert all(fields_of(other.conditions) <= HIDDEN for other in others)

    nora, max_ = User.objects.get(username="nora"), User.objects.get(username="max")
    in_force = Definition.active(Stage.MQL)
    assert in_force is not None
    drafted = draft_change(first.conditions, by=nora, seen=in_force.digest)
    assert draft_change(first.conditions, by=max_, seen=in_force.digest) == drafted
    replayed = replay(drafted.criteria)
    promised = replayed.verdicts[Verdict.PASS].acceptance
    withheld = replayed.verdicts[Verdict.FAIL]
    assert (withheld.decided, withheld.accepted, withheld.won) == (
        first.whole.withheld,
        first.whole.accepted_withheld,
        first.whole.won_withheld,
    )
    for signer in (nora, max_):
        sign(drafted.pk, by=signer, seen=drafted.digest)
    assert Definition.active(Stage.MQL) == drafted

    generate(Plan(1600, END, MIDDLE))
    by_version = {
        version: Share(
            *(of_version.exclude(decision="").filter(**only).count() for only in ({"decision": "accepted"}, {}))
        )
        for version in (in_force, drafted)
        for of_version in [Handoff.objects.filter(definition=version)]
    }
    before, after = by_version[in_force], by_version[drafted]
    assert difference(after, before).low > 0  # it rose
    assert difference(after, promised).has(0)  # to what had been said
    assert_reports_say_what_was_generated([in_force, drafted], [before, after])
    assert_consistent()


def assert_reports_say_what_was_generated(versions: list[Definition], acceptance: list[Share]) -> None:
    """Before and after as it was; and speed to lead as each made-up lead was contacted and won, or not."""
    rows = {row.key: row for row in answered("versions", by="definition")}
    shown = [rows[f"mql/{version.version:04}"] for version in versions]
    assert [(row.accepted, row.decided) for row in shown] == [(share.part, share.whole) for share in acceptance]
    assert shown[0].accept_rate_most < shown[1].accept_rate_least

    by_speed = {row.key: row for row in answered("speed", by="within") if row.key != "never"}
    assert {key: (row.contacted, row.won) for key, row in by_speed.items()} == contacted_and_won()
    rates = [row.win_rate for row in by_speed.values()]
    assert rates == sorted(rates, reverse=True)
    assert by_speed["5_minutes"].win_rate_least > by_speed["later"].win_rate_most


def answered(name: str, **asked: str) -> Any:
    form = REPORTS[name].form(asked)
    assert form.is_valid()
    return REPORTS[name].rows(form.cleaned_data, END + timedelta(days=90))


def contacted_and_won() -> dict[str, tuple[int, int]]:
    """By the truth that was made up, of those that were handed over."""
    bands = {"5_minutes": 300, "1_hour": 3600, "1_day": 86_400, "later": 1e9}
    offered, counts = set(Handoff.objects.values_list("lead__email", flat=True)), dict.fromkeys(bands, (0, 0))
    for plan in (Plan(1600, MIDDLE, START), Plan(1600, END, MIDDLE)):
        company = found(plan.start)
        for fate in (fate_of(plan, company, number) for number in range(plan.leads)):
            at = {step.verb: moment for step, moment in fate.steps}
            if fate.lead.email in offered and "touch" in at:
                seconds = (at["touch"] - fate.offered_at).total_seconds()
                band = next(key for key, most in bands.items() if seconds <= most)
                is_won = any(
                    step.facts["state"] == "won" and moment + step.facts["closes"] <= plan.end
                    for step, moment in fate.steps
                    if step.verb == "convert"
                )
                counts[band] = (counts[band][0] + 1, counts[band][1] + is_won)
    return counts


@pytest.mark.django_db
def test_where_there_is_no_truth_nothing_is_proposed() -> None:
    generate(Plan(1600, END, START, has_truth=False))
    finding = find()
    assert finding.rejected > LEAST_REJECTED
    assert finding.tries > 100
    assert finding.proposals == []


@pytest.mark.django_db
def test_a_made_up_year_is_the_same_each_time_and_goes_on_where_it_stopped() -> None:
    plan = Plan(60, END, START, seed=3)
    assert generate(plan) > 0
    once = list(Handoff.objects.order_by("pk").values_list("packet", "decision"))
    assert generate(plan) == 0
    assert list(Handoff.objects.order_by("pk").values_list("packet", "decision")) == once
    assert_consistent()


def drawn(rng: Random, size: int, share_of: Mapping[int, float]) -> bytes:
    """Outcomes of handoffs whose letter alone decides how likely sales rejects them, a third of them later."""
    flags = []
    for n in range(size):
        outcome = REJECTED if rng.random() < share_of[n % len(share_of)] else ACCEPTED | (WON if n % 7 == 0 else 0)
        flags.append(outcome | (LATER if n >= size * 0.7 else 0))
    return bytes(LETTER + flag for flag in flags)


@pytest.fixture
def axis(db: None) -> Axis:
    score = field_of("score")
    return Axis(score, source().column(score), is_known(score), cuts=[Decimal(10), Decimal(20), Decimal(30)])


def held_by(axis: Axis, letters: bytes) -> list[Held]:
    return [Held.of(candidate, letters) for candidate in axis.candidates()]


@pytest.mark.parametrize("seed", range(8))
def test_luck_alone_is_no_discovery(axis: Axis, seed: int) -> None:
    rng = Random(seed)
    letters = [bytes(LETTER + rng.randrange(1, 9) for _ in range(600)) for _ in range(40)]
    outcome = drawn(rng, 600, dict.fromkeys(range(8), 0.4))
    searched = Search(Sets.of(outcome)).run([held for each in letters for held in held_by(axis, each)])
    assert searched.proposals == []


def test_what_held_earlier_and_not_later_is_not_proposed(axis: Axis) -> None:
    letters = bytes(LETTER + 2 + n % 2 * 5 for n in range(1000))  # below all cuts, or above them
    earlier = drawn(Random(1), 1000, {0: 0.8, 1: 0.1})
    later = drawn(Random(2), 1000, {0: 0.1, 1: 0.8})
    alike = Search(Sets.of(earlier)).run(held_by(axis, letters))
    assert alike.proposals[0].conditions == ({"field": "score", "op": "at_least", "value": 10},)
    turned = Search(Sets.of(earlier[:700] + later[700:])).run(held_by(axis, letters))
    assert (turned.proposals, turned.unconfirmed > 0) == ([], True)


@pytest.mark.django_db
def test_few_rejections_are_too_few_and_it_says_so(hand_over_all: HandOverAll) -> None:
    hand_over_all([{"became": became} for became in ("not_our_customer", "accepted") for _ in range(5)])
    finding = find()
    assert (finding.decided, finding.rejected, finding.is_too_small, finding.proposals) == (10, 5, True, [])


@pytest.mark.django_db
def test_it_counts_what_plain_sql_counts_and_says_which_criterion_let_them_through(
    hand_over_all: HandOverAll, world: World, employees: Attribute
) -> None:
    criteria = [{"field": "score", "op": "at_least", "value": 40}, {"field": "phone", "op": "present", "value": True}]
    version = draft(Stage.MQL, "Ours", criteria)
    for signer in (world.nora, world.max):
        sign(version.pk, by=signer, seen=version.digest)
    rng, made = Random(5), []
    for n in range(300):
        size, score = rng.choice([5, 20, 70, 300]), rng.randrange(30, 100)
        became = "not_our_customer" if size < 50 and rng.random() < 0.8 else rng.choice(["accepted", "won", "not_now"])
        phone = "" if n % 10 == 0 else "+49 30 1"
        at = OFFERED + timedelta(hours=n)
        made.append({"became": became, "at": at, "score": score, "phone": phone, "attributes": {"employees": size}})
    hand_over_all(made)
    finding = find()
    [proposal] = [each for each in finding.proposals if len(each.conditions) == 1]
    assert proposal.conditions == ({"field": "attributes.employees", "op": "at_least", "value": 70},)
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT count(*), count(*) FILTER (WHERE lead.attributes -> 'employees' < '70'),
                count(*) FILTER (WHERE handoff.decision = 'accepted'),
                count(*) FILTER (WHERE handoff.decision = 'accepted' AND lead.attributes -> 'employees' < '70'),
                count(*) FILTER (WHERE reason.code = 'not_our_customer'),
                count(*) FILTER (WHERE reason.code = 'not_our_customer' AND lead.score >= 40),
                count(*) FILTER (WHERE reason.code = 'not_our_customer' AND lead.phone <> '')
            FROM handoff_handoff handoff JOIN leads_lead lead ON lead.id = handoff.lead_id
            LEFT JOIN leads_reason reason ON reason.id = lead.reason_id
            """
        )
        decided, withheld, accepted, accepted_withheld, rejected, met_score, met_phone = cursor.fetchone()
    effect = proposal.whole
    assert (effect.decided, effect.withheld) == (decided, withheld)
    assert (effect.accepted, effect.accepted_withheld) == (accepted, accepted_withheld)
    assert (effect.rejected, effect.rejected_withheld) == (rejected, rejected)
    assert [each.met for each in finding.let_through] == [met_score, met_phone]
    lost = replay(proposal.conditions).verdicts[Verdict.FAIL].amount
    assert finding.lost[finding.proposals.index(proposal)] == lost


@pytest.mark.django_db
def test_what_somebody_may_not_see_is_not_searched(hand_over_all: HandOverAll, world: World) -> None:
    Attribute.objects.create(key="secret", label="Secret", type=AttributeType.NUMBER, seen_by=["RevOps"])
    made = [(n, ("accepted", "not_our_customer")[n % 2]) for n in range(200)]
    hand_over_all(
        [{"became": became, "at": OFFERED + timedelta(hours=n), "attributes": {"secret": n % 2}} for n, became in made]
    )
    assert fields_of(find().proposals[0].conditions) == {"attributes.secret"}
    assert find(roles=world.nora.roles).proposals == []


@pytest.mark.django_db
def test_any_rejections_may_be_looked_into(hand_over_all: HandOverAll) -> None:
    made = [(n, *(("accepted", "DE"), ("wrong_territory", "US"))[n % 2]) for n in range(120)]
    hand_over_all(
        [{"became": became, "at": OFFERED + timedelta(hours=n), "country": country} for n, became, country in made]
    )
    assert find().rejected == 0
    reason = Reason.objects.get(code="wrong_territory")
    [proposal] = find(Filter(reasons=(reason.pk,))).proposals
    assert proposal.conditions == ({"field": "country", "op": "is_not", "value": "US"},)
    assert find(Filter(reasons=(reason.pk,)), most=50).decided == 50


def test_a_threshold_takes_the_place_of_the_one_that_there_was() -> None:
    score, email = {"field": "score", "op": "at_least"}, {"field": "email", "op": "present", "value": True}
    fair, trade = ({"field": "source", "op": "is_not", "value": name} for name in ("fair", "trade_show"))
    assert changed([score | {"value": 40}, email, fair], [score | {"value": 60}, trade]) == [
        email,
        fair,
        score | {"value": 60},
        trade,
    ]


@pytest.mark.django_db
def test_a_draft_is_written_by_those_who_sign_it_and_on_what_is_in_force(world: World) -> None:
    conditions = [{"field": "score", "op": "at_least", "value": 60}]
    in_force = Definition.active(Stage.MQL)
    assert in_force is not None
    with pytest.raises(NotAllowed):
        draft_change(conditions, by=world.ada, seen=in_force.digest)
    for wrong, seen in ((conditions, "another"), ([], in_force.digest), ([{"field": "x"}], in_force.digest)):
        with pytest.raises(FactsRefused):
            draft_change(wrong, by=world.nora, seen=seen)


@pytest.mark.django_db
def test_a_criterion_let_those_through_whose_reason_is_about_it(db: None) -> None:
    """Where the rejection names the detail that was wrong, it speaks of that alone."""
    names = dict(Reason.objects.values_list("code", "pk"))
    territory, contact, other = names["wrong_territory"], names["bad_contact_data"], names["other"]
    criteria = [{"field": name, "op": "present", "value": True} for name in ("phone", "country")]
    rejections = [
        Pointing(territory, "", "pp", 5),
        Pointing(territory, "", "pf", 2),  # it did not meet what was asked for: nothing was let through
        Pointing(contact, "phone", "pp", 3),
        Pointing(contact, "email", "pp", 4),
        Pointing(contact, "", "up", 1),
        Pointing(other, "", "pp", 7),
    ]
    pointed = Pointed(criteria, rejections)
    country, phone = pointed.let_through()
    assert (country.condition["field"], country.met, country.about) == ("country", 20, 5)
    assert (phone.met, phone.about, phone.wrong, phone.unknown) == (21, 3, 3, 1)
    assert (country.reasons, phone.reasons) == ({territory: 5}, {contact: 3})
    assert pointed.unasked() == [Unasked("email", 5, {contact: 5})]
    assert pointed.unmapped == 7
