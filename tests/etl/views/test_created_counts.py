"""Quarters of an hour: added up, taken away again, and in their order."""

from datetime import UTC, datetime, timedelta

import numpy as np

from etl.views.created_counts import QUARTER, Created


def test_quarters_are_in_their_order_and_gone_when_nothing_is_left_of_them() -> None:
    created = Created()
    created.add("items", np.array([9, 2, 9, 4]) * QUARTER + 7)
    created.add("users", np.array([4, 1]) * QUARTER)
    created.add("items", np.array([2, 9]) * QUARTER, sign=-1)
    found = [tuple(row.values()) for row in created.table().to_pylist()]
    start, step = datetime(1970, 1, 1, tzinfo=UTC), timedelta(minutes=15)
    assert found == [(start + step, 1, 0), (start + 4 * step, 1, 1), (start + 9 * step, 0, 1)]
