"""Answers that are kept, so that nobody waits for them twice."""

import pytest

from core.analytics import metrics, warehouse
from core.analytics.frames import to_frame
from core.analytics.owner_filter import OwnerFilter
from core.calendar.periods import Period
from core.snapshots.reader import Snapshot
from dashboard.cache import answers
from tests.conftest import Sql
from tests.etl.conftest import fill, take_snapshot


@pytest.mark.parametrize("period", [Period.ALL, Period.DAYS_90])
def test_all_pages_of_a_search_and_its_count_take_one_look_at_the_texts(
    sql: Sql, monkeypatch: pytest.MonkeyPatch, period: Period
) -> None:
    fill(sql, users=200, items=1_500)
    sql("UPDATE item SET created_at = now() - interval '1 day'")
    snapshot = take_snapshot()
    filters = OwnerFilter("1", period=period)
    expected = metrics.items_by_user(snapshot, filters, limit=1000).rows()
    asked: list[str] = []
    read = warehouse.read

    def listen(snapshot: Snapshot, question: str, **parameters: object) -> object:
        asked.append(question)
        return read(snapshot, question, **parameters)

    monkeypatch.setattr(warehouse, "read", listen)
    first, second = (answers.owners(snapshot, filters, skip=skip) for skip in (0, 50))
    assert (first.count, second.count) == (len(expected), len(expected))
    assert [row for part in (first, second) for row in to_frame(part.rows).rows()] == expected[:100]
    assert len(second.rows) > 0
    assert sum(question.startswith("matching") for question in asked) == 1
