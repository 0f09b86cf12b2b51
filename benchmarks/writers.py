"""Measures how much refreshes and the change log's triggers slow down writes to PostgreSQL."""

import logging
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from functools import partial

from benchmarks.figures import Beside, Figure, Results
from benchmarks.pgbench import Pgbench, compare
from benchmarks.scratch import Place, ask, execute
from core.db.bulk_copy import Watch
from core.db.refresh_models import RefreshRun
from core.errors import Unavailable
from etl import refresh

LONGER = 6
SHORTER = 4
TRIGGERS = (
    "SELECT array(SELECT tgname::text FROM pg_trigger"
    " WHERE tgrelid = 'item'::regclass AND NOT tgisinternal AND tgenabled = 'A')"
)


def measure_refreshes(pgbench: Pgbench, results: Results, *, pairs: int, watch: Watch) -> None:
    """Compare pgbench alone with pgbench during automatic refreshes without a pause.

    These refreshes write nearly all partitions and are throttled, so each pgbench run is long
    enough for one of them to end.
    """
    pgbench = replace(pgbench, seconds=pgbench.seconds * LONGER)
    runs: list[RefreshRun] = []
    found = compare(
        pgbench,
        "edit_items",
        lambda: _refreshing(runs),
        pairs=pairs,
        watch=partial(watch, "Writers during refreshes"),
    )
    results.figures.append(
        Figure(
            "pgbench while refreshes run back to back",
            found.ratio,
            0.85,
            "of the transactions",
            at_least=True,
            detail=f"{found.under:,.0f} and {found.without:,.0f} transactions/s, {pairs} pairs",
        )
    )
    modes = Counter(str(run.mode) for run in runs)
    told = ", ".join(f"{count} {mode}" for mode, count in modes.items()) or "none ended in time"
    parts = sum(run.parts_written or 0 for run in runs)
    results.beside.append(
        Beside(
            "refreshes while pgbench wrote",
            f"{len(runs)} in {pairs * pgbench.seconds} s",
            f"{told}; {parts:,} parts written",
        )
    )


def measure_triggers(pgbench: Pgbench, results: Results, *, pairs: int, watch: Watch) -> None:
    """Compare single-row inserts with and without the triggers of the change log.

    A machine's speed drifts by more than their cost, so there are more pairs of shorter runs.
    """
    pgbench = replace(pgbench, seconds=max(1, pgbench.seconds // SHORTER))
    pairs *= SHORTER
    found = compare(
        pgbench,
        "insert_item",
        lambda: _without_triggers(pgbench.place),
        pairs=pairs,
        watch=partial(watch, "Triggers"),
    )
    results.figures.append(
        Figure(
            "cost of the triggers on single-row inserts",
            (1 - 1 / found.ratio) * 100,
            10,
            "%",
            detail=f"{found.without:,.0f} instead of {found.under:,.0f} inserts/s, {pairs} pairs",
        )
    )


@contextmanager
def restored(place: Place) -> Iterator[None]:
    """Delete the items that the block adds, so that a kept database does not grow."""
    (last,) = ask(place.url, "SELECT max(id) FROM item")
    try:
        yield
    finally:
        execute(
            place.url,
            f"DELETE FROM item WHERE id > {last}",
            f"SELECT setval(pg_get_serial_sequence('item', 'id'), {last})",
            "VACUUM (ANALYZE) item",
        )


@contextmanager
def _refreshing(runs: list[RefreshRun]) -> Iterator[None]:
    """Refresh repeatedly in a thread, as the scheduler does, and collect the runs."""
    stop = threading.Event()
    log = logging.getLogger("etl")
    level = log.level
    log.setLevel(logging.CRITICAL)  # the last one is stopped, which is no error here
    with ThreadPoolExecutor(max_workers=1) as pool:
        work = pool.submit(_refresh_until, stop, runs)
        try:
            yield
        finally:
            stop.set()
            work.result()
            log.setLevel(level)


def _refresh_until(stop: threading.Event, runs: list[RefreshRun]) -> None:
    while not stop.is_set():
        try:
            runs.append(refresh.run(trigger=refresh.AUTOMATIC, stop=stop))
        except Unavailable:
            if not stop.is_set():
                raise


@contextmanager
def _without_triggers(place: Place) -> Iterator[None]:
    """Disable the triggers of the change log; refreshes will miss what is inserted meanwhile."""
    (names,) = ask(place.url, TRIGGERS)
    triggers = [str(name) for name in names] if isinstance(names, list) else []
    execute(place.url, *(f"ALTER TABLE item DISABLE TRIGGER {name}" for name in triggers))
    try:
        yield
    finally:
        execute(place.url, *(f"ALTER TABLE item ENABLE ALWAYS TRIGGER {name}" for name in triggers))
