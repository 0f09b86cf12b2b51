"""Columns of part files, and what they add up to: items per owner."""

import threading
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from core.snapshots.partitions import PARTITION_BITS

Integers = npt.NDArray[np.int64]
OFFSET = (1 << PARTITION_BITS) - 1
ONE = np.int32(1)


def read(path: Path, *names: str) -> pa.Table:
    """Return columns of a Parquet file; memory: these columns."""
    with pq.ParquetFile(path) as file:
        return file.read(columns=list(names), use_threads=False)


def integers(table: pa.Table, name: str) -> Integers:
    """Return a column without nulls as integers; times are microseconds since 1970."""
    column = table[name]
    if pa.types.is_timestamp(column.type):
        column = column.cast(pa.int64())
    return np.asarray(column.to_numpy(), dtype=np.int64)


def descending(counts: Integers) -> Integers:
    """Return the order of descending counts, stable."""
    top = counts.max(initial=0)  # in 16 bits it is a radix sort, several times faster
    inverted = top - counts
    return np.argsort(inverted.astype(np.uint16) if top < 1 << 16 else inverted, kind="stable")


class OwnerCounts:
    """How many items each user owns, counted in one array with a place for every possible id.

    Memory: 1 MiB for each part of the users. Several threads may add.
    """

    def __init__(self, user_partitions: Iterable[int]) -> None:
        self._partitions = np.array(sorted(user_partitions), dtype=np.int64)
        self._counts = np.zeros(len(self._partitions) << PARTITION_BITS, dtype=np.int32)
        self._adding = threading.Lock()
        self.orphans: set[int] = set()

    def add(self, owners: Integers) -> None:
        """Count the owners of some items; those outside all parts of the users are `orphans`."""
        partitions = owners >> PARTITION_BITS
        place = np.minimum(
            np.searchsorted(self._partitions, partitions), max(len(self._partitions) - 1, 0)
        )
        known = (
            self._partitions[place] == partitions
            if len(self._partitions)
            else np.zeros(len(owners), bool)
        )
        if not known.all():
            self.orphans.update(owners[~known][:10].tolist())
            owners, place = owners[known], place[known]
        index = (place << PARTITION_BITS) | (owners & OFFSET)
        with self._adding:
            np.add.at(self._counts, index, ONE)

    @classmethod
    def sum(cls, counted: Sequence["OwnerCounts"]) -> "OwnerCounts":
        """Return the sum of several, which are of the same parts."""
        summed = cls(counted[0]._partitions.tolist())
        for one in counted:
            summed._counts += one._counts
        return summed

    def pairs(self) -> tuple[Integers, Integers]:
        """Return the owners, ascending, and how many items each of them has."""
        index = np.flatnonzero(self._counts > 0)
        owners = (self._partitions[index >> PARTITION_BITS] << PARTITION_BITS) | (index & OFFSET)
        return owners, self._counts[index].astype(np.int64)
