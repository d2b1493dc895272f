"""What every page may show."""

from django.http import HttpRequest

from handoff import __version__


def version(_request: HttpRequest) -> dict[str, str]:
    return {"handoff_version": __version__}
