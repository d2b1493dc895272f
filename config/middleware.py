"""What surrounds every request: who calls, no body for HEAD, no cache for the API."""

import ipaddress
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware

from leads.models import Transition

Handler = Callable[[HttpRequest], HttpResponseBase]
# All that names the caller, the host or the scheme in somebody else's words; each is believed by some library.
CLAIMS = (
    "HTTP_CF_CONNECTING_IP",
    "HTTP_CLIENT_IP",
    "HTTP_FASTLY_CLIENT_IP",
    "HTTP_FORWARDED",
    "HTTP_FORWARDED_FOR",
    "HTTP_TRUE_CLIENT_IP",
    "HTTP_VIA",
    "HTTP_X_CLIENT_IP",
    "HTTP_X_CLUSTER_CLIENT_IP",
    "HTTP_X_FORWARDED",
    "HTTP_X_FORWARDED_FOR",
    "HTTP_X_FORWARDED_HOST",
    "HTTP_X_FORWARDED_PORT",
    "HTTP_X_REAL_IP",
)


class CallerMiddleware:
    """The outermost: what is inside, the log and the lockout too, knows one address of the caller, REMOTE_ADDR.

    Behind proxies that is what the outermost of ours (TRUSTED_PROXIES) wrote into X-Forwarded-For; what stands further
    left the caller wrote. Without a proxy nothing that the caller claims is believed.
    """

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if settings.BEHIND_PROXY and (address := _forwarded_for(request)):
            request.META["REMOTE_ADDR"] = address
        claims = CLAIMS if settings.BEHIND_PROXY else (*CLAIMS, "HTTP_X_FORWARDED_PROTO")
        for claim in claims:
            request.META.pop(claim, None)
        _shorten_request_id(request)
        return self.get_response(request)


class HeadMiddleware:
    """The answer to HEAD is that to GET without its body, which a client would read as its next answer."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if request.method == "HEAD":
            _drop_body(response)
        return response


class NoStoreMiddleware:
    """What the API answers is for one person and one moment: no cache keeps it."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if request.path_info.startswith("/api/"):
            response.setdefault("Cache-Control", "no-store")
        return response


class CompressionMiddleware(GZipMiddleware):
    """The pages of the console, compressed; files of its style and its scripts WhiteNoise has compressed before.

    What one reads of another's compressed pages by their length (BREACH) needs a secret and words of the attacker in
    one answer, asked for again and again with the reader's session. The one secret in a page is the token of its
    forms, which Django masks differently in each; no request that another site makes inside a page carries the
    session's cookie (SameSite=Lax); and each answer is longer by a random number of bytes, up to a hundred. The API is
    left as it is: its answers hold what others wrote, and programs that need it small can ask a proxy for that.
    """

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        if not response.get("Content-Type", "").startswith("text/html"):
            return response
        compressed: HttpResponseBase = super().process_response(request, response)
        return compressed


def _forwarded_for(request: HttpRequest) -> str | None:
    """What our outermost proxy saw; None when fewer proxies than ours have written anything."""
    entries = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")
    if len(entries) < settings.TRUSTED_PROXIES:
        return None
    return _address(entries[-settings.TRUSTED_PROXIES].strip())


def _address(text: str) -> str | None:
    """An address of `1.2.3.4`, `1.2.3.4:80`, `::1` or `[::1]:80`, as proxies write them."""
    host = text[1:].partition("]")[0] if text.startswith("[") else text
    host = host.partition(":")[0] if host.count(":") == 1 else host
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        return None


def _shorten_request_id(request: HttpRequest) -> None:
    """As long as the history keeps it: so the log, the answer and the history say the same."""
    if request_id := request.META.get("HTTP_X_REQUEST_ID"):
        longest = Transition._meta.get_field("request_id").max_length
        request.META["HTTP_X_REQUEST_ID"] = request_id[:longest]


def _drop_body(response: HttpResponseBase) -> None:
    if isinstance(response, StreamingHttpResponse):
        response.streaming_content = ()  # what it would have read from is closed with the response, all the same
    elif isinstance(response, HttpResponse):
        if response.status_code not in (204, 304):
            response.setdefault("Content-Length", str(len(response.content)))
        response.content = b""
