"""One setting says how parallel a refresh is, in every step of it."""

from collections import defaultdict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from core.settings import get_settings
from etl import refresh
from etl.run.parallel import map_ahead, run_beside
from etl.verify import verification
from tests.conftest import Sql, read_settings, restart
from tests.etl.conftest import fill

Pools = dict[str, set[int]]


@pytest.fixture
def pools(monkeypatch: pytest.MonkeyPatch) -> Pools:
    """The sizes of all pools that are made, by the name of their threads."""
    made: Pools = defaultdict(set)
    make: Callable[..., None] = ThreadPoolExecutor.__init__

    def note(self: ThreadPoolExecutor, *arguments: Any, **options: Any) -> None:
        make(self, *arguments, **options)
        made[options["thread_name_prefix"]].add(self._max_workers)

    monkeypatch.setattr(ThreadPoolExecutor, "__init__", note)
    return made


@pytest.mark.parametrize("workers", [1, 3])
def test_every_pool_of_a_refresh_is_as_large_as_the_setting_says(
    sql: Sql, monkeypatch: pytest.MonkeyPatch, pools: Pools, workers: int
) -> None:
    monkeypatch.setenv("REFRESH_WORKERS", str(workers))
    restart()
    fill(sql, users=4, items=9)
    assert refresh.run(trigger="test").mode == "full"
    sql("UPDATE \"user\" SET full_name = 'Other' WHERE id = 1")
    assert refresh.run(trigger="test").mode == "incremental"
    assert verification.verify().wrong == []
    assert pools.pop("refresh") == {1}  # waits for PostgreSQL, so that signals are handled
    alone = set() if workers == 1 else {1}  # works ahead or beside, where there may be several
    assert pools == {
        **{key: {workers} for key in ("export", "sums", "ranking", "addresses", "verify")},
        "recent": {workers} | alone,
    }


def test_without_the_setting_it_is_one_a_core(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REFRESH_WORKERS", "")
    monkeypatch.setattr("os.cpu_count", lambda: 7)
    read_settings()
    assert get_settings().parallel_refresh == 7


@pytest.mark.parametrize("workers", ["1", "2"])
def test_what_works_ahead_or_beside_gives_the_same(
    monkeypatch: pytest.MonkeyPatch, workers: str
) -> None:
    monkeypatch.setenv("REFRESH_WORKERS", workers)
    read_settings()
    made: list[int] = []

    def work() -> int:
        made.append(len(made))
        return 5

    with run_beside(work, "beside") as wait:
        assert (wait(), wait()) == (5, 5)
    assert made == [0]
    with map_ahead(lambda number: number * 2, [3, 1, 2], "ahead") as doubled:
        assert list(doubled) == [6, 2, 4]
