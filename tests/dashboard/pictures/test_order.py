"""Each picture of the catalog says what it shows, and there are no others."""

from datetime import date
from typing import Any

import polars as pl
import pytest

from core.analytics.owner_filter import OwnerFilter
from core.analytics.trend_filter import TrendFilter, Window
from core.calendar.periods import Period
from core.calendar.steps import Step
from core.errors import Invalid, NotFound
from core.exports.parameters import Everything, OwnersPage, Ranks, Recent
from dashboard import pictures
from dashboard.pictures import frame
from dashboard.pictures.catalog import PICTURES
from dashboard.pictures.renderer import Renderer
from tests.dashboard.pictures.drawings import owners, texts

DAYS = [date(2026, 3, day) for day in (1, 2, 3)]
TREND = pl.DataFrame(
    {
        "day": DAYS,
        "users": [1, 0, 2],
        "users_in_all": [1, 1, 3],
        "items": [5, 6, 7],
        "items_in_all": [5, 11, 18],
        "partial": [False, False, True],
    }
)
SOME_DAYS = TrendFilter(Step.DAY, window=Window(DAYS[0], DAYS[-1]))
SHOWN: dict[str, tuple[pl.DataFrame, Any, list[str]]] = {
    "new_users": (TREND, SOME_DAYS, ["New users by day", "All users, from 2026-03-01 until"]),
    "new_items": (TREND, SOME_DAYS, ["New items by day"]),
    "users_by_step": (TREND, SOME_DAYS, ["New users by day"]),
    "items_by_step": (TREND, SOME_DAYS, ["New items by day"]),
    "users_in_all": (TREND, SOME_DAYS, ["Users in all", "All users"]),
    "items_in_all": (TREND, SOME_DAYS, ["Items in all", "16"]),
    "top_owners": (
        owners(["ann@example.com"]),
        Recent(Period.DAYS_7),
        ["Items created in the last 7 days", "The ten users who", "ann@example.com"],
    ),
    "spread": (
        pl.DataFrame({"bucket": ["0", "2-5"], "users": [1234, 5]}),
        Everything(),
        ["Users by items owned", "2-5 items", "1,234"],
    ),
    "page_of_owners": (
        owners(["ann@example.com", "bo@example.com"]),
        OwnersPage(OwnerFilter("<b>", least=2), 3),
        ["Items owned by user", "Page 3 of “<b>”, at least 2 items", "Rank"],
    ),
    "ranks": (
        pl.DataFrame({"item_count": [9, 1], "users": [1, 200]}),
        Ranks(Period.ALL, 51, 100),
        ["Items owned by rank", "All owners; ranks 51 to 100 are marked", "100"],
    ),
}


@pytest.mark.parametrize("name", PICTURES)
def test_every_picture_says_what_it_shows(name: str) -> None:
    rows, filters, said = SHOWN[name]
    picture = PICTURES[name]
    drawing = picture.draw(rows, filters)
    spec = frame.framed(drawing, picture.title(filters), [picture.remark(filters)])
    written = "\n".join(texts(Renderer().render(spec, "svg")))
    for text in said:
        assert text in written


def test_what_there_is_no_picture_of_is_refused() -> None:
    with pytest.raises(NotFound, match="no picture of this name"):
        pictures.read_order("cats", pictures.FORMATS["png"], {})
    for name, query in [
        ("new_users", {"step": "hour"}),
        ("new_users", {"owner": "x"}),
        ("page_of_owners", {"page": "0"}),
        ("page_of_owners", {"page": "x"}),
        ("ranks", {"first": "1", "last": "9" * 13}),
        ("spread", {"zone": "Nowhere/Else"}),
        ("spread", {"q": "x"}),
    ]:
        with pytest.raises(Invalid):
            pictures.read_order(name, pictures.FORMATS["svg"], query)
