"""The pictures of messages, for the servers of chats, which have no login."""

from django.http import Http404, HttpRequest, HttpResponse

from handoff.alerts.pictures import png_of


def show(request: HttpRequest, token: str) -> HttpResponse:  # noqa: ARG001
    png = png_of(token)
    if png is None:
        raise Http404
    return HttpResponse(png, content_type="image/png", headers={"Cache-Control": "private, max-age=86400"})
