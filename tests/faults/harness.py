"""A writer, a reader, and one refresher after the other that is killed: all that runs at once."""

import os
import signal
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from core.snapshots.reader import ITEMS, USERS
from tests.faults import world
from tests.faults.aftermath import Aftermath
from tests.faults.moments import Moment
from tests.faults.nursery import Child, Nursery

WORKERS = "3"
KINDS = ("torn", "mixed", "back", "leftover", "session", "failed", "different")


@dataclass
class Report:
    """What a run found: `kills` by kind, `findings` by kind, and what the reader counted."""

    kills: Counter[str] = field(default_factory=Counter)
    steps: Counter[str] = field(default_factory=Counter)
    refreshes: int = 0
    transactions: int = 0
    looks: dict[str, int] = field(default_factory=dict)
    findings: list[tuple[str, str]] = field(default_factory=list)

    def count(self, kind: str) -> int:
        """Return how many findings are of a kind."""
        return sum(found == kind for found, _ in self.findings)

    def __str__(self) -> str:
        killed = ", ".join(f"{number} {kind}" for kind, number in self.kills.items())
        steps = ", ".join(f"{number} in {step}" for step, number in self.steps.items())
        looks = ", ".join(f"{number:,} {kind}" for kind, number in self.looks.items())
        found = ", ".join(f"{self.count(kind)} {kind}" for kind in KINDS)
        return (
            f"kills: {killed} ({steps})\nrefreshes finished between them: {self.refreshes:,}\n"
            f"transactions written meanwhile: {self.transactions:,}\nlooks: {looks}\n"
            f"found: {found}"
        )


class Harness:
    """Runs the writer, the reader and one refresher after the other, and collects what they say."""

    def __init__(self, nursery: Nursery, url: str, root: Path, build: str = "whole") -> None:
        self._nursery = nursery
        self._environment = {**os.environ, **environment(url, root)}
        self._build = build
        self._url = url
        self._root = root
        self.report = Report()

    @contextmanager
    def under_load(self, *, seed: int, moves: bool = False) -> Iterator[None]:
        """Fill the database, publish a first snapshot, and let others write and read meanwhile.

        With `moves`, the writer only moves items between users.
        """
        world.seed(self._url)
        first = self._start(recover=False, build="whole")
        self._kill(first)
        self._aftermath = Aftermath(self._url, self._root)
        writer = self._nursery.start(
            "tests.faults.world:write", url=self._url, seed=seed, moves=moves
        )
        self._reader = self._nursery.start(
            "tests.faults.reader:read", environment=self._environment
        )
        try:
            yield
            self.report.transactions = int(str(writer.ask("stop")))
            self._finish()
        finally:
            self._nursery.end_all()
            self._aftermath.close()

    def kill(self, moment: Moment, *, recover: bool) -> None:
        """Start a refresher, as the server or as the command does, kill it, and look what is left.

        The traces of the kill before this one must be gone once the refresher has started.
        """
        child = self._start(recover=recover, change=moment.change)
        self._wait(child, moment)
        self._kill(child)
        for found in self._aftermath.of_death():
            self._found("session", f"{found}, killed {moment}")
        self._listen()

    def refresh_until(self, kind: str, *, seconds: float) -> None:
        """Refresh without a kill until something of a kind is found, or the time is over."""
        child = self._start(recover=True)
        child.connection.send("go")
        end = time.monotonic() + seconds
        while time.monotonic() < end and not self.report.count(kind):
            if child.connection.poll(0.05):
                self._hear(child.connection.recv())
            self._listen()
        self._kill(child)

    def _start(self, *, recover: bool, change: int | None = None, build: str = "") -> Child:
        child = self._nursery.start(
            "tests.faults.refresher:refresh_forever",
            environment=self._environment,
            build=build or self._build,
            recover=recover,
            change=change,
        )
        while (told := child.receive()) != ("started", None):
            self._hear(told)
        if hasattr(self, "_aftermath"):
            for found in self._aftermath.of_start():
                self._found("leftover", found)
        return child

    def _wait(self, child: Child, moment: Moment) -> None:
        """Let the refresher go, and return when the moment has come, or when it killed itself."""
        child.connection.send("go")
        step = ""
        try:
            while moment.change is not None or step != moment.step:
                step = self._hear(child.receive())
            end = time.monotonic() + moment.seconds
            while (left := end - time.monotonic()) > 0:
                if child.connection.poll(left):
                    step = self._hear(child.receive())
        except EOFError:
            self.report.kills["before a change"] += 1
        else:
            self.report.kills["at random" if moment.step == "begin" else "at a step"] += 1
        self.report.steps[step] += 1

    def _hear(self, told: object) -> str:
        """Note what a refresher tells; return the step it is in, "end" after the last."""
        kind, value = told if isinstance(told, tuple) else ("", "")
        if kind == "failed":
            self._found("failed", str(value))
        self.report.refreshes += kind == "end"
        return str(value) if kind == "step" else str(kind)

    def _kill(self, child: Child) -> None:
        child.signal(signal.SIGKILL)
        assert world.wait_until(child.is_gone, 10)

    def _listen(self) -> None:
        while self._reader.connection.poll():
            self._found(*self._reader.connection.recv())

    def _finish(self) -> None:
        """Publish once more with nobody writing: then the snapshot is what the database holds."""
        if self._build == "whole":
            self._kill(self._start(recover=True))
            self._kill(self._start(recover=False))
            for found in world.differences(self._url, self._root / USERS, self._root / ITEMS):
                self._found("different", found)
        self._reader.connection.send("stop")
        while (told := self._reader.receive())[0] != "counts":  # type: ignore[index]
            self._found(*told)  # type: ignore[misc]
        self.report.looks = told[1]  # type: ignore[index]

    def _found(self, kind: str, what: str) -> None:
        self.report.findings.append((kind, what))


def environment(url: str, root: Path) -> dict[str, str]:
    """Return the settings of the processes of a harness."""
    return {
        "ENVIRONMENT": "local",
        "DATABASE_URL": url,
        "PARQUET_DATA_PATH": str(root),
        "OTEL_TRACES_EXPORTER": "none",
        "LOG_LEVEL": "ERROR",
        "REFRESH_WORKERS": WORKERS,
    }
