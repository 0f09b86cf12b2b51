"""Makes Python's garbage collection rare while Tally serves, as each one stops all threads."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

# The thresholds of the three generations (see `gc.set_threshold`). With Python's default of 700, 10
# and 10, temporary objects of page runs reached the oldest generation: a full collection came every
# six seconds and took up to half a second.
THRESHOLDS = (20_000, 20, 20)


@contextmanager
def held_back() -> Iterator[None]:
    """Collect rarely inside the block, and never scan the objects that exist at its start."""
    before = gc.get_threshold()
    gc.collect()
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()  # Python would report frozen objects as leaks at exit
