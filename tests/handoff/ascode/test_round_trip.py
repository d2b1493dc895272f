"""A file takes the agreement from one installation to another, and loses nothing on the way."""

from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from handoff.ascode import document
from handoff.ascode.exporting import PEOPLE, export
from handoff.ascode.kinds import KINDS
from handoff.ascode.writing import write
from handoff.models import Destination
from leads.models import Attribute, Definition, HandoffRules, Reason
from leads.normalise import is_storable
from sla.models import Calendar, Policy
from tests.handoff.ascode.conftest import SECRET


def test_an_export_of_an_export_is_the_same_bytes(exported: str, apply: Any) -> None:
    apply(exported)
    assert export() == exported


def test_the_rows_are_the_same_and_not_only_their_text(exported: str, apply: Any) -> None:
    apply(exported)
    assert Policy.objects.filter(retired_at=None).count() == 16
    accept = Policy.objects.get(key="accept")
    assert [(step.percent, step.after_seconds, step.does) for step in accept.ladder][-1] == (100, 8 * 3600, "reassign")
    assert Calendar.objects.get(key="berlin").holidays.exists()
    assert Calendar.objects.get(key="always").special_names == {"2026-12-31": "Stocktaking (yearly)"}
    assert Reason.objects.get(code="spam_or_test").retired_at
    assert Reason.objects.get(code="not_our_customer").concerns == ["score", "attributes.employees"]
    assert Attribute.objects.get(key="employees").archived_at
    rules = HandoffRules.objects.get(active_from=None)
    assert (rules.version, rules.recycle_limit, rules.needs_evidence, rules.cool_off_days) == (2, 2, True, 0)
    assert Attribute.objects.get(key="industry").choices[-1]["archived"]


def test_applied_again_it_changes_nothing(exported: str, apply: Any, plan: Any) -> None:
    assert len(plan(exported)) == len(apply(exported)) > 30
    assert apply(exported) == plan(exported) == []
    assert set(Policy.objects.values_list("version", flat=True)) == {1}
    assert Definition.objects.filter(stage="mql").count() == 2


def test_a_plan_writes_nothing(exported: str, plan: Any) -> None:
    before = export()
    assert plan(exported)
    assert export() == before
    assert not Calendar.objects.exists()


def test_no_secret_stands_in_the_file(exported: str, apply: Any) -> None:
    assert "secret" not in exported
    assert "env:HANDOFF_ADDRESS_CRM_WEBHOOK" in exported
    apply(exported)
    webhook = Destination.objects.get(name="CRM webhook")
    assert webhook.address == SECRET
    assert webhook.signing_secret not in ("", "whsec_top_secret")


def test_a_secret_that_is_not_given_is_kept_where_there_is_one(
    exported: str, apply: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    apply(exported)
    monkeypatch.delenv("HANDOFF_ADDRESS_CRM_WEBHOOK")
    assert apply(exported) == []
    assert Destination.objects.get(name="CRM webhook").address == SECRET


def test_the_people_can_be_left_out(exported: str, apply: Any) -> None:
    apply(exported)
    text = export(PEOPLE)
    assert "manager" not in text.replace("Manager by email", "").replace("audience: manager", "")
    assert apply(text) == []


def test_every_yaml_reader_reads_the_same(exported: str) -> None:
    """Other tools read times, dates and “no” as something else where they are not in quotes."""
    assert _plain(document.read(exported.encode())) == _without_format(yaml.safe_load(exported))


MISREAD = ("no", "NO", "09:00", "2026-12-24", "1e5", "0x1f", "012", "~", "=", "<<", "a: b", "a\n b\n", "- x")
TEXT = st.text(max_size=12).filter(is_storable) | st.sampled_from(MISREAD)


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.lists(TEXT | st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)))
def test_whatever_is_written_is_read_again(value: Any) -> None:
    assert document.read(f"format: 1\n{write({'value': value})}".encode())["value"] == value


def test_every_column_is_in_the_file_or_left_out_on_purpose() -> None:
    """A column that is added later is missed here, and not in production."""
    left_out = {
        "calendar": {"version", "holidays_from", "holidays_through", "retired_at", "created_at"},
        "attribute": {"archived_at"},
        "team": set(),
        "destination": {"signing_secret"},
        "policy": {"version", "retired_at", "mistake_at", "mistake_reason", "created_at"},
        "reason": {"retired_at"},
        "definition": {"version", "marketing_signatory", "sales_signatory", "active_from", "looked_to"},
    }
    otherwise = {"zone": "time_zone", "weekly": "week", "overrides": "special_days", "special_names": "special_days"}
    otherwise |= {"holiday_country": "holidays_of", "holiday_subdivision": "holidays_of", "synonyms": "in_files"}
    otherwise |= {"conditions": "segment", "position": "priority", "target_seconds": "target"}
    otherwise |= {"floor_seconds": "floor", "pause_budget_seconds": "pause_budget"}
    models = {kind.noun: kind for kind in KINDS}
    for model in (Calendar, Attribute, Destination, Policy, Reason, Definition):
        noun = model._meta.model_name or ""
        names = {value.name for value in models[noun].values}
        columns = {field.name for field in model._meta.concrete_fields} - {"id"} - left_out[noun]
        assert {name for name in columns if name not in names and otherwise.get(name) not in names} == set(), noun


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    return [_plain(each) for each in value] if isinstance(value, list) else value


def _without_format(values: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in values.items() if key != "format"}
