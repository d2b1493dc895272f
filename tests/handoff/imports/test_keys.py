"""Ids, phones and names in files: two people are never one, and one is never two."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest
from django.db import connection
from hypothesis import example, given
from hypothesis import strategies as st

from handoff.imports.kind import Row
from handoff.imports.run import KINDS, Wish, prepare
from handoff.reports.cells import safe_cell, unguarded
from leads.models import Campaign, ExternalId, Lead, Opportunity, Touch
from tests.handoff.imports.conftest import Import
from tests.world import World

pytestmark = pytest.mark.django_db
ROUNDED = """Record ID,Email,First Name
3.97792E+10,ann@example.com,Ann
3.97792E+10,ben@example.com,Ben
"3,97792E+10",cid@example.com,Cid
4E+10,dee@example.com,Dee
39779200001,eve@example.com,Eve
"""


def test_ids_that_a_spreadsheet_rounded_refuse_their_rows_with_the_way_out(bring_in: Import) -> None:
    done = bring_in("leads", ROUNDED)
    assert done.outcomes == ["refused"] * 4 + ["created"]
    assert "format the column as text and export again" in done.reasons[0]
    assert Lead.objects.get().name == "Eve"


@pytest.mark.parametrize("kind", ["touches", "outcomes", "pauses"])
def test_they_find_no_lead_either(bring_in: Import, world: World, kind: str) -> None:
    bring_in("leads", "Record ID,Email\n39779200001,ann@example.com\n")
    rest = {"touches": "channel,outcome,at", "outcomes": "won_at,amount,name", "pauses": "cause,from,until"}[kind]
    values = {
        "touches": "call,reached,2026-01-05",
        "outcomes": "2026-01-05,5,First",
        "pauses": "outage,2026-01-05,2026-01-06",
    }[kind]
    done = bring_in(kind, f"lead id,{rest}\n3.97792E+10,{values}\n", "--historical")
    assert done.outcomes == ["refused"]
    assert "rounded this id" in done.reasons[0]


def test_a_touch_whose_id_was_rounded_is_refused(bring_in: Import) -> None:
    bring_in("leads", "id,email\n1,ann@example.com\n")
    rows = "4.1E+11,ann@example.com,call,reached,2026-01-05\n4.1E+11,ann@example.com,call,reached,2026-01-06\n"
    done = bring_in("touches", f"touch_id,email,channel,outcome,at\n{rows}", "--historical")
    assert done.outcomes == ["refused", "refused"]
    assert not Touch.objects.exists()


def test_an_id_is_the_same_however_a_spreadsheet_writes_it(bring_in: Import) -> None:
    assert bring_in("leads", "id,name\n12,Ann\n").outcomes == ["created"]
    done = bring_in("leads", 'id,name\n12.0,Ann\n\'12,Ann\n"=""12""",Ann\n 12 ,Ann\n00012,Zoe\n')
    assert done.outcomes == ["unchanged"] * 4 + ["created"]
    assert sorted(ExternalId.objects.values_list("value", flat=True)) == ["00012", "12"]


def test_the_short_and_the_long_id_of_salesforce_meet(bring_in: Import) -> None:
    bring_in("leads", "Lead ID,Email,Last Name\n00Q5e00000AbCdE,ann@example.com,Ann\n", system="Salesforce")
    deals = "ConvertedLeadId,StageName,Amount,CloseDate\n00Q5e00000AbCdEEAV,Closed Won,5000,2026-03-01\n"
    done = bring_in("outcomes", deals, "--historical", "--map", "CloseDate=won_at", system="salesforce")
    assert done.outcomes == ["created"]
    assert Opportunity.objects.get().lead == Lead.objects.get()


def test_campaigns_and_touches_of_salesforce_meet_too(bring_in: Import) -> None:
    short, long = "7015e000001AbCd", "7015e000001AbCdAAK"
    Campaign.objects.create(name="Old", system="salesforce", external_id=short)
    bring_in("leads", f"id,name,campaign\n1,Ann,{long}\n2,Ben,{short}\n", system="salesforce")
    assert bring_in("campaigns", f"id,name\n{long},Spring\n{short},Spring\n", system="salesforce").outcomes == [
        "updated",
        "unchanged",
    ]
    assert list(Campaign.objects.values_list("name", "external_id")) == [("Spring", long)]
    for touch_id, outcome in (("00T5e000001AbCd", "created"), ("00T5e000001AbCdEAK", "unchanged")):
        row = f"{touch_id},1,call,reached,2026-01-05\n"
        done = bring_in("touches", f"touch_id,lead id,channel,outcome,at\n{row}", "--historical", system="salesforce")
        assert done.outcomes == [outcome]


def test_a_campaign_whose_id_was_rounded_gets_no_leads(bring_in: Import) -> None:
    done = bring_in("leads", "id,name,campaign\n1,Ann,7.01E+14\n2,Ben,7.01E+14\n")
    assert done.outcomes == ["created", "created"]
    assert "campaign: The spreadsheet has rounded this id" in done.reasons[0]
    assert not Campaign.objects.exists()


def test_people_keep_their_names(bring_in: Import) -> None:
    rows = ["1,Jennifer,Null", "2,Nil,Blank", "3,None,None", "4,n/a,Stone", "5,Select,", "6,null,null"]
    done = bring_in("leads", "\n".join(["id,First Name,Last Name", *rows, ""]))
    assert done.outcomes == ["created", "created", "refused", "created", "created", "refused"]
    assert sorted(Lead.objects.values_list("name", flat=True)) == ["Jennifer Null", "Nil Blank", "Select", "Stone"]
    assert bring_in("leads", "id,name\n7,Null\n").outcomes == ["created"]


def test_a_row_of_placeholders_alone_is_no_lead(bring_in: Import) -> None:
    done = bring_in("leads", "id,email,name,company\nnull,null,Null,null\n-,-,-,-\nn/a,N/A,None,(none)\n")
    assert done.outcomes == ["refused"] * 3
    assert not Lead.objects.exists()


def test_a_row_with_an_id_and_nothing_else_makes_no_lead_but_may_name_one(bring_in: Import) -> None:
    done = bring_in("leads", "id,email,name\n1,,\n2,ben@example.com,Ben\n2,,\n")
    assert done.outcomes == ["refused", "created", "unchanged"]
    assert done.reasons[0] == "The row has an id and nothing else: a lead needs a name, an email or another fact."
    assert bring_in("leads", "id,name\n2,\n1,-\n").outcomes == ["unchanged", "refused"]


PHONES = "Full Name,Phone Number,Created\nAnn,+94 77 123 4567,2026-01-05 10:00\n"


def test_a_phone_alone_is_a_lead(bring_in: Import) -> None:
    for outcome in ("created", "unchanged"):
        done = bring_in("leads", PHONES)
        assert (done.status, done.outcomes, done.reasons) == (0, [outcome], [""])
    assert Lead.objects.get().phone == "+94 77 123 4567"
    spelled = "name,phone,country\nAnn,077 1234567,Sri Lanka\nAnn,p:+94771234567,\nBen,077 1234567,\nCid,,LK\n"
    for options in (["--dry-run"], []):
        done = bring_in("leads", spelled, *options)
        assert done.outcomes == ["updated", "unchanged", "refused", "refused"]
        assert "phone: “077 1234567” identifies no one without its country" in done.reasons[2]
        assert "Give an email or an external id, or at least a phone" in done.reasons[3]


def test_a_touch_finds_a_lead_by_its_phone(bring_in: Import) -> None:
    bring_in("leads", PHONES)
    rows = "+94771234567,,call,reached,2026-01-06\n"
    done = bring_in("touches", f"phone,email,channel,outcome,at\n{rows}", "--historical")
    assert done.outcomes == ["created"]


@pytest.mark.django_db(transaction=True)
def test_two_imports_of_one_phone_at_once_make_one_lead(tmp_path: Path) -> None:
    (tmp_path / "file.csv").write_text(PHONES)
    barrier = Barrier(4)

    def run(_: int) -> str:
        prepared = prepare(tmp_path / "file.csv", Wish(kind="leads", system="meta"))
        barrier.wait()
        try:
            [result] = KINDS["leads"].write([next(iter(prepared.rows))], prepared.reading)
            return result.outcome
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(run, range(4))) == ["created", "unchanged", "unchanged", "unchanged"]
    assert Lead.objects.count() == 1


GUARDED = st.text(alphabet="'=+-@＝\t\r \u200b\ufeffa1\"", max_size=8)


@given(GUARDED | st.text())
@example("'+49")
@example("''=1")
@example('="1"')
@example("'\t")
def test_what_was_guarded_comes_back_as_it_was(text: str) -> None:
    assert unguarded(safe_cell(text)) == text
    assert safe_cell(safe_cell(text)) in (safe_cell(text), f"'{safe_cell(text)}")


@pytest.mark.parametrize("text", ["+49 30 5550199", "-Minus GmbH", "=1+1", "@handle", "O'Hara", "'tis", "'", "'+49"])
def test_a_row_has_what_was_exported(text: str) -> None:
    assert Row(2, {"company": safe_cell(text)}).get("company") == text
    assert Row(2, {"company": safe_cell(text)}).prose("company") == text
    assert Row(2, {"company": safe_cell(text)}).name("company") == text


def test_a_guarded_file_of_any_kind_is_read(bring_in: Import) -> None:
    bring_in("leads", "id,email,company,phone,message\n'+1,ann@example.com,'-Minus,'+49 30 5550199,'=SUM\n")
    lead = Lead.objects.get()
    assert (lead.company, lead.phone) == ("-Minus", "+49 30 5550199")
    assert [str(each) for each in lead.external_ids.all()] == ["hubspot:+1"]
    bring_in("campaigns", "id,name,cost\n'-7,'+Spring,5\n")
    bring_in("touches", "id,lead id,channel,outcome,at,note\nt,'+1,call,reached,2026-01-05,'- asked for a demo\n")
    assert Touch.objects.get().note == "- asked for a demo"
