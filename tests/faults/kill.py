"""Kill refreshes while somebody writes and somebody reads: `python -m tests.faults.kill`.

A writer keeps an invariant across both tables (see `world`), a refresher refreshes in a loop and is
killed at random moments, at each step, and before single changes of the folder; a reader judges all
the time what it sees. After each kill, what is left is counted, and the next process starts.
"""

import argparse
import random
import sys
import tempfile
import time
from pathlib import Path

import pytest

from core.db import schema
from core.embedded import server
from core.process import Process
from tests import conftest as fixtures
from tests.faults.harness import Harness, Report
from tests.faults.moments import Moment
from tests.faults.nursery import Nursery

STEPS = ("prepare", "export", "compute", "verify", "publish")
CHANGES = 60  # about as many changes of names as one refresh of the world makes
LONGEST_SECONDS = 0.8  # about as long as one refresh of the world takes


def plan(chance: random.Random, *, moments: int, each_step: int, changes: int) -> list[Moment]:
    """Return when to kill: at random, `each_step` times in each step, before single changes."""
    planned = [Moment(seconds=chance.uniform(0, LONGEST_SECONDS)) for _ in range(moments)]
    for step in STEPS:
        planned += [Moment(step, chance.uniform(0, 0.02) * (n > 0)) for n in range(each_step)]
    numbers = range(1, CHANGES + 1)
    planned += [Moment(change=n) for n in chance.sample(numbers, min(changes, CHANGES))]
    chance.shuffle(planned)
    return planned


def run(nursery: Nursery, url: str, root: Path, moments: list[Moment], *, seed: int) -> Report:
    """Kill refreshes at the given moments, most of them started as the server does."""
    harness = Harness(nursery, url, root)
    with harness.under_load(seed=seed):
        for number, moment in enumerate(moments):
            harness.kill(moment, recover=number % 3 > 0)
    return harness.report


def main() -> int:
    """Run the long form on a PostgreSQL of its own; return 0 when nothing was found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--moments", type=int, default=100, help="kills at random moments")
    parser.add_argument("--each-step", type=int, default=5, help="kills in each named step")
    parser.add_argument("--changes", type=int, default=CHANGES, help="kills before single changes")
    parser.add_argument("--seed", type=int, default=int(time.time()), help="to repeat a run")
    arguments = parser.parse_args()
    chance = random.Random(arguments.seed)  # noqa: S311
    moments = plan(
        chance,
        moments=arguments.moments,
        each_step=arguments.each_step,
        changes=arguments.changes,
    )
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="tally-kill-") as folder:
        report = _run_on_own_server(Path(folder), moments, arguments.seed)
    seconds = time.monotonic() - started
    print(f"{report}\nin {seconds:,.0f} s, seed {arguments.seed}", *report.findings, sep="\n")  # noqa: T201
    return 1 if report.findings else 0


def _run_on_own_server(folder: Path, moments: list[Moment], seed: int) -> Report:
    hold = server.hold(folder / "pg")
    url = hold.url
    try:
        fixtures.execute(url, "ALTER SYSTEM SET fsync = off", "SELECT pg_reload_conf()")
        with pytest.MonkeyPatch.context() as patch, Process():
            fixtures.use(patch, url=url, folder=folder)
            schema.upgrade()
        with Nursery() as nursery:
            return run(nursery, url, folder / "parquet", moments, seed=seed)
    finally:
        hold.end()


if __name__ == "__main__":
    sys.exit(main())
