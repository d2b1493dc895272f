"""How the console looks: unfold's settings, as plain data."""

from collections.abc import Callable
from functools import partial
from typing import Any

from django.http import HttpRequest
from django.templatetags.static import static


def _address(_request: HttpRequest, name: str) -> str:
    return static(f"handoff/{name}")


def _files(*names: str) -> list[Callable[[HttpRequest], str]]:
    """As unfold asks for them, with each request: their addresses are not known when the settings are read."""
    return [partial(_address, name=name) for name in names]


UNFOLD: dict[str, Any] = {
    "SITE_TITLE": "Handoff",
    "SITE_HEADER": "Handoff",
    "SITE_SUBHEADER": "From marketing to sales, on time",
    "SITE_SYMBOL": "handshake",
    "SITE_URL": None,  # Handoff has no public site for a link to lead to
    "SHOW_HISTORY": False,
    "SHOW_VIEW_ON_SITE": False,
    "STYLES": _files("theme.css", "console.css", "frame.css", "answers.css", "mentions.css"),
    "SCRIPTS": _files("console.js", "frame.js", "palette.js", "picker.js", "answers.js", "mentions.js"),
    "SIDEBAR": {"navigation": "handoff.console.sidebar.navigation", "show_search": False, "command_search": False},
}
