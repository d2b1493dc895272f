"""docs/openapi.yaml is what the API says, and the API says what the forms of the facts say."""

from io import StringIO
from pathlib import Path

import pytest
import yaml
from django.conf import settings
from django.core.management import call_command
from rest_framework.test import APIClient

from handoff.workflow import CARDS
from leads.models import Verb

WRITTEN = Path(settings.BASE_DIR) / "docs" / "openapi.yaml"


def test_the_file_is_fresh():
    """If not: make schema."""
    out = StringIO()
    call_command("spectacular", "--validate", "--fail-on-warn", stdout=out)
    assert yaml.safe_load(out.getvalue()) == yaml.safe_load(WRITTEN.read_text())


@pytest.mark.parametrize("verb", Verb.values)
def test_each_verb_is_described_with_its_facts(verb: str):
    schemas = yaml.safe_load(WRITTEN.read_text())["components"]["schemas"]
    request = schemas[f"{verb.title()}Request"]
    fields = CARDS[verb].facts.base_fields
    assert set(request["properties"]) == {"verb", *fields}
    assert set(request["required"]) == {"verb", *(name for name, field in fields.items() if field.required)}
    assert {"$ref": f"#/components/schemas/{verb.title()}Request"} in schemas["VerbRequest"]["oneOf"]


def test_the_page_runs_no_script_that_stands_in_it(db: None):
    page = APIClient().get("/api/v1/docs/").content.decode()
    assert page.count("<script") == page.count("<script src=") == 3
