"""One POST: on kept connections, bounded in time and size, and silent about secrets."""

import logging
import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from pytest_httpserver import HTTPServer

from handoff.alerts.channels import TransportError, http
from handoff.alerts.channels.target import trusted

NOW = datetime(2026, 3, 9, 9, 42, tzinfo=UTC)


def post(server: HTTPServer, path: str = "/secret") -> http.Answer:
    return http.post(trusted(server.url_for(path)), {"a": 1}, {}, receiver="It")


@dataclass
class Keeping:
    """A server that keeps its connections, each for so many requests."""

    port: int
    requests_each: int
    connections: int = 0

    def serve(self, listener: socket.socket) -> None:
        with suppress(OSError):
            while True:
                peer, _ = listener.accept()
                self.connections += 1
                with peer, peer.makefile("rb") as requests:
                    for _ in range(self.requests_each):
                        while requests.readline().strip():
                            pass
                        requests.read(len(b"{}"))
                        peer.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")


@pytest.fixture(params=[3, 1])
def keeping(request: pytest.FixtureRequest) -> Iterator[Keeping]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = Keeping(listener.getsockname()[1], request.param)
        threading.Thread(target=server.serve, args=[listener], daemon=True).start()
        yield server
        listener.shutdown(socket.SHUT_RDWR)


def test_a_connection_is_kept_as_long_as_the_server_keeps_it(keeping: Keeping) -> None:
    for _ in range(3):
        answer = http.post(trusted(f"http://127.0.0.1:{keeping.port}/"), {}, {}, receiver="It")
        assert (answer.status, answer.body) == (200, b"ok")
    assert keeping.connections == 3 // keeping.requests_each


def test_a_redirect_is_not_followed(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/secret").respond_with_data("", 302, headers={"Location": "/latest/meta-data/"})
    assert post(httpserver).status == 302
    assert len(httpserver.log) == 1


def test_of_a_long_answer_no_more_is_read_than_is_needed(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/secret").respond_with_data(b"x" * 5_000_000)
    assert len(post(httpserver).body) == http.LONGEST_ANSWER


def test_a_packed_answer_is_not_unpacked(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/secret").respond_with_data(b"\x1f\x8bnonsense", headers={"Content-Encoding": "gzip"})
    assert post(httpserver).body == b"\x1f\x8bnonsense"


@pytest.fixture
def dripping() -> Iterator[int]:
    """A server that answers one byte after the other, each well within any timeout, for ever."""
    is_over = threading.Event()

    def drip(listener: socket.socket) -> None:
        with suppress(OSError):
            peer, _ = listener.accept()
            with peer:
                peer.recv(65536)
                peer.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 60000\r\n\r\n")
                while not is_over.wait(0.02):
                    peer.sendall(b"x")

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=drip, args=[listener], daemon=True).start()
        yield listener.getsockname()[1]
        is_over.set()


def test_an_answer_that_drips_is_cut_off(dripping: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "TIMEOUT", 0.3)
    answer = http.post(trusted(f"http://127.0.0.1:{dripping}/"), {}, {}, receiver="It")
    assert 0 < len(answer.body) < 60000


@pytest.mark.parametrize(
    ("header", "wait"),
    [
        ("", None),
        ("5", timedelta(seconds=5)),
        (" 37 ", timedelta(seconds=37)),
        ("-5", None),
        ("1.5", None),
        ("²", None),
        ("soon", None),
        ("Mon, 09 Mar 2026 09:43:00 GMT", timedelta(minutes=1)),
        ("Mon, 09 Mar 2026 09:00:00 GMT", timedelta(0)),
        ("Mon, 09 Mar 99999 09:00:00 GMT", None),
        ("9" * 5000, timedelta(days=7)),
    ],
)
def test_how_long_it_asks_to_wait(header: str, wait: timedelta | None) -> None:
    assert http.asked_wait(header, NOW) == wait


def test_no_error_and_no_log_names_the_path(httpserver: HTTPServer, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    httpserver.expect_request("/SECRETPATH").respond_with_data("ok")
    post(httpserver, "/SECRETPATH")
    with pytest.raises(TransportError) as caught:
        http.post(trusted("http://127.0.0.1:1/SECRETPATH"), {}, {}, receiver="It")
    assert caught.value.message == "It cannot be reached: the connection failed."
    assert "SECRETPATH" not in "".join(
        record.getMessage()
        for record in caplog.records
        if not record.name.startswith(("werkzeug", "pytest_httpserver"))
    )
    assert caught.value.__suppress_context__
