"""Partitions of ids: the change log counts by partition, and each is one file of a snapshot."""

PARTITION_BITS = 18  # 262,144 consecutive ids; the triggers of the change log shift by 18 too
LAST_PARTITION = (2**63 - 1) >> PARTITION_BITS


def bounds(partition: int) -> tuple[int, int]:
    """Return the first and the last id of a partition."""
    first = partition << PARTITION_BITS
    return first, first + (1 << PARTITION_BITS) - 1
