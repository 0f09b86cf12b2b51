"""The command `python -m benchmarks.shares`: how much one heavy user slows down another user."""

from core.telemetry import malloc

malloc.configure()  # before importing Arrow and Polars, which read the setting only once

import asyncio
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Annotated

import typer

from benchmarks import command, machine, people, scratch, tab
from benchmarks import server as servers
from benchmarks.command_line import DataPath, Items, JsonFile, Users, err, say
from benchmarks.figures import Beside, Figure, Results, to_json, to_tables
from benchmarks.percentiles import percentile
from benchmarks.server import Server
from benchmarks.tab import Trouble
from core.embedded.server import DATABASE
from core.errors import TallyError
from core.settings import ROOT
from dashboard.command.progress import bars
from dashboard.websockets import closed_pages

REACH = 2  # times as long as without another user
SOCKETS = (100, 300)
THINK_SECONDS = 0.2
BEGIN_SECONDS = 3.0  # until the heavy user has opened all pages
REST_SECONDS = 5.0
DESCRIPTORS_A_PAGE = 6
NO_REFRESH = {"REFRESH_INTERVAL_MINUTES": "0"}


@dataclass
class Look:
    """The measurements of a person: seconds of each run, and errors by kind."""

    runs: list[float] = field(default_factory=list)
    errors: Counter[str] = field(default_factory=Counter)

    @property
    def p95(self) -> float:
        """The 95th percentile of the runs in milliseconds."""
        return percentile(self.runs, 95) * 1000 if self.runs else float("inf")


def main(
    users: Users = 10_000,
    items: Items = 100_000,
    json: JsonFile = None,
    data_path: DataPath = None,
    seconds: Annotated[float, typer.Option(min=1, help="How long each load is looked at.")] = 30,
) -> None:
    """Measure one person's pages alone, and while another person uses all they can."""
    results, failure = Results(), ""
    try:
        with scratch.start(data_path) as postgres:
            with bars(err) as watch:
                place = postgres.place(DATABASE, users=users, items=items, watch=watch)
            say(*machine.describe(place.url), f"Load at the start: {machine.load()}")
            with scratch.used(place), people.invited(place) as staff:
                command.run("dashboard.cli", "refresh", environment=place.environment())
                with servers.tally(place, **NO_REFRESH) as server:
                    quiet, busy = (
                        asyncio.run(staff.sign_in(server.url, number)) for number in (1, 2)
                    )
                    _measure(server, quiet, busy, seconds, results)
                    results.beside.append(_end(server))
    except (scratch.OtherSize, command.Failed, TallyError) as error:
        failure = str(error)
    say(f"Load at the end: {machine.load()}", "", to_tables(results))
    if failure:
        sys.exit(failure)
    if json is not None:
        json.write_text(to_json(results.figures))


def _measure(server: Server, quiet: str, busy: str, seconds: float, results: Results) -> None:
    asyncio.run(look_around(server, quiet, BEGIN_SECONDS))  # the first runs warm everything
    alone = asyncio.run(look_around(server, quiet, seconds))
    memory, descriptors = server.memory(), server.process.num_fds()
    for sockets in SOCKETS:
        with hogging(server, busy, sockets, seconds + 2 * BEGIN_SECONDS) as hog:
            time.sleep(BEGIN_SECONDS)
            beside = asyncio.run(look_around(server, quiet, seconds))
        time.sleep(REST_SECONDS)
        told = hog.stdout.read().strip() if hog.stdout else ""
        results.figures.append(
            Figure(
                f"p95 of a run beside somebody with {sockets} websockets, over that alone",
                beside.p95 / alone.p95,
                REACH,
                "times",
                detail=f"{beside.p95:.0f} over {alone.p95:.0f} ms, of {len(beside.runs):,} runs",
                errors=(alone.errors + beside.errors).total(),
            )
        )
        results.beside.append(Beside(f"what {sockets} websockets got", told or "nothing"))
    kept = closed_pages.MOST * DESCRIPTORS_A_PAGE
    results.figures += [
        Figure(
            "descriptors that stay",
            server.process.num_fds() - descriptors,
            kept,
            detail=f"{descriptors} before; what is kept of {closed_pages.MOST} closed pages",
        ),
        Figure("memory that stays", server.memory() - memory, 100, "MB", detail=f"{memory:.0f} MB"),
    ]


async def look_around(server: Server, cookies: str, seconds: float) -> Look:
    """Look at one page after the other, for so long."""
    look, until = Look(), time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            async with tab.opened(server.url, cookies) as opened:
                await opened.visit()
                while time.monotonic() < until:
                    for page in opened.pages:
                        look.runs.append(await opened.visit(page))
                        await asyncio.sleep(THINK_SECONDS)
        except Trouble as trouble:
            look.errors[str(trouble)] += 1
            await asyncio.sleep(THINK_SECONDS)
    return look


@contextmanager
def hogging(
    server: Server, cookies: str, sockets: int, seconds: float
) -> Iterator[subprocess.Popen[str]]:
    """Simulate a heavy user in a separate process for a duration."""
    hog = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.hog", server.url, str(sockets), str(seconds)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        if hog.stdin:
            hog.stdin.write(f"{cookies}\n")
            hog.stdin.close()
        yield hog
        hog.wait(2 * seconds)
    finally:
        hog.kill()
        hog.wait()


def _end(server: Server) -> Beside:
    began = time.monotonic()
    server.process.terminate()
    server.process.wait(servers.STOP_SECONDS)
    return Beside("SIGTERM to the end", f"{time.monotonic() - began:.1f} s", "after all of that")


if __name__ == "__main__":
    typer.run(main)
