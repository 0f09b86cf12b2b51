"""What tests of questions share: a snapshot whose owners have as much as others."""

import pytest

from core.snapshots.reader import Snapshot
from tests.conftest import Sql
from tests.etl.conftest import fill, take_snapshot


@pytest.fixture
def snapshot(sql: Sql) -> Snapshot:
    """A published snapshot of users of whom a tenth own nothing, and many own equally much."""
    fill(sql, users=200, items=1_500)
    return take_snapshot()
