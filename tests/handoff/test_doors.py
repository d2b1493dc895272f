"""Whatever a caller sends as X-Request-ID, the verb is done, and the history keeps what fits of it."""

from unittest.mock import patch

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from handoff import workflow
from handoff.doors import door
from leads.models import Via
from tests.world import World, make_lead


@given(sent=st.text(max_size=200))
def test_any_request_id_fits_the_column(sent: str) -> None:
    with patch.object(structlog.contextvars, "get_contextvars", return_value={"request_id": sent}):
        kept = door(Via.API).request_id
    assert len(kept) <= 64
    assert kept == "" or kept.isprintable()


@pytest.mark.parametrize("sent", ["x" * 65, "a\0b", "\ud800" * 70, "é" * 4000])
def test_the_history_keeps_what_fits(world: World, sent: str) -> None:
    with patch.object(structlog.contextvars, "get_contextvars", return_value={"request_id": sent}):
        transition = workflow.comment(make_lead().pk, by=world.mia, door=door(Via.CONSOLE), text="Hello.")
    transition.refresh_from_db()
    assert transition.request_id in sent.replace("\0", "").replace("\ud800", "") + "x"
