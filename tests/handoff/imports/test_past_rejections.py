"""Rejections of the past are kept as they were: at their moments, for their reasons, and without evidence."""

from datetime import UTC, date, datetime

import pytest

from handoff.models import Delivery, Rejection
from handoff.reports.funnel import By, funnel
from leads.models import Lead, Reason, State
from tests.handoff.imports.conftest import Import
from tests.world import MONDAY, World, assert_consistent, bring_to, make_lead

pytestmark = pytest.mark.django_db
CAPTURED = datetime(2025, 1, 1, tzinfo=UTC)
HEADER = "email,rejected_at,Lost Reason"


@pytest.fixture
def ann(world: World) -> Lead:
    return make_lead("Ann Lee", email="ann@buyer.example", created_at=CAPTURED, entered_at=CAPTURED)


def file(*rows: str, header: str = HEADER) -> str:
    return "\n".join((header, *(f"ann@buyer.example,2025-02-{day:02},{rest}" for day, rest in enumerate(rows, 1)), ""))


@pytest.mark.usefixtures("ann")
class TestReasons:
    MAP = ("--historical",)

    @pytest.mark.parametrize(
        "reason", ["unresponsive", "Bad contact data", "not now", "other", "duplicate", "Packet insufficient"]
    )
    def test_no_evidence_is_demanded_of_history(self, bring_in: Import, reason: str) -> None:
        done = bring_in("outcomes", file(reason), *self.MAP)
        assert (done.outcomes, done.reasons) == (["created"], [""])
        rejection = Rejection.objects.get()
        assert (rejection.at, rejection.from_state) == (datetime(2025, 2, 1, tzinfo=UTC), State.RAW)
        assert bring_in("outcomes", file(reason), *self.MAP).outcomes == ["unchanged"]
        assert not Delivery.objects.exists()
        assert_consistent()

    def test_words_of_another_system_are_mapped(self, bring_in: Import) -> None:
        done = bring_in("outcomes", file("Too small"), *self.MAP, "--value", "Lost Reason:Too small=not_our_customer")
        assert done.reasons == [""]
        assert Rejection.objects.get().reason.code == "not_our_customer"

    def test_unmapped_words_are_kept_as_other_with_a_warning(self, bring_in: Import) -> None:
        done = bring_in("outcomes", file("Went dark"), *self.MAP)
        rejection = Rejection.objects.get()
        assert (rejection.reason.code, rejection.note) == ("other", "Went dark")
        assert "“Went dark” is not a reason of the list: it is kept as “Other”" in done.reasons[0]
        assert bring_in("outcomes", file("Went dark"), *self.MAP).outcomes == ["unchanged"]
        assert "1 x warning: “Went dark” is not a reason" not in done.errors  # one row is not summed up

    def test_or_as_the_reason_that_is_chosen_for_them(self, bring_in: Import) -> None:
        bring_in("outcomes", file("Went dark"), *self.MAP, "--set", "other_reason=unresponsive")
        rejection = Rejection.objects.get()
        assert (rejection.reason.code, rejection.note) == ("unresponsive", "Went dark")

    def test_a_reason_that_is_none_cannot_be_chosen(self, bring_in: Import) -> None:
        done = bring_in("outcomes", file("Went dark"), *self.MAP, "--set", "other_reason=nonsense")
        assert done.outcomes == ["refused"]
        assert "other_reason: “nonsense” is not a reason: choose one of" in done.reasons[0]

    def test_strictly_they_are_refused(self, bring_in: Import) -> None:
        done = bring_in("outcomes", file("Went dark"), *self.MAP, "--strict")
        assert (done.outcomes, Rejection.objects.count()) == (["refused"], 0)

    def test_a_reason_that_is_retired_since_is_kept(self, bring_in: Import) -> None:
        Reason.objects.filter(code="wrong_territory").update(retired_at=MONDAY)
        assert bring_in("outcomes", file("Wrong territory"), *self.MAP).reasons == [""]

    def test_the_note_and_what_else_is_on_record_stay_with_it(self, bring_in: Import) -> None:
        header = "email,rejected_at,reason,note,retry_on,wrong_field,duplicate_of"
        bring_in("outcomes", file("Went dark,Tried twice,2025-03-01,email,99", header=header), "--historical")
        rejection = Rejection.objects.get()
        assert rejection.note == "Went dark Tried twice"
        assert rejection.evidence == {"retry_on": "2025-03-01", "wrong_field": "email"}

    def test_a_recycled_lead_is_raw_again_and_its_rejection_answered(self, bring_in: Import) -> None:
        header = "email,rejected_at,reason,recycled_at"
        recycled = file("not now,2025-02-20", header=header)
        assert bring_in("outcomes", recycled, "--historical").outcomes == ["created"]
        lead, rejection = Lead.objects.get(), Rejection.objects.get()
        assert (lead.state, rejection.answer) == (State.RAW, "recycle")
        assert rejection.answered_at == datetime(2025, 2, 20, tzinfo=UTC)
        assert bring_in("outcomes", recycled, "--historical").outcomes == ["unchanged"]
        assert_consistent()


def test_from_the_stage_in_which_it_stood(bring_in: Import, ann: Lead) -> None:
    header = "external_id,email,created_at,mql_at,rejected_at,reason"
    row = "1,ann@buyer.example,2025-01-01,2025-01-05,2025-02-01,not_now"
    assert bring_in("leads", f"{header}\n{row}\n").reasons == [""]
    ann.refresh_from_db()
    assert (ann.state, ann.handoffs.get().decision) == (State.REJECTED, "rejected")
    assert ann.rejections.get().from_state == State.MQL
    assert [(row.mql, row.sal) for row in funnel(By.SOURCE)] == [(1, 0)]
    assert bring_in("leads", f"{header}\n{row}\n").outcomes == ["unchanged"]
    assert_consistent()


@pytest.mark.usefixtures("ann")
def test_a_lead_status_that_is_dead_is_a_rejection(bring_in: Import) -> None:
    row = "Record ID,Email,Lifecycle Stage,Lead Status\n1,ann@buyer.example,Lead,Unqualified\n"
    done = bring_in("leads", row)
    assert "Nothing says why the lead was rejected: it is kept as “Other”." in done.reasons[0]
    lead = Lead.objects.get()
    assert (lead.state, lead.deals.count()) == (State.REJECTED, 0)
    assert bring_in("leads", row).outcomes == ["unchanged"]


def test_today_the_evidence_is_demanded_as_ever(bring_in: Import, ann: Lead, world: World) -> None:
    bring_to(State.MQL, ann, world)
    done = bring_in("outcomes", f"email,reason\n{ann.email},unresponsive\n")
    assert done.outcomes == ["refused"]
    assert "needs 3 logged touches" in done.reasons[0]


def test_a_date_to_come_back_is_kept_though_it_is_past(bring_in: Import, ann: Lead) -> None:
    bring_in(
        "outcomes", f"email,reason,rejected_at,retry_on\n{ann.email},not_now,2025-02-01,2025-03-01\n", "--historical"
    )
    ann.refresh_from_db()
    assert ann.reenter_on == date(2025, 3, 1)
