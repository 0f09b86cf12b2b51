"""What the tests of faults share: processes that can be killed, rows in bulk, and the eye."""

from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg2
import pytest

from core import snapshots, warehouse
from core.settings import get_settings
from tests.faults.nursery import Nursery

Row = tuple[object, ...]
Sql = Callable[..., list[Row]]


@pytest.fixture(scope="session")
def nursery() -> Iterator[Nursery]:
    """A process that has imported everything and forks others."""
    with Nursery() as parent:
        yield parent


@pytest.fixture
def sql(environment: str) -> Iterator[Sql]:
    """Run SQL on the test's database, each statement committed; returns its rows."""
    connection = psycopg2.connect(environment, application_name="faults")
    connection.autocommit = True

    def run(statement: str, *parameters: object) -> list[Row]:
        with connection.cursor() as cursor:
            cursor.execute(statement, parameters or None)
            return cursor.fetchall() if cursor.description else []

    yield run
    connection.close()


@pytest.fixture
def root(environment: str) -> Path:
    """The folder of the snapshots; not made yet."""
    return get_settings().parquet_path.resolve()


@pytest.fixture(autouse=True)
def _forget_snapshots() -> Iterator[None]:
    """Let go of snapshots and of DuckDB, as a process that ends does."""
    yield
    warehouse.close()
    snapshots.forget()
