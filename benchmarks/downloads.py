"""The command `python -m benchmarks.downloads`: measures downloads from a real server."""

from core.telemetry import malloc

malloc.configure()  # before importing Arrow and Polars, which read the setting only once

import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path

import psutil
import typer

from benchmarks import command, machine, scratch
from benchmarks.command_line import (
    MANY_ITEMS,
    MANY_USERS,
    DataPath,
    Items,
    JsonFile,
    Users,
    err,
    say,
)
from benchmarks.figures import Beside, Figure, Results, to_json, to_tables
from core.access.hashing import new_token
from core.actor import Actor
from core.db.bulk_copy import Watch
from core.db.engine import transaction
from core.embedded.server import DATABASE
from core.errors import TallyError
from core.exports.formats import FORMATS
from core.manage import users
from core.settings import ROOT
from core.sign_in import api_tokens
from core.snapshots.reader import USERS
from dashboard.command.progress import bars
from etl import refresh

EMAIL = "benchmark@example.com"
MEGABYTE = 1e6
SAMPLE_SECONDS = 0.01
START_SECONDS = 60
REST_SECONDS = 0.5
READ_BYTES = 1 << 20
MOST_BYTES_MORE = 50  # MB


@dataclass(frozen=True)
class Download:
    """A download: seconds to the first and the last byte, bytes, and the growth of memory."""

    first: float
    whole: float
    size: int
    growth: int

    @property
    def rate(self) -> float:
        """Return megabytes per second, from the request to the last byte."""
        return self.size / MEGABYTE / self.whole


def main(
    user_count: Users = MANY_USERS,
    item_count: Items = MANY_ITEMS,
    json: JsonFile = None,
    data_path: DataPath = None,
) -> None:
    """Measure downloads of the users in every format, and print the tables."""
    results = Results()
    try:
        with bars(err) as watch, scratch.start(data_path) as server:
            place = server.place(DATABASE, users=user_count, items=item_count, watch=watch)
            say(*machine.describe(place.url), f"Load at the start: {machine.load()}")
            with scratch.used(place):
                refresh.run(trigger="schedule")
                _measure(place.snapshots, results, watch)
    except (scratch.OtherSize, command.Failed, TallyError) as error:
        sys.exit(str(error))
    say(f"Load at the end: {machine.load()}", "", to_tables(results))
    if json is not None:
        json.write_text(to_json(results.figures))


def _measure(folder: Path, results: Results, watch: Watch) -> None:
    token = _token()
    with _served() as (process, port):
        _wait_for_rest(process)
        _download(process, port, token, "active_users", "csv")  # fills the caches
        for done, name in enumerate(FORMATS):
            watch("Downloads", done, len(FORMATS))
            found = _download(process, port, token, "users", name)
            if name == "csv":
                results.figures += _figures(found)
            label = f"{FORMATS[name].label} of all users"
            results.beside.append(Beside(label, f"{found.whole:.2f} s", _tell(found)))
        watch("Downloads", len(FORMATS), len(FORMATS))
    for rival in ("polars", "pandas"):
        finished = command.run("benchmarks.rival_downloads", rival, str(folder / USERS))
        results.beside.append(
            Beside(
                f"{rival}: the same file, written whole", finished.cost, "with the start of Python"
            )
        )


def _figures(found: Download) -> list[Figure]:
    return [
        Figure("CSV of all users, first byte", found.first * 1000, 200, "ms"),
        Figure("CSV of all users, rate", found.rate, 30, "MB/s", at_least=True),
        Figure("CSV of all users, memory more", found.growth / MEGABYTE, MOST_BYTES_MORE, "MB"),
    ]


def _tell(found: Download) -> str:
    return (
        f"{found.size / MEGABYTE:.0f} MB, {found.rate:.0f} MB/s, first byte after "
        f"{found.first * 1000:.0f} ms, memory +{found.growth / MEGABYTE:.0f} MB"
    )


def _token() -> str:
    values = {"email": EMAIL, "password": new_token(), "is_superuser": True}
    with transaction() as db:
        known = users.find_by_email(db, EMAIL)
        system = Actor.system("benchmark")
        user = known or users.create_user(db, actor=system, values=values)
        actor = Actor(id=user.id, email=user.email, is_staff=True, is_superuser=True)
    form = {"name": "benchmark", "days": 1, "scopes": ["users:read", "analytics:read"]}
    with transaction() as db:
        return api_tokens.create_token(db, actor=actor, values=form).token


@contextmanager
def _served() -> Iterator[tuple[psutil.Process, int]]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    started = subprocess.Popen(
        [sys.executable, "-m", "uvicorn", "dashboard.asgi:app", "--port", str(port)],
        cwd=ROOT,
        env={**os.environ, "REFRESH_INTERVAL_MINUTES": "0"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait(port)
        yield psutil.Process(started.pid), port
    finally:
        started.terminate()
        started.wait()


def _wait(port: int) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise command.Failed("the server did not come up")


def _wait_for_rest(process: psutil.Process) -> None:
    # It still warms the snapshot when it first answers, which is no cost of a download.
    deadline = time.monotonic() + START_SECONDS
    before = 0
    while abs(process.memory_info().rss - before) > MEGABYTE:
        if time.monotonic() > deadline:
            raise command.Failed("the server did not come to rest")
        before = process.memory_info().rss
        time.sleep(REST_SECONDS)


def _download(process: psutil.Process, port: int, token: str, question: str, name: str) -> Download:
    stop, peaks = threading.Event(), [0]
    before = process.memory_info().rss

    def sample() -> None:
        while not stop.wait(SAMPLE_SECONDS):
            peaks.append(process.memory_info().rss)

    sampler = threading.Thread(target=sample)
    sampler.start()
    connection = HTTPConnection("127.0.0.1", port)
    began = time.perf_counter()
    connection.request(
        "GET",
        f"/api/v1/exports/{question}?format={name}",
        headers={"Authorization": f"Bearer {token}", "Host": f"localhost:{port}"},
    )
    answer = connection.getresponse()
    if answer.status != 200:
        raise command.Failed(answer.read().decode())
    size, first = len(answer.read1(READ_BYTES)), time.perf_counter() - began
    while part := answer.read(READ_BYTES):  # raises when the file breaks off
        size += len(part)
    whole = time.perf_counter() - began
    stop.set()
    sampler.join()
    return Download(first, whole, size, max(peaks) - before)


if __name__ == "__main__":
    typer.run(main)
