"""DuckDB that is slow, out of memory or busy: each page says so in time, and the session lives."""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path

import pytest

from core import process
from core.actor import Actor
from core.analytics import warehouse
from core.analytics.warehouse import Warehouse
from dashboard.ui.notices import escape
from etl import refresh
from tests.conftest import restart
from tests.pages.conftest import Open, export, make_item, plain, press

LIMIT = 0.3  # seconds
PATIENCE = 5  # seconds more, on a machine that is busy with other tests
PAGES = ("overview", "items_by_user", "active_users", "trends", "check_file")
ENDLESS = (
    "SELECT count(*) AS n FROM range(100000000) a, range(100000000) b"
    " WHERE (a.range + b.range) % 7 = 9"
)
GREEDY = "SELECT len(list(range ORDER BY hash(range))) AS n FROM range(30000000)"

Trouble = AbstractContextManager[None]
Make = Callable[[], Trouble]


@pytest.fixture
def asked_with(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Trouble]:
    """Return a context in which each question is asked of DuckDB together with another one."""
    folder = tmp_path / "sql"
    folder.mkdir()

    @contextmanager
    def asking(other: str, **settings: str) -> Iterator[None]:
        for path in warehouse.QUESTIONS.rglob("*.sql"):
            asked = warehouse.text(path.stem)
            text = f"WITH asked AS (\n{asked}), other AS ({other})\n"
            (folder / path.name).write_text(f"{text}SELECT asked.* FROM asked, other WHERE n >= 0")
        with monkeypatch.context() as patch:
            patch.setattr(warehouse, "QUESTIONS", folder)
            with set_to(patch, **settings):
                yield

    return asking


@pytest.fixture
def slow(asked_with: Callable[..., Trouble]) -> Make:
    """Return a context in which every question takes for ever."""
    return lambda: asked_with(ENDLESS, QUERY_TIMEOUT_SECONDS=str(LIMIT))


@pytest.fixture
def greedy(asked_with: Callable[..., Trouble]) -> Make:
    """Return a context in which every question needs more memory than there is."""
    return lambda: asked_with(GREEDY, DUCKDB_MEMORY_LIMIT="30MB")


@pytest.fixture
def busy(monkeypatch: pytest.MonkeyPatch) -> Make:
    """Return a context in which others ask all the time."""

    @contextmanager
    def taken() -> Iterator[None]:
        with ExitStack() as held, monkeypatch.context() as patch:
            held.enter_context(set_to(patch, QUERY_TIMEOUT_SECONDS=str(LIMIT)))
            for _ in range(warehouse.CONCURRENT_QUERIES):
                held.enter_context(process.resource(Warehouse).slot())
            yield

    return taken


@contextmanager
def set_to(patch: pytest.MonkeyPatch, **settings: str) -> Iterator[None]:
    """Let settings have other values, and forget what was kept of them before and after."""
    for name, value in settings.items():
        patch.setenv(name, value)
    restart()
    try:
        yield
    finally:
        patch.undo()
        restart()


@pytest.mark.parametrize(
    ("trouble", "text"),
    [
        ("slow", warehouse.TOO_SLOW),
        ("greedy", warehouse.TOO_SLOW),
        ("busy", warehouse.BUSY),
    ],
    ids=["slow", "greedy", "busy"],
)
def test_each_page_says_so_in_time_and_lives_on(
    world: Actor,
    system: Actor,
    open_page: Open,
    request: pytest.FixtureRequest,
    trouble: str,
    text: str,
) -> None:
    sha256 = export(world, "items_by_user")
    make_item(system, "ann@example.com", "Newer")
    make: Make = request.getfixturevalue(trouble)
    for page in PAGES:
        refresh.run(trigger="manual", full=True)  # of which nothing is kept yet
        query = {"sha256": sha256} if page == "check_file" else {}
        with make():
            started = time.monotonic()
            at = open_page(world, page, **query)
            assert time.monotonic() - started < LIMIT + PATIENCE, page
            assert not at.exception, page
            assert [plain(w.value) for w in at.warning] == [text], page
        at.run()
        assert not at.exception, page
        assert not at.warning, page
        assert at.metric or at.dataframe or at.get("vega_lite_chart") or at.success, page


def test_an_explanation_says_so_and_the_page_below_stays(
    world: Actor, open_page: Open, slow: Make
) -> None:
    at = open_page(world)
    with slow():
        at.button(key="explain-items").click().run()
        assert not at.exception
        assert [plain(w.value) for w in at.warning] == [warehouse.TOO_SLOW]
        assert at.metric[2].value == "6"
    at.run()
    assert at.metric[-1].value == "6"


def test_refreshes_need_no_duckdb(world: Actor, open_page: Open, slow: Make) -> None:
    with slow():
        at = open_page(world, "refreshes")
    assert not at.warning
    assert at.dataframe


def test_a_slow_search_of_an_owner_is_told_and_takes_nothing_else_away(
    world: Actor, open_page: Open, slow: Make
) -> None:
    at = open_page(world, "trends")
    with slow():
        at.text_input(key="owner-search").set_value("ann").run()
        assert [plain(w.value) for w in at.warning] == [warehouse.TOO_SLOW]
        assert at.get("vega_lite_chart")
    at.run()
    press(at, f"{escape('ann@example.com')} · 3 items")
    assert at.query_params["owner"]
