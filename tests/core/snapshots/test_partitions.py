"""Partitions: every id is in one, the triggers' one."""

import pytest

from core.snapshots.partitions import LAST_PARTITION, PARTITION_BITS, bounds
from tests.conftest import Sql


@pytest.mark.parametrize("partition", [-1, 0, 1, LAST_PARTITION])
def test_one_partition_ends_where_the_next_one_begins(partition: int) -> None:
    first, last = bounds(partition)
    assert last + 1 == bounds(partition + 1)[0]
    assert {first >> PARTITION_BITS, last >> PARTITION_BITS} == {partition}


def test_the_change_log_divides_ids_in_the_same_way(sql: Sql) -> None:
    first, last = bounds(1)
    for user_id in (first - 1, first, last, last + 1):
        sql(
            'INSERT INTO "user" (id, email, hashed_password) OVERRIDING SYSTEM VALUE'
            f" VALUES ({user_id}, '{user_id}@example.com', '')"
        )
    noted = sql("SELECT part, sum(inserted) FROM change_note WHERE relation = 'user' GROUP BY 1")
    assert sorted(tuple(row) for row in noted) == [(0, 1), (1, 2), (2, 1)]
