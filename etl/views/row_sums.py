"""What the rows of both tables add up to: when they were created, and how many users are active."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from etl.run.deadline import Limits
from etl.run.parallel import open_pool
from etl.views import owner_counts
from etl.views.created_counts import Created
from etl.views.owner_counts import OwnerCounts


@dataclass
class RowSums:
    """Sums of all partitions that were added, less those that were subtracted."""

    limits: Limits
    created: Created
    active: int = 0

    def add(
        self,
        users: Iterable[Path],
        items: Iterable[Path],
        *,
        sign: int = 1,
        owners: OwnerCounts | None = None,
    ) -> None:
        """Add partitions, several at a time, since reading leaves the interpreter free.

        With a sign of -1 they are subtracted. `owners` counts the owners of the items as well.
        """
        with open_pool("sums") as pool:
            active = pool.map(lambda path: self._add_users(path, sign), users)
            self.active += sign * sum(active)
            for _ in pool.map(lambda path: self._add_items(path, sign, owners), items):
                pass

    def _add_users(self, path: Path, sign: int) -> int:
        """Add a partition of users; return how many of them are active."""
        self.limits.check()
        table = owner_counts.read(path, "created_at", "is_active")
        self.created.add("users", owner_counts.integers(table, "created_at"), sign=sign)
        return int(np.count_nonzero(table["is_active"].to_numpy()))

    def _add_items(self, path: Path, sign: int, owners: OwnerCounts | None) -> None:
        self.limits.check()
        names = ("created_at", "owner_id") if owners is not None else ("created_at",)
        table = owner_counts.read(path, *names)
        if owners is not None:
            owners.add(owner_counts.integers(table, "owner_id"))
        self.created.add("items", owner_counts.integers(table, "created_at"), sign=sign)
