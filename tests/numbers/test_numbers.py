"""Random users and items, refreshed, changed and refreshed again: each figure is the right one."""

from collections.abc import Iterator

import psycopg2
import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st
from psycopg2 import extensions

from core.analytics import metrics
from core.analytics.metrics import Totals
from core.snapshots import reader
from etl import refresh
from etl.views.ranking import delta
from tests.conftest import read_settings, restart
from tests.numbers import check
from tests.numbers.comparison import figures, movements
from tests.numbers.data import spread_in_time
from tests.numbers.postgresql import Rows, run

PEOPLE = """
TRUNCATE "user", item RESTART IDENTITY CASCADE;
INSERT INTO "user" (email, hashed_password, full_name, is_active)
SELECT 'user' || place || '@example.com', '!', nullif('Name ' || place % 7, 'Name 0'), place % 5 > 0
FROM generate_series(1, cardinality(%(counts)s::int[])) AS place;
INSERT INTO item (title, owner_id)
SELECT 'Thing', owner_id FROM unnest(%(counts)s::int[]) WITH ORDINALITY AS owned (n, owner_id),
    generate_series(1, n)
""".replace("place % ", "place %% ")


@pytest.fixture
def connection(
    environment: str, monkeypatch: pytest.MonkeyPatch
) -> Iterator[extensions.connection]:
    """The test's database, each statement committed; refreshes may lose as many rows as they do."""
    monkeypatch.setenv("REFRESH_HOLD_DROP_PERCENT", "100")
    read_settings()
    opened = psycopg2.connect(environment)
    opened.autocommit = True
    yield opened
    opened.close()
    restart()


COUNTS = st.lists(st.sampled_from([0, 0, 1, 1, 1, 2, 3, 5, 6, 10, 11, 50, 51]), max_size=25)


# A smaller example says no more here, and finding one takes minutes.
@settings(
    max_examples=3,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
@given(
    counts=COUNTS,
    ones=st.sampled_from([0, 0, 150]),
    seed=st.floats(-1, 1),
    every=st.integers(4, 12),
    most=st.sampled_from([0, delta.MOST]),
)
@example(
    counts=[51, 50, 6, 6, 0], ones=400, seed=0.5, every=7, most=0
)  # more than a hundred lately
def test_each_figure_is_what_postgresql_counts(
    connection: extensions.connection,
    counts: list[int],
    ones: int,
    seed: float,
    every: int,
    most: int,
) -> None:
    """With `MOST` at 0 the ranking is not written anew, however much of it moved."""
    run(connection, PEOPLE, {"counts": [*counts, *[1] * ones]})
    spread_in_time(connection, seed=seed)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(delta, "MOST", most)
        found = list(check.check(connection, every=every))
    assert [figure for figure in found if figure.differs] == []


def test_a_figure_that_is_wrong_is_named(
    connection: extensions.connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(connection, PEOPLE, {"counts": [3, 1, 0]})
    wrong = Totals(users=3, active_users=3, items=5, owners=2)
    monkeypatch.setattr(metrics, "totals", lambda _: wrong)
    refresh.run(trigger="test")
    taken = reader.current()
    rows = Rows(connection, taken.taken_at)
    named = [figure.name for figure in figures(taken, rows, owners=[1]) if figure.differs]
    assert named == ["totals"]
    rows.keep()
    assert not any(figure.differs for figure in movements(taken, taken, rows))
