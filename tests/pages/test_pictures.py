"""The menus of charts and series: each leads to the file of what the page shows, and no further."""

import html
import io
import re
from urllib.parse import parse_qsl, urlsplit

import polars as pl
import pytest
from streamlit.testing.v1 import AppTest

from core.actor import Actor
from core.db.engine import transaction
from core.db.models import User
from core.exports import export, query
from core.exports.catalog import find_question
from core.exports.export import Order
from core.exports.formats import FORMATS
from dashboard import pictures
from dashboard.charts import series
from etl import refresh
from tests.dashboard.pictures.drawings import texts
from tests.pages.conftest import Open, make_aged_item, plain

LINK = re.compile(r'href="(/downloads/[^"]+)" (download)?')


def links(at: AppTest) -> dict[str, bool]:
    """Where the page's menus lead, and whether the browser is told to keep it at any rate."""
    found = "".join(element.value for element in at.main.html)
    return {html.unescape(address): bool(kept) for address, kept in LINK.findall(found)}


def order(address: str) -> Order:
    """What the server is asked for by an address."""
    parts = urlsplit(address)
    name, _, format = parts.path.removeprefix("/downloads/").partition(".")
    parameters = dict(parse_qsl(parts.query))
    if format in pictures.FORMATS:
        return pictures.read_order(name, pictures.FORMATS[format], parameters)
    return query.read_order(find_question(name), FORMATS[format], parameters)


def take(actor: Actor, address: str) -> bytes:
    """The file that is got there."""
    return b"".join(export.prepare(order(address), actor=actor).parts())


@pytest.mark.parametrize(
    ("page", "query", "said"),
    [
        (
            "overview",
            {"step": "day"},
            {
                "new_users": "New users by day",
                "new_items": "New items by day",
                "top_owners": "ann@example.com",
                "spread": "Users by items owned",
            },
        ),
        (
            "items_by_user",
            {"least": "2"},
            {"page_of_owners": "Page 1 of at least 2 items", "ranks": "ranks 1 to 2 are marked"},
        ),
        ("active_users", {"period": "7d"}, {"top_owners": "Items created in the last 7 days"}),
        ("trends", {"of": "users", "step": "month"}, {"users_by_step": "New users by month"}),
        (
            "trends",
            {"show": "total", "step": "day", "from": "2026-03-02", "until": "2026-03-04"},
            {"items_in_all": "All users, from 2026-03-02 until 2026-03-04"},
        ),
    ],
)
def test_every_chart_can_be_taken_away(
    world: Actor,
    system: Actor,
    open_page: Open,
    page: str,
    query: dict[str, str],
    said: dict[str, str],
) -> None:
    make_aged_item(system, 1)
    refresh.run(trigger="test")
    found = links(open_page(world, page, **query))
    drawn = {each: kept for each, kept in found.items() if urlsplit(each).path[-4:] == ".svg"}
    assert set(drawn.values()) == {False}  # what fails says so on a page
    named = {urlsplit(each).path[11:-4]: each for each in drawn}
    assert set(named) == set(said)
    for name, text in said.items():
        assert named[name].replace(".svg?", ".png?") in found
        assert text in "\n".join(texts(take(world, named[name])))


def test_one_owner_is_named_in_the_picture(world: Actor, open_page: Open) -> None:
    with transaction() as db:
        bo = db.query(User).filter_by(email="bo@example.com").one().id
    (address,) = [
        each for each in links(open_page(world, "trends", owner=str(bo))) if ".svg" in each
    ]
    assert any(text.startswith("Items of bo@example.com, ") for text in texts(take(world, address)))
    gone = address.replace(f"owner={bo}", "owner=99999")
    assert any("user 99999, who is gone" in text for text in texts(take(world, gone)))


def test_the_overview_gives_out_the_steps_that_it_shows(world: Actor, open_page: Open) -> None:
    at = open_page(world, step="day")
    (address,) = [each for each, kept in links(at).items() if kept and ".parquet" in each]
    rows = pl.read_parquet(io.BytesIO(take(world, address)))
    assert rows.height == series.RECENT_STEPS["day"]  # type: ignore[index]
    assert f"{rows.height} days. Days begin and end in UTC." in [
        plain(caption.value) for caption in at.main.caption
    ]


def test_trends_give_out_their_whole_series_or_what_is_looked_at(
    world: Actor, open_page: Open
) -> None:
    found = links(open_page(world, "trends", step="day"))
    (address,) = [each for each in found if ".raw.csv" in each]
    rows = pl.read_csv(take(world, address))
    assert rows["day"][0] == "2026-03-01"
    assert rows["items"].head(6).to_list() == [1] * 6
    assert rows["items_in_all"][-1] == 6
    assert rows["users_in_all"][-1] == rows["users"].sum() == 5
    window = {"from": "2026-03-02", "until": "2026-03-04"}
    at = open_page(world, "trends", step="day", **window)
    (address,) = [each for each in links(at) if ".raw.csv" in each]
    assert pl.read_csv(take(world, address))["items_in_all"].to_list() == [2, 3, 4]
    assert "3 days. Days begin and end in UTC." in [plain(c.value) for c in at.main.caption]
