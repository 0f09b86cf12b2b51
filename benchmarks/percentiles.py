"""Percentiles of measurements."""

from collections.abc import Collection


def percentile(values: Collection[float], percent: int) -> float:
    """Return a percentile by the nearest-rank method; raise `IndexError` without values."""
    return sorted(values)[-(-len(values) * percent // 100) - 1]
