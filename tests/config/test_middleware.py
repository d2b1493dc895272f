"""What surrounds every request: no body for HEAD, one address of the caller, no cache for the API."""

from collections.abc import Iterator
from io import BytesIO
from typing import Any

import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.test import Client, RequestFactory

from config.middleware import CallerMiddleware, HeadMiddleware
from handoff.models import ApiToken
from leads.models import Role
from tests.world import World, person


@pytest.fixture(autouse=True)
def _keep_connection() -> Iterator[None]:
    """The end of a request would close the connection of the test."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


def ask(method: str, path: str, **variables: str) -> tuple[str, dict[str, str], bytes]:
    """As a web server does: Django's own test client drops the body of HEAD by itself."""
    answer: dict[str, Any] = {}

    def start(status: str, headers: list[tuple[str, str]], _exc_info: Any = None) -> Any:
        answer.update(status=status, headers=dict(headers))

    environ: dict[str, Any] = {
        "REQUEST_METHOD": method,
        "PATH_INFO": path,
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
    }
    environ |= {"SERVER_PROTOCOL": "HTTP/1.1", "wsgi.url_scheme": "http", "wsgi.input": BytesIO()} | variables
    body = b"".join(WSGIHandler()(environ, start))
    return answer["status"], answer["headers"], body


@pytest.mark.django_db
@pytest.mark.parametrize(
    "path", ["/livez", "/readyz", "/metrics", "/", "/console/login/", "/api/v1/me/", "/api/v1/none/", "/none/"]
)
def test_head_has_the_head_of_get_and_no_body(path: str) -> None:
    status, _, body = ask("GET", path)
    asked = ask("HEAD", path)
    assert asked[0] == status
    assert asked[2] == b""
    if path not in ("/console/login/", "/readyz"):  # the one has a token of another length, the other reads the time
        assert asked[1]["Content-Length"] == str(len(body))


@pytest.mark.django_db
def test_head_of_what_only_a_token_opens(world: World) -> None:
    token = f"Bearer {ApiToken.issue(world.ada)}"
    _, _, body = ask("GET", "/api/v1/me/", HTTP_AUTHORIZATION=token)
    status, headers, nothing = ask("HEAD", "/api/v1/me/", HTTP_AUTHORIZATION=token)
    assert (status, headers["Content-Length"], nothing) == ("200 OK", str(len(body)), b"")


def test_head_of_a_stream_reads_nothing_and_closes_it() -> None:
    events: list[str] = []

    class Rows:
        def __iter__(self) -> Iterator[bytes]:
            events.append("read")
            yield b"row"

        def close(self) -> None:
            events.append("closed")

    middleware = HeadMiddleware(lambda _request: StreamingHttpResponse(Rows()))
    response = middleware(RequestFactory().head("/"))
    assert b"".join(response) == b""
    response.close()
    assert events == ["closed"]


def caller(settings: Any, proxies: int, **headers: str) -> HttpRequest:
    settings.BEHIND_PROXY, settings.TRUSTED_PROXIES = proxies > 0, max(proxies, 1)
    seen: list[HttpRequest] = []
    request = RequestFactory().get("/", headers=headers, REMOTE_ADDR="10.0.0.9")

    def answer(passed_on: HttpRequest) -> HttpResponse:
        seen.append(passed_on)
        return HttpResponse()

    CallerMiddleware(answer)(request)
    return seen[0]


@pytest.mark.parametrize(
    ("proxies", "forwarded", "address"),
    [
        pytest.param(0, "6.6.6.6", "10.0.0.9", id="without a proxy nobody is believed"),
        pytest.param(1, "7.7.7.7", "7.7.7.7", id="what the proxy saw"),
        pytest.param(1, "6.6.6.6, 7.7.7.7", "7.7.7.7", id="what the caller wrote stands further left"),
        pytest.param(2, "6.6.6.6, 7.7.7.7, 10.0.0.1", "7.7.7.7", id="of two proxies the outer one"),
        pytest.param(2, "6.6.6.6", "10.0.0.9", id="past the outer proxy"),
        pytest.param(1, "7.7.7.7:4711", "7.7.7.7", id="with a port"),
        pytest.param(1, "[2001:db8::1]:4711", "2001:db8::1", id="IPv6 with a port"),
        pytest.param(1, "2001:db8::1", "2001:db8::1", id="IPv6"),
        pytest.param(1, "unknown", "10.0.0.9", id="not an address"),
        pytest.param(1, "", "10.0.0.9", id="no header"),
    ],
)
def test_the_address_of_the_caller(settings: Any, proxies: int, forwarded: str, address: str) -> None:
    request = caller(settings, proxies, **{"X-Forwarded-For": forwarded})
    assert request.META["REMOTE_ADDR"] == address
    assert "HTTP_X_FORWARDED_FOR" not in request.META


@pytest.mark.parametrize("header", ["X-Real-IP", "Forwarded", "Client-IP", "CF-Connecting-IP", "X-Forwarded-Host"])
@pytest.mark.parametrize("proxies", [0, 1])
def test_no_other_header_claims_an_address(settings: Any, proxies: int, header: str) -> None:
    request = caller(settings, proxies, **{header: "6.6.6.6"})
    assert request.META["REMOTE_ADDR"] == "10.0.0.9"
    assert header not in request.headers


def test_the_scheme_is_believed_behind_a_proxy_alone(settings: Any) -> None:
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    assert not caller(settings, 0, **{"X-Forwarded-Proto": "https"}).is_secure()
    assert caller(settings, 1, **{"X-Forwarded-Proto": "https"}).is_secure()


def test_the_log_has_the_address_that_is_believed(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    client.get("/none/", headers={"X-Forwarded-For": "6.6.6.6", "X-Real-IP": "6.6.6.6"})
    assert "'ip': '127.0.0.1'" in caplog.text
    assert "6.6.6.6" not in caplog.text


def test_a_long_request_id_is_cut_as_the_history_cuts_it(client: Client) -> None:
    assert client.get("/livez", headers={"X-Request-ID": "a" * 300}).headers["X-Request-ID"] == "a" * 64


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/api/v1/me/", "/api/v1/none/", "/api/v1/schema/", "/api/v1/leads/"])
def test_no_cache_keeps_an_answer_of_the_api(client: Client, path: str) -> None:
    for logged_in in (False, True):
        if logged_in:
            client.force_login(person("olga", Role.REVOPS))
        assert "no-store" in client.get(path).headers["Cache-Control"]
