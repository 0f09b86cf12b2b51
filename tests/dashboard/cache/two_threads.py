"""Two threads that use each kept answer at once, as a program that ends with an error if they hang.

`python -m tests.dashboard.cache.two_threads` uses the snapshot that the environment names. With
`--one-frame` the threads use one Polars frame instead, which does hang: the proof that it is seen.
"""

import faulthandler
import io
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass, replace

import polars as pl
import pyarrow as pa
from streamlit.dataframe_util import convert_anything_to_arrow_bytes

from core.analytics import ranking
from core.analytics.frames import to_frame
from core.analytics.ranking import MatchBitmap
from core.exports.formats import raw_csv
from core.process import Process
from core.snapshots import reader
from core.snapshots.reader import Snapshot
from dashboard.charts.chart import Chart
from dashboard.pictures import frame as picture_frame
from tests.dashboard.cache.kept_answers import ASKED

Use = Callable[[], object]
SECONDS = 0.25  # of each answer; one frame that is shared hangs within a tenth of that
HUNG_SECONDS = 30.0


def main() -> None:
    """Use each kept answer, or one frame, in two threads at once."""
    faulthandler.dump_traceback_later(HUNG_SECONDS, exit=True)
    if "--one-frame" in sys.argv:
        print("one frame", flush=True)  # noqa: T201
        use_at_once(uses_of_frame(pl.DataFrame({"day": range(1000), "text": ["a"] * 1000})))
        return
    with Process():
        snapshot = reader.current()
        for name, ask in ASKED.items():
            used = use_at_once(list(uses(ask(snapshot), snapshot)))
            print(f"{name}: {used}", flush=True)  # noqa: T201


def use_at_once(several: Sequence[Use]) -> int:
    """Use something in all ways, in two threads that begin at opposite ends; return how often."""
    done, end = [0, 0], time.monotonic() + SECONDS

    def use(number: int, ways: Sequence[Use]) -> None:
        while ways and time.monotonic() < end:
            for way in ways:
                way()
            done[number] += 1

    orders = (several, several[::-1])
    threads = [threading.Thread(target=use, args=each) for each in enumerate(orders)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return min(done)


def uses(answer: object, snapshot: Snapshot) -> Iterator[Use]:
    """Yield all that pages, pictures and dialogs do with an answer and what is in it."""
    if isinstance(answer, pa.Table):
        yield from uses_of_table(answer)
    if isinstance(answer, MatchBitmap):
        yield lambda: ranking.page_of_owners(snapshot, answer, limit=50)
    if isinstance(answer, Chart):
        yield lambda: replace(answer).with_arrow
        yield lambda: picture_frame.framed(answer, "A title", ["A remark"])
    for part in parts(answer):
        yield from uses(part, snapshot)


def parts(answer: object) -> list[object]:
    """Return what an answer consists of."""
    if isinstance(answer, Mapping):
        return list(answer.values())
    if is_dataclass(answer):
        return [getattr(answer, field.name) for field in fields(answer)]
    return list(answer) if isinstance(answer, list | tuple) else []


def uses_of_table(table: pa.Table) -> list[Use]:
    """Return all that is done with a table: drawn, sent, and read as a frame in every way."""

    def read() -> None:
        for use in uses_of_frame(to_frame(table)):
            use()

    return [
        lambda: Chart({}, table, "").with_arrow,
        lambda: convert_anything_to_arrow_bytes(table),
        read,
        lambda: raw_csv.encode(to_frame(table)),
    ]


def uses_of_frame(frame: pl.DataFrame) -> list[Use]:
    """Return ways to write and to read a frame, of which some hold its lock for long."""
    first = frame.columns[0]
    return [
        lambda: frame.write_ipc_stream(io.BytesIO(), compat_level=pl.CompatLevel.oldest()),
        lambda: (frame[first].to_list(), frame.height, frame.clone()),
        lambda: frame.select(pl.all()).filter(pl.col(first).is_not_null()).tail(5).rows(),
        lambda: frame.write_parquet(io.BytesIO()),
        lambda: frame.to_dicts(),
    ]


if __name__ == "__main__":
    main()
