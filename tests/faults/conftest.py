"""What the tests of faults share: processes that can be killed."""

from collections.abc import Iterator

import pytest

from tests.faults.nursery import Nursery


@pytest.fixture(scope="session")
def nursery() -> Iterator[Nursery]:
    """A process that has imported everything and forks others."""
    with Nursery() as parent:
        yield parent
