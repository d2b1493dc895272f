"""`manage.py issue_token`: the token on stdout, and nothing else."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from handoff.models import ApiToken
from tests.world import World


def issue(*arguments: str) -> str:
    out = StringIO()
    call_command("issue_token", *arguments, stdout=out)
    return out.getvalue()


def test_it_prints_a_token_that_works(world: World):
    printed = issue("ada")
    assert ApiToken.bearer(printed.removesuffix("\n")) == world.ada


def test_earlier_tokens_stay_valid_unless_told_otherwise(world: World):
    first = issue("ada").strip()
    second = issue("ada").strip()
    assert ApiToken.bearer(first) == world.ada
    third = issue("ada", "--revoke-others").strip()
    assert [bool(ApiToken.bearer(token)) for token in (first, second, third)] == [False, False, True]


def test_an_unknown_user_gets_none(world: World):
    with pytest.raises(CommandError, match="“nobody” is not a username"):
        issue("nobody")


def test_an_inactive_user_gets_none_and_keeps_what_he_has(world: World):
    world.ada.is_active = False
    world.ada.save()
    with pytest.raises(CommandError, match="not active"):
        issue("ada", "--revoke-others")
    assert not ApiToken.objects.exists()
