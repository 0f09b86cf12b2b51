"""Runs pgbench, PostgreSQL's load generator, on Tally's tables."""

import re
import subprocess
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from benchmarks.scratch import Place, Scratch, ask, execute

SQL = Path(__file__).parent / "sql"
CLIENTS = 2
TRANSACTIONS_A_SECOND = re.compile(r"^tps = ([\d.]+)", re.MULTILINE)


@dataclass(frozen=True)
class Pgbench:
    """pgbench for one database, in runs of `seconds`."""

    program: Path
    place: Place
    seconds: int
    variables: tuple[str, ...]

    @classmethod
    def on(cls, scratch: Scratch, place: Place, *, seconds: int) -> "Pgbench":
        """Return the pgbench of the server's installation, with the range of existing ids."""
        ids = ask(
            place.url,
            "SELECT (SELECT min(id) FROM item), (SELECT max(id) FROM item), min(id), max(id)"
            ' FROM "user"',
        )
        names = ("first_item", "last_item", "first_user", "last_user")
        variables = tuple(
            f"--define={name}={value}" for name, value in zip(names, ids, strict=True)
        )
        return cls(scratch.programs / "pgbench", place, seconds, variables)

    def run(self, script: str) -> float:
        """CHECKPOINT, run `benchmarks/sql/<script>.sql`, and return its transactions per second."""
        execute(self.place.url, "CHECKPOINT")
        options = ("--no-vacuum", f"--client={CLIENTS}")
        work = (f"--time={self.seconds}", f"--file={SQL / script}.sql", self.place.url)
        done = subprocess.run(
            [self.program, *options, *self.variables, *work],
            check=True,
            capture_output=True,
            text=True,
        )
        found = TRANSACTIONS_A_SECOND.search(done.stdout)
        if found is None:
            raise ValueError(f"pgbench says nothing of tps:\n{done.stdout}")
        return float(found[1])


@dataclass(frozen=True)
class Comparison:
    """Median transactions per second with and without a condition, and the median ratio."""

    under: float
    without: float
    ratio: float


def compare(
    pgbench: Pgbench,
    script: str,
    condition: Callable[[], AbstractContextManager[None]],
    *,
    pairs: int,
    watch: Callable[[int, int], None],
) -> Comparison:
    """Run a script in alternation with and without a condition.

    Each pair gives a ratio, and the order within pairs alternates, because the speed of a machine
    drifts.
    """
    measured: list[tuple[float, float]] = []
    for done in range(pairs):
        watch(done, pairs)
        pair: dict[bool, float] = {}
        for under in (True, False) if done % 2 else (False, True):
            with condition() if under else nullcontext():
                pair[under] = pgbench.run(script)
        measured.append((pair[True], pair[False]))
    watch(pairs, pairs)
    return Comparison(
        under=median(under for under, _ in measured),
        without=median(without for _, without in measured),
        ratio=median(under / without for under, without in measured),
    )
