"""The people of the tests, for every test of this folder."""

from tests.world import world

__all__ = ["world"]
