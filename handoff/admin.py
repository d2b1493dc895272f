"""Where Django's autodiscovery finds the pages of the console."""

from handoff.console import pages

__all__ = ["pages"]
