"""People are called Null, Blank and Select; nobody is called “n/a”."""

import pytest

from leads.correct import correct, enter
from leads.facts import fact
from leads.identity import upsert
from leads.models import Lead, Via
from leads.normalise import normalise_email, normalise_name, normalise_text
from tests.world import World

PHONE = "+49 30 1234567"


@pytest.mark.parametrize(
    "name",
    ["Null", "Jennifer Null", "Nil Blank", "Nan", "Nan Stone", "None", "Select", "Empty", "Na", "Christopher None"],
)
def test_what_somebody_may_be_called_is_kept(name: str) -> None:
    assert normalise_name(name) == fact("name").clean(name) == name


@pytest.mark.parametrize(
    "text",
    [
        *("", " ", "-", "--", ".", "?", "n/a", "N/A", "#N/A", "(none)", "-None-", "[not provided]", "(not set)"),
        *("None None", "null null", "undefined", "undefined undefined", "n/a n/a", "#NAME?", "Please select"),
    ],
)
def test_what_nobody_is_called_is_no_name(text: str) -> None:
    assert normalise_name(text) == ""


@pytest.mark.parametrize("text", ["Null", "None", "Blank", "Select", "nil", "NaN"])
def test_other_facts_keep_the_words_for_nothing(text: str) -> None:
    assert normalise_text(text) == ""
    assert fact("company").clean(text) == fact("source").clean(text) == ""


@pytest.mark.parametrize(
    "text",
    [
        *("Ann <ann@example.com>", '"Fox, Ann" <ann@example.com>', "ann@example.com (Ann Fox)", "<Ann@Example.com>"),
        *("\u200bann@example.com", "ann\u200b@example.com", "ann@example.com\u200d", "\ufeffann@example.com\u00a0"),
        *("mailto:ann@example.com", "Ann Fox <mailto:ann@example.com>", "ann@example.com <ann@example.com>"),
    ],
)
def test_an_address_is_taken_out_of_its_header(text: str) -> None:
    assert normalise_email(text) == "ann@example.com"


@pytest.mark.django_db
def test_parts_make_a_whole_and_a_whole_is_never_cut() -> None:
    ann = upsert({"email": "ann@buyer.example", "first_name": "Ann", "last_name": "Fox"}).lead
    assert ann.name == "Ann Fox"
    correct(ann.pk, {"last_name": "Wolf"})
    ann.refresh_from_db()
    assert (ann.name, ann.first_name, ann.last_name) == ("Ann Wolf", "Ann", "Wolf")
    whole = upsert({"email": "ben@buyer.example", "name": "Ben van der Berg"}).lead
    assert (whole.first_name, whole.last_name) == ("", "")
    upsert({"email": "ben@buyer.example", "first_name": "Ben"})
    whole.refresh_from_db()
    assert (whole.name, whole.first_name) == ("Ben van der Berg", "Ben")


@pytest.mark.django_db
def test_one_part_alone_is_the_name_until_more_is_known() -> None:
    lead = upsert({"email": "ann@buyer.example", "last_name": "Null"}).lead
    assert lead.name == "Null"
    upsert({"email": "ann@buyer.example", "first_name": "Ann"})
    lead.refresh_from_db()
    assert lead.name == "Ann Null"


@pytest.mark.django_db
def test_a_name_that_was_typed_in_as_parts_follows_them(world: World) -> None:
    for typed in ("", "Dana Fox"):
        lead = enter(Lead(name=typed, first_name="Dana", last_name="Fox", phone=PHONE), by=world.mia, door=Via.CONSOLE)
        assert lead.name == "Dana Fox"
        assert "name" not in lead.provenance
        assert correct(lead.pk, {"last_name": "Wolf"}, by=world.ada).name == "Dana Wolf"
        lead.delete()


@pytest.mark.django_db
def test_a_name_that_was_typed_in_as_a_whole_stays(world: World) -> None:
    lead = enter(Lead(name="D. Fox", last_name="Fox", phone=PHONE), by=world.mia, door=Via.CONSOLE)
    assert lead.provenance["name"]["by"] == world.mia.pk
    assert correct(lead.pk, {"last_name": "Wolf"}).name == "D. Fox"
