"""Mail servers and Slacks that take all, each after a delay of its own: `sinks smtp:PORT:SECONDS http:PORT:0.3 ...`.

They are lean, so that what is measured is who sends. One whose delay is `inf` accepts and never answers.
"""

import asyncio
import math
import sys
from functools import partial

ANSWERS = {b"EHLO": b"250 sink\r\n", b"DATA": b"354 go on\r\n", b"QUIT": b"221 bye\r\n"}
TAKEN = b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 12\r\n\r\n{"ok": true}'


class _Server(asyncio.Protocol):
    transport: asyncio.Transport

    def __init__(self, delay: float) -> None:
        self.delay, self.received = delay, b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def answer_later(self, answer: bytes) -> None:
        if self.delay < math.inf:
            asyncio.get_running_loop().call_later(self.delay, self.transport.write, answer)


class Mail(_Server):
    is_in_message = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self.transport.write(b"220 sink\r\n")

    def data_received(self, data: bytes) -> None:
        self.received += data
        end = b"\r\n.\r\n" if self.is_in_message else b"\r\n"
        while end in self.received:
            line, _, self.received = self.received.partition(end)
            if self.is_in_message:
                self.is_in_message = False
                self.answer_later(b"250 taken\r\n")
            else:
                verb = line[:4].upper()
                self.is_in_message = verb == b"DATA"
                self.transport.write(ANSWERS.get(verb, b"250 ok\r\n"))
            end = b"\r\n.\r\n" if self.is_in_message else b"\r\n"


class Http(_Server):
    def data_received(self, data: bytes) -> None:
        self.received += data
        while b"\r\n\r\n" in self.received:
            head, _, rest = self.received.partition(b"\r\n\r\n")
            fields = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:])
            length = int(fields[b"content-length"])
            if len(rest) < length:
                return
            self.received = rest[length:]
            self.answer_later(TAKEN)


async def main() -> None:
    loop = asyncio.get_running_loop()
    for address in sys.argv[1:]:
        kind, port, delay = address.split(":")
        await loop.create_server(partial(Mail if kind == "smtp" else Http, float(delay)), "127.0.0.1", int(port))
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
