"""How glibc handles freed memory; with another C library, nothing here has an effect.

See https://man7.org/linux/man-pages/man3/mallopt.3.html and malloc_trim.3.html.
"""

import ctypes

M_ARENA_MAX = -8
MOST_ARENAS = 2


def share_arenas() -> None:
    """Limit the process to two malloc arenas, as an arena keeps the memory that was freed in it.

    The default is eight per core, and short-lived threads fill them all.
    """
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
