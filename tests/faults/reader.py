"""The process that reads all the time, in each way there is, and tells what it should not see."""

import os
import threading
import time
from collections import Counter
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path

import duckdb

from core import process
from core.analytics import metrics
from core.errors import Unavailable
from core.settings import get_settings
from core.snapshots import reader as snapshots
from core.snapshots.folders import CURRENT
from core.snapshots.integrity import VerifiedFiles
from core.snapshots.manifest import MANIFEST
from core.snapshots.reader import ITEMS, ITEMS_BY_USER, USERS, Snapshots
from tests.faults.world import look

PAUSE_SECONDS = 0.03
FORGET_EVERY = 10  # looks after which everything is verified again, as a new process would
POINTED_AT = (f"{CURRENT}/{MANIFEST}", USERS, ITEMS)


class Reader:
    """Looks at the snapshots of a folder; `seen` counts the looks, `wrong` is what was found."""

    def __init__(self, root: Path, report: Callable[[tuple[str, str]], None]) -> None:
        self._root = root
        self._report = report
        self._ticks = {"path": -1, "core": -1}
        self._generation = -1
        self.seen: Counter[str] = Counter()

    def look_at_pointer(self) -> None:
        """Follow the constant names: there is no moment at which they lead nowhere."""
        for name in POINTED_AT:
            try:
                (self._root / name).stat()
            except OSError as error:
                self._report(("torn", f"{name} leads nowhere: {error.strerror}"))
        self.seen["pointer"] += 1

    def look_through_path(self) -> None:
        """Read as any tool would. While `current` moves on, two reads may see two snapshots."""
        before = (self._root / CURRENT).readlink()
        users, items = ([f"{self._root / name}/*.parquet"] for name in (USERS, ITEMS))
        try:
            sight = look(users, items)
        except duckdb.Error as error:
            if (self._root / CURRENT).readlink() == before:
                self._report(("torn", f"the constant paths cannot be read: {error}"))
            return
        if (self._root / CURRENT).readlink() == before:
            self._judge("path", sight.tick, sight.wrong)

    def look_through_core(self) -> None:
        """Read as the pages do: one snapshot, its files, its views, and what they add up to."""
        if self.seen["core"] % FORGET_EVERY == 0:
            process.current().put(Snapshots())
            process.current().put(VerifiedFiles())
        try:
            snapshot = snapshots.current()
            files = [snapshot.files(name) for name in (USERS, ITEMS, ITEMS_BY_USER)]
            sight = look(*files)
            totals = metrics.totals(snapshot)
        except (Unavailable, duckdb.Error) as error:
            self._report(("torn", f"core.snapshots.reader: {error}"))
            return
        for folder, reason in snapshots.broken().items():
            self._report(("torn", f"{folder.name}: {reason}"))
        if (totals.users, totals.items) != (snapshot.users, snapshot.items):
            self._report(("mixed", f"{totals} in a snapshot of {snapshot}"))
        if snapshot.generation < self._generation:
            self._report(("back", f"{snapshot.generation} after {self._generation}"))
        self.seen["generations"] += snapshot.generation != self._generation
        self._generation = snapshot.generation
        self._judge("core", sight.tick, sight.wrong)

    def _judge(self, way: str, tick: int, wrong: str) -> None:
        if wrong:
            self._report(("mixed", f"{way}: {wrong}"))
        if tick < self._ticks[way]:
            self._report(("back", f"{way}: transaction {tick} after {self._ticks[way]}"))
        self._ticks[way] = tick
        self.seen[way] += 1


def read(harness: Connection, *, environment: dict[str, str]) -> None:
    """Look until the harness says stop; findings are sent as they come, then the counts."""
    os.environ.update(environment)
    speak, over = threading.Lock(), threading.Event()

    def report(finding: tuple[str, str]) -> None:
        with speak:
            harness.send(finding)

    reader = Reader(get_settings().parquet_path.resolve(), report)

    def watch_pointer() -> None:
        while not over.is_set():
            reader.look_at_pointer()
            time.sleep(0.001)

    watcher = threading.Thread(target=watch_pointer)
    watcher.start()
    while not harness.poll(PAUSE_SECONDS):
        reader.look_through_path()
        reader.look_through_core()
    over.set()
    watcher.join()
    report(("counts", dict(reader.seen)))  # type: ignore[arg-type]
