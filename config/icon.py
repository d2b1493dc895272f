"""The icon that a browser asks for where no page names one, like beside an answer of the API."""

from typing import Any

from django.templatetags.static import static
from django.views.generic import RedirectView


class Icon(RedirectView):
    """Leads to that of the console, whose address has the hash of its content once the files are collected."""

    def get_redirect_url(self, *args: Any, **kwargs: Any) -> str:  # noqa: ARG002 Django passes them
        return static("handoff/icon.svg")
