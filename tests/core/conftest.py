"""Analytics are tested on snapshots that a real refresh has made."""

from tests.etl.conftest import _forget_snapshots, root, sql  # noqa: F401  # fixtures
