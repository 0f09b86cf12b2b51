"""Checks that threads can share a value: only Arrow tables and plain immutable values."""

from collections.abc import Iterable, Mapping
from dataclasses import fields, is_dataclass
from datetime import date, timedelta
from enum import Enum
from pathlib import PurePath
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

NOT_SHAREABLE = (
    "Threads cannot share a {}: keep an Arrow table or a plain value (core/analytics/frames.py)."
)
PLAIN = (type(None), bool, int, float, str, bytes, date, timedelta, Enum, PurePath, pa.Table)
SEVERAL = (tuple, list, frozenset)


class NotShareable(TypeError):
    """The value is or contains something that only one thread may use."""


def require_shareable(value: object) -> None:
    """Raise `NotShareable` unless threads can share a value and everything in it.

    Dictionaries and lists are allowed, as cached values are never changed.
    """
    if not isinstance(value, PLAIN):
        for part in _parts(value):
            require_shareable(part)


def _parts(value: object) -> Iterable[object]:
    if isinstance(value, Mapping):
        return [*value.keys(), *value.values()]
    if isinstance(value, SEVERAL):
        return value
    if is_dataclass(value) and not isinstance(value, type) and _is_frozen(value):
        return [getattr(value, field.name) for field in fields(value)]
    if isinstance(value, np.ndarray) and _is_its_own(value):
        return ()
    raise NotShareable(NOT_SHAREABLE.format(type(value).__name__))


def _is_frozen(value: object) -> bool:
    return bool(value.__dataclass_params__.frozen)  # type: ignore[attr-defined]


def _is_its_own(numbers: npt.NDArray[Any]) -> bool:
    """Tell whether an array is read-only and owns its memory, rather than viewing a series."""
    return not numbers.flags.writeable and numbers.base is None
