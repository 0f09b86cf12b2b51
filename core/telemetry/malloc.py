"""How Arrow, Polars and glibc handle freed memory; another C library ignores its part of it.

See https://man7.org/linux/man-pages/man3/mallopt.3.html and malloc_trim.3.html.
"""

import ctypes
import os

M_ARENA_MAX = -8
MOST_ARENAS = 2
# By default both keep freed memory for later, and a process that refreshes now and then pays for it
# all the time: a full refresh of ten million items needs a fifth less memory with these.
ALLOCATORS = {
    "ARROW_DEFAULT_MEMORY_POOL": "system",
    "_RJEM_MALLOC_CONF": "dirty_decay_ms:0,muzzy_decay_ms:0",
}


def configure() -> None:
    """Give freed memory back to the system, and let threads share what malloc keeps.

    An entry point calls this before anything imports Arrow or Polars, which read the environment
    once. Variables that are set already stay as they are.
    """
    for name, value in ALLOCATORS.items():
        os.environ.setdefault(name, value)
    # An arena keeps the memory that was freed in it. The default is eight arenas per core, and
    # short-lived threads fill them all: with two, the dashboard needs a quarter less memory while
    # two hundred people read and it refreshes.
    _call("mallopt", M_ARENA_MAX, MOST_ARENAS)


def release() -> None:
    """Return freed memory to the system; a refresh does so between two steps.

    Otherwise each step would add to what the last one left in the arenas.
    """
    _call("malloc_trim", 0)


def _call(name: str, *numbers: int) -> None:
    function = getattr(ctypes.CDLL(None), name, None)
    if function is not None:
        function(*numbers)
