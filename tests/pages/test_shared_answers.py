"""Pages keep no Polars frames, whose owners are the functions that made them."""

import gc

import polars as pl

from core.actor import Actor
from dashboard.cache import warm_up
from tests.pages.conftest import Open

FRAMES = (pl.DataFrame, pl.Series, pl.LazyFrame)


def alive() -> set[int]:
    """Return the frames and series that somebody holds."""
    gc.collect()
    return {id(each) for each in gc.get_objects() if isinstance(each, FRAMES)}


def test_no_frame_outlives_the_pages_that_made_it(world: Actor, open_page: Open) -> None:
    before = alive()
    warm_up.warm_newer(None)
    pages = [
        open_page(world, name)
        for name in ("overview", "items_by_user", "active_users", "trends", "refreshes", "audit")
    ]
    assert not [page.exception for page in pages if page.exception]
    assert alive() <= before
