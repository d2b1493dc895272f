"""Columns are known by what systems and languages call them, and by what is in them; what the user states wins."""

from collections.abc import Sequence

import pytest

from handoff.imports import leads, outcomes, touches
from handoff.imports.headers import How
from handoff.imports.mapping import Columns, map_columns
from handoff.imports.unreadable import Unreadable

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
            | {"mobile_phone"}
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
def test_the_headers_of_the_systems_around_us_are_known(headers: str, fields: set[str]) -> None:
    assert set(map_columns(headers.split(","), leads.ALIASES).positions) == fields


OF_LEADS = {
    "external_id": "Record ID - Contact|Contact ID|Prospect ID|mql_id|(Do Not Modify) Lead|Datensatz-ID|User ID|"
    "Lead - ID",
    "email": "User email|Person - Email|Person - Email - Work|What is your email?|E-Mail-Adresse|Correo electrónico|"
    "Adresse e-mail|Indirizzo e-mail|Endereço de e-mail|E-mailadres|Adres e-mail|E-postadress|メールアドレス",
    "phone": "contact_phone|Lead Phone|"
    "Mobile|Business Phone|User phone|SMS|Phone number (recommended)|Téléphone|Número de teléfono|"
    "Phone (work)|Telefonnummer|Numero di telefono|Telefoonnummer|Numer telefonu|電話番号|Person - Phone - Mobile",
    "company": "Company / Account|CompanyOrAccount|Organization - Name|Unternehmensname|Entreprise|Empresa|Azienda|"
    "Bedrijfsnaam|Nazwa firmy|Företag|会社名|Company name",
    "title": "Designation|Jobtitel|Poste|Cargo|Position|Functie|Stanowisko|Befattning|Qualifica|役職|"
    "Person - Job title",
    "country": "Land/Region|País|Pays|Paese|Land|Kraj|国|Organization - Country",
    "source": "Marketing Channel|Ursprüngliche Quelle|Fuente|Fonte originale|Bron|Źródło|Källa|Origine|リードソース",
    "campaign": "Source Campaign|Acquisition Program|Form|Kampagne|Campagne|Campaña|Campanha|Kampania|キャンペーン",
    "created_at": "Created On|Date Created|date_added|ADDED_TIME|OPTIN_TIME|Submitted At|Submit Date (UTC)|"
    "Submission time|Lead_Date|Erstellungsdatum|Date de création|Fecha de creación|Signed up|"
    "Lead - Lead created|Aanmaakdatum|Data di creazione|Data de criação|Data utworzenia|Skapad|作成日|Timestamp",
    "score": "points|Lead Score|Punkte|Puntuación",
    "first_name": "lead_first_name|properties.firstname|Contact First Name|2. First Name|"
    "Vorname|Prénom|Nombre|Voornaam|Imię|Förnamn|名|What's your first name?",
    "last_name": "Nachname|Nom|Apellidos|Cognome|Achternaam|Nazwisko|Efternamn|姓|And your last name?",
}
OF_OUTCOMES = {
    "email": "Associated Contact Email",
    "closed_at": "conversion_date|Closing Date|Closed Date|Abschlussdatum|Date de clôture",
    "won_at": "Sale_Date|Won time",
    "amount": "opportunity_value|Sale_Value_AED|Betrag|Montant|Deal - Value",
    "name": "Potential Name|Deal Name|Deal - Title",
    "deal_stage": "StageName|Deal Stage|Opportunity Stage|Verkaufsphase",
    "deal_status": "Deal - Status|Opportunity Status",
    "is_won": "IsWon|Converted",
    "is_closed": "IsClosed",
    "lead_status": "Lead Status|Lead - Status",
    "state": "Stage|Outcome",
    "deal_owner": "Deal Owner|Opportunity Owner",
}
OF_TOUCHES = {
    "touch_id": "EVENTID|Activity ID",
    "at": "Call Start Time|Start DateTime|StartDateTime|event_date|Activity Date",
    "outcome": "Meeting Outcome|Call Result",
    "note": "Notes/Description|Subject",
}


@pytest.mark.parametrize(
    ("kind", "field", "header"),
    [
        (kind, field, header)
        for kind, table in (("leads", OF_LEADS), ("outcomes", OF_OUTCOMES), ("touches", OF_TOUCHES))
        for field, headers in table.items()
        for header in headers.split("|")
    ],
)
def test_the_words_of_systems_and_languages_are_known(kind: str, field: str, header: str) -> None:
    aliases = {"leads": leads.ALIASES, "outcomes": outcomes.ALIASES, "touches": touches.ALIASES}[kind]
    assert map_columns([header], aliases, kind=kind).positions == {field: (0,)}


def mapped(headers: str, *rows: str, kind: str = "leads", stated: Sequence[str] = ()) -> Columns:
    aliases = {"leads": leads.ALIASES, "outcomes": outcomes.ALIASES, "touches": touches.ALIASES}[kind]
    return map_columns(headers.split(","), aliases, stated, kind=kind, rows=[row.split(",") for row in rows])


def test_of_several_columns_the_first_that_is_not_empty_in_a_row_counts() -> None:
    columns = mapped("Mobile,Phone,Company Name,Company name,Email,Email")
    assert columns.positions == {"phone": (1,), "mobile_phone": (0,), "company": (2, 3), "email": (4, 5)}
    assert dict(columns.cells(["+49 1", "", "", "Foxworks", "n/a", "dana@buyer.example"])) == {
        "phone": "",
        "mobile_phone": "+49 1",
        "company": "Foxworks",
        "email": "dana@buyer.example",
    }
    assert columns.cells(["1", "2", "A", "B", "a@buyer.example", ""])["phone"] == "2"


def test_a_short_row_is_empty_where_it_ends() -> None:
    cells = mapped("Email,Phone,Mobile").cells(["a@buyer.example"])
    assert dict(cells) == {"email": "a@buyer.example", "phone": "", "mobile_phone": ""}


def test_the_id_of_something_else_is_not_that_of_the_lead() -> None:
    columns = mapped("Id,CampaignId,LeadId,ContactId,CreatedDate,Email", "00v1,701,00Q1,,2026-01-01,a@buyer.example")
    assert columns.positions["external_id"] == (2, 3)
    assert "created_at" not in columns.positions
    assert columns.left_out == {0: "is that of the campaign member", 4: "is that of the campaign member"}


def test_a_file_of_deals_says_nothing_of_the_capture_of_its_leads() -> None:
    columns = mapped("Lead Id,Potential Name,Stage,Created Time,Lead Source,Campaign Name")
    assert set(columns.positions) == {"external_id", "campaign"}


def test_ids_that_many_rows_share_are_those_of_owners() -> None:
    rows = [f"7,{name}@buyer.example" for name in ("ann", "ben", "cid", "dan")]
    assert mapped("User ID,Email", *rows).positions == {"email": (1,)}
    distinct = [f"{number},{number}@buyer.example" for number in range(4)]
    assert mapped("User ID,Email", *distinct).positions == {"external_id": (0,), "email": (1,)}


def test_a_state_of_the_usa_is_no_outcome() -> None:
    assert mapped("Id,Email,State", "1,a@buyer.example,ME", kind="outcomes").positions.get("state") is None
    columns = mapped("Id,Email,State,Status", "1,a@buyer.example,ME,Qualified", kind="outcomes")
    assert (columns.positions.get("state"), columns.positions["status"]) == (None, (3,))
    assert columns.left_out == {2: "has regions"}


def test_what_stands_for_a_field_counts_only_where_no_column_has_it() -> None:
    assert mapped("Email,Form,Campaign ID").positions == {"email": (0,), "campaign": (2,)}
    assert mapped("Email,Form").positions == {"email": (0,), "campaign": (1,)}
    assert mapped("Email,Lead Origin,Lead Source").positions == {"email": (0,), "source": (2,)}


def test_a_salutation_is_no_job_title() -> None:
    columns = mapped("email,title,position", "a@buyer.example,Ms,CTO", "b@buyer.example,Mr.,", "c@buyer.example,,CEO")
    assert columns.positions["title"] == (2,)
    assert mapped("email,title,position", "a@buyer.example,CTO,").positions["title"] == (1, 2)


def test_the_name_of_the_person_is_not_that_of_the_deal() -> None:
    assert "name" not in mapped("Id,First Name,Last Name,Name,Status", kind="outcomes").positions
    assert mapped("Id,Name,Deal Name,Stage", kind="outcomes").positions["name"] == (2,)
    assert mapped("Deal - Title,Person - ID,Person - Name", kind="outcomes").positions["name"] == (0,)
    assert mapped("Id,Name,StageName,Amount", kind="outcomes").positions["name"] == (1,)
    assert mapped("external_id,won_at,name", kind="outcomes").positions["name"] == (2,)


def test_the_title_of_a_lead_is_no_job_and_the_advertiser_no_company() -> None:
    assert mapped("Lead - ID,Lead - Title").positions == {"external_id": (0,)}
    assert mapped("Lead ID,Account Name,Creative ID").positions == {"external_id": (0,)}
    assert mapped("Contact ID,Account Name").positions == {"external_id": (0,), "company": (1,)}


def test_beside_a_first_name_alone_name_is_the_family_name() -> None:
    assert set(mapped("Vorname,Name", "Dana,Fox").positions) == {"first_name", "last_name"}
    assert set(mapped("Vorname,Name", "Dana,Dana Fox").positions) == {"first_name", "name"}


def test_in_an_export_of_deals_the_id_of_the_record_is_that_of_the_deal() -> None:
    deals = mapped("Record ID,Deal Name,Deal Stage,Create Date,Associated Contact Email", kind="outcomes").positions
    assert (deals["deal_id"], deals["opened_at"], deals.get("external_id")) == ((0,), (3,), None)
    assert mapped("Id,StageName,ConvertedLeadId", kind="outcomes").positions["deal_id"] == (0,)
    of_leads = mapped("Record ID,Lead Status,Create Date,Email", kind="outcomes").positions
    assert of_leads.keys() == {"external_id", "lead_status", "email"}


def test_a_header_may_name_the_currency() -> None:
    columns = mapped("Id,Sale_Value_AED,Sale_Date", kind="outcomes")
    assert columns.cells(["1", "5", "2026-01-01"])["currency"] == "AED"
    assert mapped("Id,Amount (EUR),Currency", kind="outcomes").implied == {}


def test_a_list_of_calls_implies_its_channel() -> None:
    assert mapped("Lead Id,Call Start Time,Call Result", kind="touches").implied == {"channel": "call"}
    assert mapped("Lead Id,Start DateTime,Venue", kind="touches").implied == {"channel": "meeting"}
    assert mapped("Lead Id,Call Result,Activity Type", kind="touches").implied == {}
    assert mapped("Lead Id,Activity Date", kind="touches").implied == {}


# --- by content -------------------------------------------------------------------------------------------------------


ROWS = (
    "dana@buyer.example,+49 30 5550102,Germany,2026-01-15 09:14,Dana",
    "emil@buyer.example,+1 (555) 010-0199,France,2026-01-16 10:00,Emil",
)


def test_what_is_unmistakable_is_a_field_though_no_header_says_so() -> None:
    columns = mapped("A,B,C,D,E", *ROWS)
    assert columns.positions == {"email": (0,), "phone": (1,), "country": (2,), "created_at": (3,)}
    assert {choice.how for choice in columns.choices} == {How.CONTENT}


@pytest.mark.parametrize(
    ("headers", "rows"),
    [
        ("A,B", ("a@buyer.example,b@buyer.example",)),
        ("Owner,Name", ("ada@us.example,Dana",)),
        ("A,Name", ("a@buyer.example,Dana", "n.a. (see notes),Emil")),
        ("A,Name", ("12345678,Dana",)),
        ("A,Name", ("2026-01-15,Dana",)),
        ("Birthday,Name", ("1980-01-15 00:00,Dana",)),
        ("Last modified,Name", ("2026-01-15 00:00,Dana",)),
        ("A,Name", ("Georgia,Dana", "Georgia,Emil")),
        ("A,Name", ("DE,Dana", "FR,Emil")),
        ("A,Name", (",Dana",)),
    ],
)
def test_what_is_in_doubt_is_not_guessed(headers: str, rows: tuple[str, ...]) -> None:
    assert set(mapped(headers, *rows).positions) <= {"name"}


def test_a_field_that_a_header_names_is_not_guessed_again() -> None:
    assert mapped("Email,Other", "a@buyer.example,b@buyer.example").positions == {"email": (0,)}


# --- stated and remembered --------------------------------------------------------------------------------------------


def test_what_the_user_says_wins() -> None:
    columns = map_columns(["Email", "Work mail", "Origin"], leads.ALIASES, ["work_MAIL=email", "Origin="])
    assert columns.positions == {"email": (1,)}


def test_a_header_may_hold_an_equals_sign() -> None:
    assert map_columns(["a=b"], leads.ALIASES, ["a=b=email"]).positions == {"email": (0,)}


def test_what_is_remembered_wins_over_names_and_loses_to_what_is_stated() -> None:
    remembered = {"Email": "", "Work mail": "email", "Phone": "phone", "Mobile": "phone", "Gone": "title"}
    headers = ["Email", "Work mail", "Phone", "Mobile", "Company"]
    columns = map_columns(headers, leads.ALIASES, remembered=remembered)
    assert columns.positions == {"email": (1,), "phone": (2, 3), "company": (4,)}
    columns = map_columns(headers, leads.ALIASES, ["Email=email"], remembered=remembered)
    assert columns.positions == {"email": (0,), "phone": (2, 3), "company": (4,)}


@pytest.mark.parametrize(
    ("stated", "words"),
    [
        ("mql_id=external_id", "the file has no column “mql_id”; it has Email, Name"),
        ("Email=mail", "“mail” is not a valid field: use one of external_id, email, "),
        ("Email=state", "“state” is not a valid field.* A state is moved by the verbs, never set"),
        ("Email", "write it as HEADER=field"),
    ],
)
def test_what_cannot_be_mapped_is_refused(stated: str, words: str) -> None:
    with pytest.raises(Unreadable, match=words):
        map_columns(["Email", "Name", ""], leads.ALIASES, [stated])


def test_two_columns_stated_for_one_field_are_refused() -> None:
    with pytest.raises(Unreadable, match="two columns to “email”: Email and Mail"):
        map_columns(["Email", "Mail"], leads.ALIASES, ["Email=email", "Mail=email"])
