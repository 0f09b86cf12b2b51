"""What the C library does with memory that was let go of, where it is glibc.

See https://man7.org/linux/man-pages/man3/mallopt.3.html and malloc_trim.3.html.
"""

import ctypes

M_ARENA_MAX = -8
MOST_ARENAS = 2


def share_arenas() -> None:
    """Let all threads share two arenas from now on: each keeps what was freed in it for itself.

    By default there are eight for each core, of which threads that come and go fill all.
    """
    _call("mallopt", M_ARENA_MAX, MOST_ARENAS)


def release() -> None:
    """Give memory that is free back to the system, between two steps of a refresh.

    It is kept otherwise, and each step would add to what the last one kept.
    """
    _call("malloc_trim", 0)


def _call(name: str, *numbers: int) -> None:
    function = getattr(ctypes.CDLL(None), name, None)
    if function is not None:
        function(*numbers)
