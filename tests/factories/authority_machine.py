"""An authority's own system, as a real HTTP server on this machine: it may fail, hang, or lose its answer on the way."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from time import sleep

HANG, LOSE_THE_ANSWER = "hang", "lose the answer"
Behaviour = int | str
"""A status to answer with, or `HANG` (no answer in time), or `LOSE_THE_ANSWER` (taken in, but the line breaks)."""


@dataclass(frozen=True, slots=True)
class Letter:
    """One request as it arrived."""

    key: str
    signature: str
    content_type: str
    body: bytes


@dataclass(slots=True)
class AuthorityMachine:
    """What arrived, and how the next requests are answered; when `plan` is used up, each is accepted."""

    url: str
    plan: list[Behaviour] = field(default_factory=list)
    arrived: list[Letter] = field(default_factory=list)
    delay: float = 0.0
    receipts: bool = True
    hang_for: float = 1.0
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def keys(self) -> list[str]:
        return [letter.key for letter in self.arrived]

    def next_behaviour(self, letter: Letter) -> Behaviour:
        with self.lock:
            self.arrived.append(letter)
            return self.plan.pop(0) if self.plan else 201


class _Handler(BaseHTTPRequestHandler):
    machine: AuthorityMachine

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        key, signed, kind = (
            self.headers.get(name, "") for name in ("Idempotency-Key", "X-JWS-Signature", "Content-Type")
        )
        letter = Letter(key, signed, kind, body)
        behaviour = self.machine.next_behaviour(letter)
        sleep(self.machine.delay)
        if behaviour == HANG:
            sleep(self.machine.hang_for)
        if isinstance(behaviour, str):
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        self.send_response(behaviour)
        if self.machine.receipts:
            self.send_header("X-Receipt", f"LA-{len(self.machine.arrived)}")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: the tests look at what arrived."""


@contextmanager
def an_authority_machine(*plan: Behaviour) -> Iterator[AuthorityMachine]:
    """The server for the length of a test, answering by `plan` and then accepting."""
    handler = type("Handler", (_Handler,), {})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    machine = AuthorityMachine(f"http://127.0.0.1:{server.server_port}/referrals", list(plan))
    handler.machine = machine  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield machine
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
