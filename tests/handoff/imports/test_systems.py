"""The system that wrote a file is known by headers that no other one has."""

import pytest

from handoff.imports.systems import recognise


@pytest.mark.parametrize(
    ("headers", "system"),
    [
        ("Record ID,First Name,Last Name,Email,Create Date,Country/Region", "hubspot"),
        ("Record ID - Contact,Email,Record ID - Company", "hubspot"),
        ("Deal Name,Deal Stage,Close Date,Amount,Associated Contact IDs", "hubspot"),
        ("Id,IsDeleted,LastName,Email,SystemModstamp", "salesforce"),
        ("Id,CampaignId,LeadId,ContactId,CreatedById,LastModifiedById", "salesforce"),
        ("(Do Not Modify) Lead,Topic,Created On", "dynamics"),
        ("Lead - ID,Person - Name", "pipedrive"),
        ("Deal - ID,Deal - Title,Person - Email", "pipedrive"),
        ("Record Id,Lead Owner,Created Time,Modified Time,Email", "zoho"),
        ("Potential Name,Closing Date,Stage", "zoho"),
        ("Email Address,MEMBER_RATING,OPTIN_TIME", "mailchimp"),
        ("EMAIL,EMAIL_BLACKLISTED,ADDED_TIME", "brevo"),
        ("id,firstname,position,date_added,points", "mautic"),
        ("id,created_time,ad_id,form_id,is_organic,platform,email", "meta"),
        ("Created,Name,Email,Source,Form,Channel,Stage,Owner,Labels", "meta"),
        ("First Name,Email Address,Creative ID,Form Name,Submitted At", "linkedin"),
        ("#,What is your email?,Submit Date (UTC),Network ID", "typeform"),
        ("Full Name,User Email,gclid,Campaign ID", "google_ads"),
    ],
)
def test_a_system_is_recognised(headers: str, system: str) -> None:
    assert recognise(headers.split(",")) == system


@pytest.mark.parametrize(
    "headers",
    [
        "First Name,Last Name,Email,Company Name,Phone Number,Date Added",
        "Lead ID,Lead Source,Lead Status,Email",
        "Full Name,Phone Number,Form Name,Campaign Name,Job Title",
        "Nom,Prenom,SMS,Email",
        "email,name,company",
        "id,email,name,phone,country,created_at",
        "Lead Status,Email",
        "Record ID,Email",
        "",
    ],
)
def test_what_could_be_anybody_s_is_not_guessed(headers: str) -> None:
    assert recognise(headers.split(",")) == ""


def test_salesforce_is_known_by_its_ids_too() -> None:
    headers = ["Lead ID", "Email"]
    assert recognise(headers, [("00Q5e00000AbCdE", "a@buyer.example")]) == "salesforce"
    assert recognise(headers, [("00Q5e00000AbCdEEAV", "a@buyer.example"), ("4711", "b@buyer.example")]) == ""
