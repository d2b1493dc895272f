"""Columns are known by what the systems around us call them; what the user says wins."""

import pytest

from handoff.imports import leads
from handoff.imports.mapping import map_columns
from handoff.imports.table import Unreadable

HUBSPOT = "Record ID,First Name,Last Name,Email,Phone Number,Lead Status,Create Date,Associated Company,Country/Region"
SALESFORCE = (
    "Id,LastName,FirstName,Name,Title,Company,City,State,Country,Phone,MobilePhone,Email,LeadSource,Status,CreatedDate"
)
MARKETO = "id,firstName,lastName,email,company,title,phone,leadSource,leadScore,createdAt"
MARKETO_UI = "Id,First Name,Last Name,Email Address,Company Name,Job Title,Lead Score"
PARDOT = "email,firstName,lastName,company,jobTitle,phone,score,grade,source,campaignId"
META = "id,created_time,ad_id,campaign_id,campaign_name,form_id,is_organic,platform,full_name,phone_number,email"


@pytest.mark.parametrize(
    ("headers", "fields"),
    [
        (HUBSPOT, {"external_id", "first_name", "last_name", "email", "phone", "created_at", "company", "country"}),
        (
            SALESFORCE,
            {"external_id", "name", "first_name", "last_name", "title", "company", "country", "phone", "email"}
            | {"source", "created_at"},
        ),
        (
            MARKETO,
            {"external_id", "first_name", "last_name", "email", "company", "title", "phone", "source", "score"}
            | {"created_at"},
        ),
        (MARKETO_UI, {"external_id", "first_name", "last_name", "email", "company", "title", "score"}),
        (PARDOT, {"email", "first_name", "last_name", "company", "title", "phone", "score", "source", "campaign"}),
        (META, {"external_id", "created_at", "campaign", "name", "phone", "email"}),
        (SALESFORCE.upper(), set(map_columns(SALESFORCE.split(","), leads.ALIASES).positions)),
    ],
    ids=["hubspot", "salesforce", "marketo", "marketo lists", "pardot", "meta", "data loader"],
)
def test_the_headers_of_the_systems_around_us_are_known(headers, fields):
    assert set(map_columns(headers.split(","), leads.ALIASES).positions) == fields


def test_what_the_user_says_wins():
    columns = map_columns(["Email", "Work mail", "Origin"], leads.ALIASES, ["work_MAIL=email", "Origin="])
    assert columns.positions == {"email": 1}


def test_a_header_may_hold_an_equals_sign():
    assert map_columns(["a=b"], leads.ALIASES, ["a=b=email"]).positions == {"email": 0}


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("mql_id=external_id", "the file has no column “mql_id”; it has Email, Name"),
        ("Email=mail", "there is no field “mail”; use one of external_id, email, "),
        ("Email=state", "there is no field “state”.* A state is moved by the verbs, never set"),
        ("Email", "write it as HEADER=field"),
    ],
)
def test_what_cannot_be_mapped_is_told(said, words):
    with pytest.raises(Unreadable, match=words):
        map_columns(["Email", "Name", ""], leads.ALIASES, [said])


def test_two_columns_for_one_field_are_told():
    with pytest.raises(Unreadable, match="two columns to “email”: Email and Mail"):
        map_columns(["Email", "Mail"], leads.ALIASES, ["Email=email", "Mail=email"])
