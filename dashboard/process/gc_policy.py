"""Python's garbage collections, each of which stops all threads: seldom while Tally serves."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

# How many objects more than before are looked at, and how often those that have outlived that.
# With Python's own 700, 10 and 10 everything was looked at every six seconds, for up to half a
# second: what a run of a page makes and drops was taken for what stays.
THRESHOLDS = (20_000, 20, 20)


@contextmanager
def held_back() -> Iterator[None]:
    """Collect seldom in the block, and never look at what there is by now."""
    before = gc.get_threshold()
    gc.collect()
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()  # what is frozen is reported as leaked when Python ends
