"""Garbage: looked at seldom while Tally serves, and as Python comes after that."""

import gc

from dashboard import garbage


def test_collections_are_held_back_in_the_block_alone() -> None:
    before = gc.get_threshold()
    with garbage.held_back():
        assert gc.get_threshold() == garbage.THRESHOLDS != before
        assert gc.get_freeze_count() > 0
    assert gc.get_threshold() == before
    assert gc.get_freeze_count() == 0
