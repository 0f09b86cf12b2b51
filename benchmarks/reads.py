"""Measures reads: pages of items by user, and the top 10 compared with PostgreSQL."""

import time
from collections.abc import Callable
from pathlib import Path
from random import Random
from statistics import median

from benchmarks.figures import Beside, Figure, Results
from benchmarks.percentiles import percentile
from benchmarks.scratch import Place, ask
from core.analytics import metrics
from core.analytics.owner_filter import OwnerFilter
from core.db.bulk_copy import Watch
from core.snapshots import reader
from core.snapshots.reader import Snapshot

SQL = Path(__file__).parent / "sql"
TIMES = 200
WARM_UP = 10
PAGE = 50
LEAST_LETTERS, MOST_LETTERS = 3, 8


def measure_pages(results: Results, *, watch: Watch) -> None:
    """Measure page 1, the last page and searches, read as on the page Items by user."""
    snapshot = reader.current()
    owners = metrics.totals(snapshot).owners
    last = (owners - 1) // PAGE * PAGE
    searches = iter(_choose_searches(snapshot, owners))
    questions: tuple[tuple[str, int, Callable[[], object]], ...] = (
        ("page 1 of items by user", 15, lambda: metrics.items_by_user(snapshot)),
        ("last page", 15, lambda: metrics.items_by_user(snapshot, skip=last)),
        (
            "substring search",
            60,
            lambda: metrics.items_by_user(snapshot, OwnerFilter(next(searches))),
        ),
    )
    for done, (name, reach, ask_once) in enumerate(questions):
        watch("Pages", done, len(questions))
        seconds = _time(ask_once)
        detail = f"median {median(seconds) * 1000:.1f} ms, of {owners:,} users"
        results.figures.append(
            Figure(
                f"{name}, p95 over {TIMES}",
                percentile(seconds, 95) * 1000,
                reach,
                "ms",
                detail=detail,
            )
        )
    watch("Pages", len(questions), len(questions))


def measure_top(place: Place, results: Results, *, watch: Watch) -> None:
    """Compare the time of the top 10 with PostgreSQL's for the same query."""
    snapshot = reader.current()
    watch("Top 10", 0, 2)
    ours = median(_time(lambda: metrics.active_users(snapshot)))
    started = time.perf_counter()
    ask(place.url, (SQL / "top_users.sql").read_text())
    same = time.perf_counter() - started
    watch("Top 10", 1, 2)
    started = time.perf_counter()
    ask(place.url, (SQL / "top_users_counted_first.sql").read_text())
    by_hand = time.perf_counter() - started
    watch("Top 10", 2, 2)
    results.figures.append(
        Figure(
            "top 10 against the same SQL on PostgreSQL",
            same / ours,
            1000,
            "times faster",
            at_least=True,
            detail=f"{ours * 1000:.2f} ms, median of {TIMES}, against {same:.2f} s, once",
        )
    )
    results.beside.append(
        Beside("top 10 on PostgreSQL, SQL tuned by hand", f"{by_hand:.2f} s", "counts in an index")
    )


def _time(ask_once: Callable[[], object]) -> list[float]:
    for _ in range(WARM_UP):
        ask_once()
    seconds = []
    for _ in range(TIMES):
        started = time.perf_counter()
        ask_once()
        seconds.append(time.perf_counter() - started)
    return seconds


def _choose_searches(snapshot: Snapshot, owners: int) -> list[str]:
    """Return parts of addresses and names of random users, both common and rare."""
    draw = Random(0)  # noqa: S311 - the same searches in each run
    page = metrics.items_by_user(snapshot, skip=draw.randrange(max(owners - 1000, 1)), limit=1000)
    texts = [text for text in (*page["email"], *page["full_name"]) if text]
    return [_cut(draw.choice(texts), draw) for _ in range(WARM_UP + TIMES)]


def _cut(text: str, draw: Random) -> str:
    length = draw.randint(LEAST_LETTERS, MOST_LETTERS)
    start = draw.randrange(max(len(text) - length, 1))
    return text[start : start + length]
