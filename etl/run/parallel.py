"""How parallel a refresh is: one setting, `REFRESH_WORKERS`, for every pool that it works in."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import copy_context
from functools import cache
from typing import TypeVar

from core.settings import get_settings

Value = TypeVar("Value")
Result = TypeVar("Result")


def open_pool(name: str) -> ThreadPoolExecutor:
    """Return as many threads as the setting says; they end with the block that they are used in."""
    return ThreadPoolExecutor(get_settings().parallel_refresh, thread_name_prefix=name)


@contextmanager
def map_ahead(
    work: Callable[[Value], Result], values: Iterable[Value], name: str
) -> Iterator[Iterator[Result]]:
    """Give the results in their order, made one after the other ahead of who uses them.

    Where the setting is 1, each is made when it is asked for.
    """
    if get_settings().parallel_refresh == 1:
        yield map(work, values)
        return
    with ThreadPoolExecutor(1, thread_name_prefix=name) as thread:
        yield thread.map(work, values)


@contextmanager
def run_beside(work: Callable[[], Result], name: str) -> Iterator[Callable[[], Result]]:
    """Begin some work beside what the block does; give what waits for its result.

    Where the setting is 1, it is done when it is waited for.
    """
    if get_settings().parallel_refresh == 1:
        yield cache(work)
        return
    with ThreadPoolExecutor(1, thread_name_prefix=name) as thread:
        yield thread.submit(copy_context().run, work).result
