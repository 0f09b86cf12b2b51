"""Measures the refresh: full, after a few changes, and without any change."""

import time
from dataclasses import dataclass
from statistics import median

from benchmarks import command, edits, floor
from benchmarks.command import Finished
from benchmarks.figures import Beside, Figure, Results
from benchmarks.scratch import Place, ask
from core.db.bulk_copy import Watch
from core.db.refresh_models import RefreshRun
from etl import refresh

MEGABYTE = 1e6
UNCHANGED_RUNS = 20
REFRESH = ("dashboard.cli", "refresh")


@dataclass(frozen=True)
class Full:
    """A full refresh by `tally refresh`.

    `seconds` is the duration in the refresh's row. `command` also includes the start and end of
    Python. `steps` are seconds by step.
    """

    seconds: float
    steps: dict[str, float]
    command: Finished


def refresh_fully(place: Place) -> Full:
    """Refresh all partitions of both tables in a separate process."""
    done = command.run(*REFRESH, "--full", environment=place.environment())
    seconds, mode, steps = ask(
        place.url,
        "SELECT extract(epoch FROM finished_at - started_at)::float8, mode, step_seconds"
        " FROM refresh_run ORDER BY id DESC LIMIT 1",
    )
    if mode != "full":
        raise command.Failed(f"a full refresh was asked for, and it was {mode}")
    assert isinstance(seconds, float)  # noqa: S101 - as the query casts it
    assert isinstance(steps, dict)  # noqa: S101 - as the column is
    return Full(seconds, steps, done)


def measure_full(place: Place, results: Results, *, repeat: int, watch: Watch) -> Full:
    """Measure full refreshes and COPY in alternation; return the median refresh."""
    step = "Full refresh, and COPY"
    fulls: list[Full] = []
    copies: list[float] = []
    refresh_fully(place)  # fills the caches, and is not counted
    for done in range(repeat):
        watch(step, done, repeat)
        copies.append(floor.measure(place.url))
        fulls.append(refresh_fully(place))
    watch(step, repeat, repeat)
    full = sorted(fulls, key=lambda one: one.seconds)[len(fulls) // 2]
    copy = median(copies)
    results.figures.append(
        Figure(
            "full refresh over COPY of the same columns",
            full.seconds / copy,
            1.8,
            "times",
            detail=f"{full.seconds:.2f} s over {copy:.2f} s, medians of {repeat}",
        )
    )
    results.beside += [
        Beside("COPY, binary, into nothing", f"{copy:.2f} s", "one connection; the floor"),
        Beside("full refresh", f"{full.seconds:.2f} s", _tell(full.steps)),
        Beside(
            "`tally refresh`, full", full.command.cost, "as a command, with the start of Python"
        ),
    ]
    return full


def measure_memory(
    whole: Full, tenth: Place, tenth_of_both: Place, results: Results, *, watch: Watch
) -> None:
    """Compare the peak memory of `whole` with that of a refresh of a tenth of the items."""
    watch("Memory with fewer items", 0, 2)
    fewer = refresh_fully(tenth).command.peak_bytes / MEGABYTE
    watch("Memory with fewer items", 1, 2)
    fewest = refresh_fully(tenth_of_both).command.peak_bytes / MEGABYTE
    watch("Memory with fewer items", 2, 2)
    peak = whole.command.peak_bytes / MEGABYTE
    sizes = f"{peak:.0f} MB with all items, {fewer:.0f} MB with a tenth"
    results.figures += [
        Figure("peak memory of the refreshing process", max(peak, fewer), 400, "MB", detail=sizes),
        Figure(
            "peak memory with all items over that with a tenth",
            max(peak, fewer) / min(peak, fewer),
            1.2,
            "times",
            detail=sizes,
        ),
    ]
    results.beside.append(
        Beside("peak memory, a tenth of users and items", f"{fewest:.0f} MB", "`tally refresh`")
    )


def measure_changes(
    place: Place, full: Full, results: Results, *, repeat: int, watch: Watch
) -> None:
    """Measure refreshes in this process, which is warmed up, after a few changes each."""
    step = "Refresh after changes"
    refresh.run(trigger="benchmark")  # so that nothing but the changes is due
    seconds: list[float] = []
    for done in range(repeat):
        watch(step, done, repeat)
        edits.make(place.url)
        took, run = _time_warm()
        seconds.append(took)
    watch(step, repeat, repeat)
    took = median(seconds)
    results.figures.append(
        Figure(
            f"refresh after {edits.ADDED:,} new items and {edits.EDITED} edits in 3 parts"
            " over a full one",
            took / full.seconds,
            0.08,
            "times",
            detail=f"{took:.3f} s over {full.seconds:.2f} s; {run.mode}, "
            f"{run.parts_written or 0} parts written",
        )
    )
    results.beside.append(Beside("refresh after changes", f"{took:.3f} s", _tell(run.step_seconds)))


def measure_unchanged(place: Place, results: Results, *, watch: Watch) -> None:
    """Measure refreshes without any change, in this process and by command."""
    step = "Refresh without changes"
    watch(step, 0, UNCHANGED_RUNS)
    took, run = _time_warm()
    seconds = [took]
    while run.mode == "unchanged" and len(seconds) < UNCHANGED_RUNS:
        watch(step, len(seconds), UNCHANGED_RUNS)
        took, run = _time_warm()
        seconds.append(took)
    by_command = command.run(*REFRESH, environment=place.environment())
    watch(step, UNCHANGED_RUNS, UNCHANGED_RUNS)
    results.figures.append(
        Figure(
            "refresh with nothing changed",
            median(seconds) * 1000,
            50,
            "ms",
            detail=f"median of {len(seconds)}; {run.mode}",
        )
    )
    results.beside += [
        Beside("refresh with nothing changed", f"{seconds[-1]:.3f} s", _tell(run.step_seconds)),
        Beside("`tally refresh`, nothing changed", by_command.cost, "as a command"),
    ]


def _time_warm() -> tuple[float, RefreshRun]:
    started = time.perf_counter()
    run = refresh.run(trigger="benchmark")
    return time.perf_counter() - started, run


def _tell(steps: dict[str, float]) -> str:
    by_cost = sorted(steps.items(), key=lambda step: -step[1])
    return ", ".join(f"{name} {seconds:.3f} s" for name, seconds in by_cost)
