"""Trends in a browser: brushed, seen whole again, and narrowed to an owner found while typing."""

import re
from datetime import datetime

from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import settle, snap

LEFT = 300  # pixels from the left, where there are bars in the first half of the time
FEET, SMALL = 282, 345  # pixels from the top: the feet of the large bars, and among the small ones


def test_trends_are_brushed_and_narrowed_to_an_owner(page: Page) -> None:
    page.goto("/trends")
    settle(page, "Trends")
    chart = page.get_by_test_id("stVegaLiteChart").locator("canvas").first
    whole = day_at_the_left(page, chart)
    drag(page, chart, 0.8, 0.95)
    assert (day_at_the_left(page, chart) - whole).days > 365
    snap(page, "trends-brushed-1440-light")
    chart.dblclick(position={"x": LEFT, "y": SMALL})
    assert day_at_the_left(page, chart) == whole

    page.get_by_label("Owner").press_sequentially("maria")
    found = page.get_by_role("button", name=re.compile(r" · [\d,]+ items?$")).first
    address = found.inner_text().split(" · ")[0]
    found.click()
    expect(page).to_have_url(re.compile(r"owner=\d+"))
    expect(page.get_by_text(f"Items of {address}")).to_be_visible()
    page.get_by_role("button", name=address).click()
    expect(page.get_by_text("All users")).to_be_visible()


def drag(page: Page, chart: Locator, start: float, end: float) -> None:
    """Drag across the small chart, from one part of its width to another."""
    box = chart.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + start * box["width"], box["y"] + SMALL)
    page.mouse.down()
    page.mouse.move(box["x"] + end * box["width"], box["y"] + SMALL, steps=5)
    page.mouse.up()


def day_at_the_left(page: Page, chart: Locator) -> datetime:
    """Return the first day of a bar at the left of the large chart, as its tooltip says."""
    tooltip = page.locator("#vg-tooltip-element.visible")
    for x in range(LEFT, LEFT + 80, 4):  # looked at closely, bars are thin and far apart
        chart.hover(position={"x": x, "y": FEET})
        if tooltip.is_visible():
            break
    found = re.search(r"\d+ \w+ \d{4}", tooltip.inner_text())
    assert found
    return datetime.strptime(found[0], "%d %B %Y").astimezone()
