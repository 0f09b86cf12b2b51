"""Links in a browser: each leads to what was asked where it stands, and nothing comes along."""

import re
from urllib.parse import parse_qsl, urlsplit

import pytest
from playwright.sync_api import Page, expect

from dashboard.shell.screens import SCREENS
from tests.browser.conftest import settle

NARROWED = [
    "/items?q=a&owner=5&period=30d",
    "/items_by_user?q=e&period=90d&least=2&active=yes&page=2",
    "/audit?q=user&who=ruth&period=week",
]


def asked(page: Page) -> dict[str, str]:
    """Return what the address asks for."""
    return dict(parse_qsl(urlsplit(page.url).query, keep_blank_values=True))


def rows(page: Page) -> int:
    """Return how many rows the list says that it has."""
    told = page.get_by_text(re.compile(r"^\d+ to [\d,]+ of [\d,]+ ")).first
    return int(told.inner_text().split()[4].replace(",", ""))


@pytest.mark.parametrize("address", NARROWED)
def test_the_menu_takes_nothing_along(page: Page, address: str) -> None:
    page.goto(address)
    menu = page.get_by_test_id("stSidebar")
    for screen in ("Users", "Items", "Items by user", "Trends"):
        title = next(s.title for s in SCREENS if s.title == screen)
        menu.get_by_role("link", name=title, exact=True).click()
        settle(page, title)
        assert asked(page) == {}


def test_a_row_takes_its_period_along_and_no_search(page: Page) -> None:
    page.goto("/items_by_user?q=an&period=30d&least=1")
    settle(page, "Items by user")
    page.get_by_label("Search users").fill("ar")
    page.get_by_label("Search users").press("Enter")
    expect(page).to_have_url(re.compile("q=ar"))
    settle(page, "Items by user")
    page.get_by_test_id("stDataFrame").click(position={"x": 15, "y": 48})
    settle(page, "Items")
    query = asked(page)
    assert query == {"owner": query["owner"], "period": "30d"}
    narrowed = rows(page)
    page.get_by_role("button", name=re.compile("^Created in the 30 days")).click()
    expect(page).to_have_url(re.compile(r"/items\?owner=\d+$"))
    settle(page, "Items")
    assert rows(page) > narrowed
    page.get_by_label("Search items").fill("zh-cn.")
    page.get_by_label("Search items").press("Enter")
    expect(page.get_by_text("Nothing matches “zh-cn.”, items of")).to_be_visible()


def test_a_figure_leads_to_as_many_rows(page: Page) -> None:
    page.goto("/")
    settle(page, "Overview")
    figure = page.get_by_test_id("stMetric").filter(has_text="New items, 30 days")
    number = int(figure.get_by_test_id("stMetricValue").inner_text().replace(",", ""))
    page.get_by_test_id("stPageLink-NavLink").nth(7).click()  # below that figure
    settle(page, "Items")
    assert asked(page) == {"period": "30d"}
    assert rows(page) == number
