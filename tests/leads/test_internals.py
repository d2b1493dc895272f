"""The contract with the libraries whose private API is used: an upgrade that changes it fails here first."""

import signal
from collections.abc import Iterator
from datetime import UTC, datetime
from queue import Queue
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.admin import sites
from django.contrib.sessions.backends.base import SessionBase
from django.db import connection, models
from django.db.models.query import ModelIterable
from django_fsm import ConcurrentTransition, ConcurrentTransitionMixin
from drf_spectacular.openapi import AutoSchema
from honcho.manager import Manager
from honcho.process import Process
from rest_framework import serializers

from handoff.console.frame.site import site
from leads.internals.processes import HookedManager, HookedProcess
from leads.internals.rows import fresh, keep_prefetched, mark_moved, mark_written, read
from leads.internals.serializers import DescribedAnswers, ReusableSerializer
from leads.internals.sessions import SessionStore
from leads.models import ExternalId, Lead, State, Touchpoint
from tests.world import make_lead

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


class Stop(Exception):
    """Raised by a hook, to show that it was called."""


def stop(*_args: Any, **_kwargs: Any) -> None:
    raise Stop


@pytest.mark.parametrize("model", [Lead, ExternalId, Touchpoint], ids=lambda model: model.__name__)
def test_a_fresh_row_is_as_the_model_makes_it(model: type[models.Model]) -> None:
    made, other = fresh(model), fresh(model)
    usual = vars(model())
    assert vars(made).keys() == usual.keys()
    for name in usual.keys() - {"_state", "created_at", "entered_at", "at", "recorded_at"}:
        assert type(vars(made)[name]) is type(usual[name])
        assert not isinstance(usual[name], dict) or name.startswith("_") or vars(made)[name] is not vars(other)[name]
    assert (made._state.adding, made._state.db, made._state.fields_cache) == (True, None, {})


def test_rows_are_read_as_the_orm_reads_them(db: None) -> None:
    lead = make_lead()
    [usual], [ours], [in_part] = Lead.objects.all(), read(Lead.objects.all()), read(Lead.objects.all(), ("id", "email"))

    assert {**vars(ours), "_state": None} == {**vars(usual), "_state": None}
    assert vars(ours._state) == vars(usual._state)
    assert vars(in_part).keys() == {"_state", "id", "email"}
    assert in_part.name == lead.name, "what was left out is read when it is asked for"


def test_django_the_marks_of_a_row() -> None:
    lead = Lead()
    assert (lead._state.adding, lead._state.db) == (True, None)

    mark_written(lead)

    assert (lead._state.adding, lead._state.db) == (False, "default")


def test_django_lists_that_were_prefetched(db: None, django_assert_num_queries: Any) -> None:
    lead = make_lead()
    points = [Touchpoint(lead=lead, kind="form", at=NOW)]

    keep_prefetched(lead, {"touchpoints": points})

    with django_assert_num_queries(0):
        assert list(lead.touchpoints.all()) == points


def test_django_models_are_made_from_a_compiler(db: None) -> None:
    """What `composed` gives ModelIterable instead of a queryset: tests/leads/test_composed.py does the rest."""
    make_lead()
    queryset: Any = Lead.objects.all()
    compiler = queryset.query.get_compiler(connection=connection)
    compiler.as_sql()
    assert callable(compiler.execute_sql)
    converters = compiler.get_converters([column[0] for column in compiler.select])
    assert {column.target.name for _, column in converters.values()} == {"attributes", "consent", "provenance"}
    assert queryset._known_related_objects == {}
    assert list(map(type, ModelIterable(queryset))) == [Lead]


def test_django_a_session_is_read_by_one_method(db: None, django_assert_num_queries: Any) -> None:
    assert issubclass(SessionStore, SessionBase)
    session = SessionStore()
    session["theme"] = "dark"
    session.save()

    with django_assert_num_queries(1):
        assert SessionStore(session.session_key)["theme"] == "dark"
    gone = SessionStore("no-such-key")
    assert dict(gone.load()) == {}
    assert gone.session_key is None


def test_django_all_pages_register_at_our_site() -> None:
    assert admin.site is sites.site is site
    assert admin.site.is_registered(Lead)


def test_fsm_a_row_that_moved_is_checked_against_its_state_of_now(db: None) -> None:
    lead, moved_meanwhile = make_lead(), make_lead("Lena Kurz")
    for row in (lead, moved_meanwhile):
        row.promote(NOW)
        models.QuerySet(Lead).filter(pk=row.pk).update(state=State.MQL)

    mark_moved(lead)
    lead.save()

    assert issubclass(Lead, ConcurrentTransitionMixin)
    with pytest.raises(ConcurrentTransition):
        moved_meanwhile.save()


def test_drf_the_fields_of_a_serializer_that_is_kept_see_the_context_of_the_call() -> None:
    class Greeting(ReusableSerializer):
        word = serializers.SerializerMethodField()

        def get_word(self, name: str) -> str:
            return f"{self.context['greeting']} {name}"

    kept = Greeting()

    assert kept.show("Ada", {"greeting": "Hello"}) == {"word": "Hello Ada"}
    assert kept.show("Ada", {"greeting": "Bye"}) == {"word": "Bye Ada"}


def test_spectacular_the_answers_of_an_operation_come_from_one_method(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(AutoSchema, "_get_response_bodies", lambda _self, _direction: {"200": {}})
    monkeypatch.setattr(DescribedAnswers, "with_problems", lambda _self, answers: answers | {"400": {}})

    assert DescribedAnswers()._get_response_bodies("response") == {"200": {}, "400": {}}


@pytest.fixture
def _signals_as_before() -> Iterator[None]:
    """honcho's loop takes the signals."""
    before = {name: signal.getsignal(name) for name in (signal.SIGTERM, signal.SIGINT)}
    yield
    for name, handler in before.items():
        signal.signal(name, handler)


@pytest.mark.usefixtures("_signals_as_before")
def test_honcho_a_manager_makes_our_processes_and_says_when_they_have_started() -> None:
    assert Manager()._process_ctor is Process
    manager = HookedManager(HookedProcess)
    manager.has_started = stop  # type: ignore[method-assign]

    with pytest.raises(Stop):
        manager.loop()

    assert isinstance(manager.add_process("web", "true"), HookedProcess)


def test_honcho_a_process_starts_its_program_by_our_function() -> None:
    process = HookedProcess("true", name="web")
    process.start_program_by(stop)

    with pytest.raises(Stop):
        process.run(Queue())
