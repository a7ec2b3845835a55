"""The power fails, again and again, while documents arrive and authorities are told: nothing acknowledged is lost, nothing is
done twice. Real processes are killed with SIGKILL; nothing in them is changed for the test."""

import hashlib
import json
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import httpx
import pytest

from tests.factories.intake import a_document, a_row

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS, KILLS, SENDERS = 1000, 8, 3
POSTGRES = os.environ.get("SOONER_TEST_DATABASE_URL", "")
OUTWARDS = ("N8", "E8", "NW1")
SYLLABLES = (
    "ba",
    "chi",
    "dor",
    "el",
    "fen",
    "gra",
    "hol",
    "ik",
    "jun",
    "ka",
    "lum",
    "mo",
    "nad",
    "os",
    "pri",
    "tev",
)


class Installation:
    """An installation with files and a database of its own, and the process tree that serves it."""

    def __init__(self, folder: Path, database: str) -> None:
        self.environment = {
            **os.environ,
            "SOONER_HOME": str(folder),
            "SOONER_DATABASE_URL": database,
            "PYTHONPATH": os.pathsep.join((str(ROOT / "src"), str(ROOT))),
        }
        self.log = folder / "serve.log"
        self.port = _free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self.server: subprocess.Popen[bytes] | None = None
        self.starts = 0

    def runs(self, *command: str) -> str:
        done = subprocess.run(
            [sys.executable, *command], env=self.environment, cwd=ROOT, capture_output=True, check=False
        )
        assert done.returncode == 0, done.stderr.decode()[-3000:] + done.stdout.decode()[-1000:]
        return done.stdout.decode()

    def asks(self, *words: str) -> Any:
        return json.loads(self.runs("-m", "tests.crash.installation", *words).splitlines()[-1])

    def start(self) -> None:
        self.starts += 1
        command = [
            sys.executable,
            "-m",
            "sooner.cli.main",
            "serve",
            "--port",
            str(self.port),
            "--with-worker",
        ]
        with self.log.open("ab") as log:
            self.server = subprocess.Popen(
                command, env=self.environment, cwd=ROOT, stdout=log, stderr=log, start_new_session=True
            )
        _until(self.answers, seconds=40, words=lambda: self.log.read_text()[-3000:])

    def answers(self) -> bool:
        with suppress(httpx.HTTPError):
            return httpx.get(f"{self.address}/sign-in/", timeout=2).status_code == 200
        return False

    def processes(self) -> list[int]:
        """The server, its web processes and its worker."""
        return _tree(self.server.pid) if self.server else []

    def kill(self) -> None:
        """As a power cut: every process at once, without a word."""
        for pid in self.processes():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        if self.server:
            self.server.wait()

    def stop(self, by: signal.Signals) -> int:
        assert self.server
        self.server.send_signal(by)
        return self.server.wait(timeout=40)


def _tree(pid: int) -> list[int]:
    found = [pid]
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        with suppress(OSError):
            found += [one for child in task.read_text().split() for one in _tree(int(child))]
    return found


def _free_port() -> int:
    with closing(socket.create_server(("127.0.0.1", 0))) as probe:
        port: int = probe.getsockname()[1]
    return port


def _until(reached: Callable[[], bool], *, seconds: float, words: Callable[[], str]) -> None:
    end = time.monotonic() + seconds
    while not reached():
        assert time.monotonic() < end, words()
        time.sleep(0.1)


class Authority(BaseHTTPRequestHandler):
    """A machine of children's social care, not always well: now and then it fails, hangs, or breaks off after it has taken."""

    arrived: Counter[str]
    dice: random.Random
    lock: threading.Lock

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        with self.lock:
            chance = self.dice.random()
            if chance > 0.05:
                self.arrived[self.headers["Idempotency-Key"]] += 1
        if chance > 0.97:
            time.sleep(0.3)
        if 0.05 < chance < 0.08:
            self.close_connection = True  # taken, and the line broke before the answer
            return
        self.send_response(503 if chance <= 0.05 else 200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Nothing to say."""


@contextmanager
def _authority() -> Iterator[tuple[str, Counter[str]]]:
    arrived: Counter[str] = Counter()
    made = type(
        "Seeded", (Authority,), {"arrived": arrived, "dice": random.Random(5), "lock": threading.Lock()}
    )
    with ThreadingHTTPServer(("127.0.0.1", 0), made) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", arrived
        server.shutdown()
        thread.join()


@contextmanager
def _database(kind: str) -> Iterator[str]:
    """Nothing for SQLite in the installation's folder; else a database of its own on the server."""
    if kind == "sqlite":
        yield ""
        return
    import psycopg

    name = f"sooner_crash_{os.getpid()}"
    parts = urlsplit(POSTGRES)
    with psycopg.connect(urlunsplit(parts._replace(path="/postgres")), autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name}")
        try:
            yield urlunsplit(parts._replace(path=f"/{name}"))
        finally:
            admin.execute(f"DROP DATABASE {name} WITH (FORCE)")


KINDS = ["postgresql" if POSTGRES else "sqlite"]


@pytest.fixture(params=KINDS)
def installation(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Installation]:
    with _database(request.param) as url:
        made = Installation(tmp_path, url)
        made.runs("-m", "sooner.cli.main", "migrate")
        try:
            yield made
        finally:
            made.kill()


def _name(number: int, part: str) -> str:
    """A name that nobody else has and that is like nobody else's: matching is by letters and sounds."""
    drawn = hashlib.sha256(f"{part} {number}".encode()).digest()
    return "".join(SYLLABLES[byte % 16] for byte in drawn[:4]).capitalize()


def _child(number: int) -> str:
    return f"{_name(number, 'child')} {_name(number, 'family')}"


def _document(number: int) -> bytes:
    """A report about somebody with a child, at a home of their own."""
    ends = "ABDEFGHJLN"
    suspect = f"{_name(number, 'given')} {_name(number, 'family')}"
    home = f"{OUTWARDS[number % 3]} {number % 10}{ends[number // 10 % 10]}{ends[number // 100 % 10]}"
    place = f"{number} {_name(number, 'street')} Road"
    return a_document(a_row(
        reference=f"T-{number}", suspect_name=suspect, suspect_address_line_1=place, suspect_postcode=home,
        suspect_date_of_birth=f"{number % 28 + 1:02d}/05/{1960 + number % 40}", child_name=_child(number),
        child_date_of_birth=f"{number % 28 + 1:02d}/03/2016", child_relationship_to_suspect="daughter",
        child_address=f"{place}, London", child_postcode=home,
    ))  # fmt: skip


class Senders:
    """Platforms that send each document until it is acknowledged."""

    def __init__(self, installation: Installation, key: str) -> None:
        self.address, self.key = f"{installation.address}/api/referrals", key
        self.acknowledged: list[str] = []
        self.retries = 0

    def send(self, number: int) -> None:
        data = _document(number)
        headers = {"Authorization": f"Bearer {self.key}", "Content-Type": "text/csv"}
        end = time.monotonic() + 120
        while True:
            with suppress(httpx.HTTPError):
                answer = httpx.post(self.address, content=data, headers=headers, timeout=20)
                if answer.status_code == 201:
                    assert answer.json()["receipts"][0]["sha256"] == hashlib.sha256(data).hexdigest()
                    self.acknowledged.append(hashlib.sha256(data).hexdigest())
                    return
                assert answer.status_code in {500, 502, 503}, answer.text
            self.retries += 1
            assert time.monotonic() < end, f"document {number} is not taken"
            time.sleep(0.2)


def test_whatever_moment_the_process_is_killed_nothing_acknowledged_is_lost_or_done_twice(
    installation: Installation,
) -> None:
    dice = random.Random(11)
    moments = sorted(dice.sample(range(20, DOCUMENTS - 40), KILLS))
    with _authority() as (url, arrived), ThreadPoolExecutor(SENDERS) as pool:
        senders = Senders(installation, installation.asks("prepare", url)["key"])
        installation.start()
        jobs = [pool.submit(senders.send, number) for number in range(1, DOCUMENTS + 1)]
        for moment in moments:
            _until(lambda: len(senders.acknowledged) >= moment, seconds=120, words=lambda: f"not at {moment}")  # noqa: B023
            time.sleep(dice.uniform(0, 0.5))
            installation.kill()
            installation.start()
        for job in jobs:
            job.result()
        time.sleep(1)
        assert installation.stop(signal.SIGTERM) == 0
        left = installation.asks("finish")
    assert not any(left.values()), left
    _compare(installation, senders, arrived)


def _compare(installation: Installation, senders: Senders, arrived: Counter[str]) -> None:
    found = installation.asks("look")
    sent = {
        hashlib.sha256(data).hexdigest(): data.decode() for data in map(_document, range(1, DOCUMENTS + 1))
    }
    assert installation.starts == KILLS + 1
    assert sorted(senders.acknowledged) == sorted(sent)
    assert (found["rows"], found["documents"]) == (DOCUMENTS, sent), "each document is there once, as it came"
    assert found["readings"] == dict.fromkeys(sent, 1), "and was read into one referral"
    assert sorted(found["children"]) == sorted(_child(number) for number in range(1, DOCUMENTS + 1))
    assert (found["untold"], found["told_twice"], found["failed_steps"]) == ([], [], [])
    assert set(arrived) == set(found["keys"]), "what arrived is what was written, and all of it arrived"
    assert (found["delivered_twice"], found["delivered"], found["sent"]) == ([], DOCUMENTS, DOCUMENTS)
    assert "holds" in installation.runs("-m", "sooner.cli.main", "ledger", "verify").casefold()


@pytest.mark.parametrize("by", [signal.SIGINT, signal.SIGTERM])
def test_told_to_stop_it_stops_cleanly_and_leaves_no_process_behind(
    installation: Installation, by: signal.Signals
) -> None:
    installation.start()
    _until(lambda: len(installation.processes()) >= 3, seconds=20, words=lambda: "the worker did not start")
    tree = installation.processes()
    assert installation.stop(by) == 0, installation.log.read_text()[-2000:]
    _until(
        lambda: not any(Path(f"/proc/{pid}").exists() for pid in tree),
        seconds=5,
        words=lambda: f"{tree} still run",
    )


def test_a_killed_server_takes_its_web_processes_and_its_worker_with_it(installation: Installation) -> None:
    installation.start()
    _until(lambda: len(installation.processes()) >= 3, seconds=20, words=lambda: "the worker did not start")
    assert installation.server
    tree = installation.processes()
    installation.server.kill()
    installation.server.wait()
    _until(lambda: not any(_runs(pid) for pid in tree), seconds=15, words=lambda: f"{tree} still run")


def _runs(pid: int) -> bool:
    """Whether the process is there and not only waiting to be counted as ended."""
    with suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False
