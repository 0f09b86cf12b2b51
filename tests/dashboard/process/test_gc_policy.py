"""Garbage: looked at seldom while Tally serves, and as Python comes after that."""

import gc

from dashboard.process import gc_policy


def test_collections_are_held_back_in_the_block_alone() -> None:
    before = gc.get_threshold()
    with gc_policy.held_back():
        assert gc.get_threshold() == gc_policy.THRESHOLDS != before
        assert gc.get_freeze_count() > 0
    assert gc.get_threshold() == before
    assert gc.get_freeze_count() == 0
