"""What threads share: Arrow tables and plain values, never a Polars frame, however deep."""

import gc
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import FunctionType, ModuleType

import numpy as np
import polars as pl
import pyarrow as pa
import pytest

from core.analytics.frames import to_table
from core.settings import ROOT
from core.snapshots.reader import Snapshot
from dashboard.cache import answers
from dashboard.cache.shareable import NotShareable, require_shareable
from tests.conftest import Sql
from tests.dashboard.cache.kept_answers import ASKED, kept_functions
from tests.etl.conftest import fill, take_snapshot

FRAME = pl.DataFrame({"a": [1, 2]})
FRAMES = (pl.DataFrame, pl.Series, pl.LazyFrame)
COMMAND = [sys.executable, "-m", "tests.dashboard.cache.two_threads"]
SECONDS = 60
HANGING_SECONDS = 3.0  # more than ten times as long as two threads work on one frame


@dataclass(frozen=True)
class Holding:
    """Something that holds what it is given."""

    held: object
    others: dict[str, object] = field(default_factory=dict)


@dataclass
class Changeable:
    """Something that anybody may change."""

    held: int = 1


@pytest.fixture
def snapshot(sql: Sql) -> Snapshot:
    """A snapshot of 200 users and 1,500 items."""
    fill(sql, users=200, items=1_500)
    return take_snapshot()


def start(*arguments: str) -> subprocess.Popen[str]:
    """Start the two threads in a process of their own, which can be killed when it hangs."""
    return subprocess.Popen(
        [*COMMAND, *arguments],
        cwd=ROOT,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def test_two_threads_can_use_each_kept_answer_at_once(snapshot: Snapshot) -> None:
    with start() as process:
        said, trouble = process.communicate(timeout=SECONDS)
    assert process.returncode == 0, trouble
    assert [line.partition(":")[0] for line in said.splitlines()] == list(ASKED)


def test_two_threads_that_use_one_frame_at_once_hang(environment: str) -> None:
    with start("--one-frame") as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "one frame\n"
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(timeout=HANGING_SECONDS)
        process.kill()


def test_each_kept_answer_is_among_those_that_are_tried() -> None:
    assert kept_functions() == set(ASKED)


def test_no_kept_answer_holds_a_frame(snapshot: Snapshot) -> None:
    for name, ask in ASKED.items():
        answer = ask(snapshot)
        require_shareable(answer)
        assert not [each for each in reachable(answer) if isinstance(each, FRAMES)], name


def reachable(answer: object) -> Iterator[object]:
    """Yield all that a value leads to, but for code."""
    known, ahead = {id(answer)}, [answer]
    while ahead:
        each = ahead.pop()
        yield each
        for found in [*gc.get_referents(each), getattr(each, "base", None)]:
            if id(found) not in known and not isinstance(found, type | ModuleType | FunctionType):
                known.add(id(found))
                ahead.append(found)


@pytest.mark.parametrize(
    "answer",
    [
        FRAME,
        FRAME["a"],
        FRAME.lazy(),
        pl.col("a"),
        [FRAME],
        ({"a": (FRAME,)},),
        Holding(FRAME),
        Holding(1, {"a": Holding([FRAME])}),
        Changeable(),
        Holding(Changeable()),
        np.arange(2),
        FRAME["a"].to_numpy(),
        Holding(FRAME["a"]),
        iter([1]),
        lambda: FRAME,
        object(),
    ],
)
def test_what_threads_cannot_share_is_not_kept(answer: object) -> None:
    with pytest.raises(NotShareable):
        require_shareable(answer)
    asked: Callable[[str], object] = answers.kept(lambda _name: answer)
    with pytest.raises(NotShareable, match="Threads cannot share"):
        asked("anything")


def test_what_threads_can_share_is_kept() -> None:
    numbers = np.arange(2)
    numbers.setflags(write=False)
    table: pa.Table = to_table(FRAME)
    for answer in (None, 1, "a", Path("a"), table, numbers, [table], Holding({"a": (table, 2.0)})):
        require_shareable(answer)
