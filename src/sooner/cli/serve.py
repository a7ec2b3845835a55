"""`sooner serve` and `sooner worker`: the web server and the worker, alone or as one process tree."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer

from sooner.cli.console import err, out
from sooner.errors import SetupError


def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.")] = 8000,
    processes: Annotated[int, typer.Option(help="Web processes.", min=1)] = 1,
    threads: Annotated[int, typer.Option(help="Threads of each web process.", min=1)] = 8,
    with_worker: Annotated[
        bool, typer.Option(help="Run a worker beside it, in the same process tree.")
    ] = False,
    watch: Annotated[
        Path | None, typer.Option(help="A folder whose new files are received (with the worker).")
    ] = None,
) -> None:
    """Serve pages and API; stop with Ctrl-C."""
    _require_migrated()
    _require_free(host, port)
    helper = _start_worker(watch) if with_worker or watch else None
    try:
        _serve_until_stopped(host, port, processes, threads)
    finally:
        if helper is not None:
            _end(helper)
    out.print("Stopped.")


def _serve_until_stopped(host: str, port: int, processes: int, threads: int) -> None:
    from granian.constants import Interfaces
    from granian.log import LogLevels
    from granian.server import Server

    signal.signal(signal.SIGTERM, signal.default_int_handler)
    os.environ["SOONER_SERVED_BY"] = str(os.getpid())  # the web processes end with this one: sooner.wsgi
    Server(
        "sooner.wsgi:application",
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=processes,
        blocking_threads=threads,
        backpressure=max(64, threads * 4),
        log_level=LogLevels.error,
        respawn_failed_workers=True,
        workers_kill_timeout=15,
    ).serve()


def _start_worker(watch: Path | None) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "sooner.cli.main", "worker", "--with-parent"]
    return subprocess.Popen(  # noqa: S603  # this very program
        command + (["--watch", str(watch)] if watch else []), start_new_session=True
    )


def _end(helper: subprocess.Popen[bytes]) -> None:
    helper.terminate()
    try:
        helper.wait(timeout=20)
    except subprocess.TimeoutExpired:
        err.print(
            "The worker did not stop in 20 seconds and is ended; what it had begun is taken up at the next start."
        )
        helper.kill()
        helper.wait()


def worker(
    watch: Annotated[Path | None, typer.Option(help="A folder whose new files are received.")] = None,
    with_parent: Annotated[bool, typer.Option(hidden=True)] = False,
    once: Annotated[bool, typer.Option(help="Do what is due now, then end.")] = False,
) -> None:
    """Finish, deliver, watch the clocks, seal the ledger; stop with Ctrl-C."""
    from sooner.safeguarding.commands.deliver import release_claims_of_the_dead
    from sooner.worker.chores import chores
    from sooner.worker.loop import Worker, stop_on_signals

    _require_migrated()
    if watch is not None and not watch.is_dir():
        raise SetupError(f"{watch} is not a folder: create it, or name another with --watch.")
    release_claims_of_the_dead()
    working = Worker(chores(watched=watch))
    if once:
        while working.round():
            continue
        return
    stop_on_signals(working)
    working.run(with_parent=with_parent)


def _require_migrated() -> None:
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        raise SetupError("The database is not up to date: run 'sooner migrate'.")
    connection.close()


def _require_free(host: str, port: int) -> None:
    import socket

    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise SetupError(
                f"Cannot listen on {host}:{port} ({os.strerror(error.errno or 0)}): stop what uses it, or choose --port."
            ) from error


def register(app: typer.Typer) -> None:
    app.command()(serve)
    app.command()(worker)
