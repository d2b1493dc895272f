"""A mail server and a Slack that keep the keys of what they take: `sinks smtp|http PORT PLACE`.

Each writes a key down before it says that it took the message, so that one that is killed has forgotten nothing.
"""

import asyncio
import json
import sys
import time
from email import message_from_bytes
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope, Session


class Sink:
    """What both have in common: a mood that is set from outside, and a list of keys."""

    def __init__(self, name: str, place: Path) -> None:
        self._mood = place / f"{name}.mood"
        self._keys = (place / f"{name}.keys").open("ab", buffering=0)  # each line in one write, seen at once

    @property
    def mood(self) -> str:
        return self._mood.read_text() if self._mood.exists() else "take"

    def keep(self, key: str) -> None:
        self._keys.write(f"{key}\n".encode())


class Mailbox:
    """The handler of aiosmtpd."""

    def __init__(self, sink: Sink) -> None:
        self.sink = sink

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        while self.sink.mood == "hang":  # noqa: ASYNC110 it is set from another process
            await asyncio.sleep(0.1)
        if self.sink.mood == "refuse":
            return "451 4.3.0 Try again later"
        self.sink.keep(str(message_from_bytes(envelope.original_content or b"")["X-Handoff-Key"]))
        return "250 Taken"


class Slack(BaseHTTPRequestHandler):
    """Slack's method chat.postMessage, and an incoming webhook."""

    def __init__(self, sink: Sink, *args: Any) -> None:
        self.sink = sink
        super().__init__(*args)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        while self.sink.mood == "hang":
            time.sleep(0.1)
        if self.sink.mood == "refuse":
            self._answer(503, b"busy")
            return
        self.sink.keep(self.headers.get("X-Handoff-Key") or json.loads(body)["client_msg_id"])
        self._answer(200, b'{"ok": true, "ts": "1", "channel": "C1"}' if self.path.startswith("/api/") else b"ok")

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Say nothing: there are thousands."""


async def take_mail(sink: Sink, port: int) -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(Mailbox(sink), loop=loop), "127.0.0.1", port)
    await server.serve_forever()


def main() -> None:
    name, port, place = sys.argv[1], int(sys.argv[2]), Path(sys.argv[3])
    sink = Sink(name, place)
    if name == "smtp":
        asyncio.run(take_mail(sink, port))
    else:
        ThreadingHTTPServer(("127.0.0.1", port), partial(Slack, sink)).serve_forever()


if __name__ == "__main__":
    main()
