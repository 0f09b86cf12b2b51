"""Every page at two widths, light and dark: drawn without complaint, and pictured to be looked at.

The pictures go to `test-output/`, as `<page>-<width>-<scheme>.png`.
"""

import pytest
from playwright.sync_api import Browser, Page, expect

from core.settings import ROOT
from tests.browser.conftest import ROOT_EMAIL, Site, new_context, watch

OUTPUT = ROOT / "test-output"
PAGES = {
    "overview": "Overview",
    "items_by_user": "Items by user",
    "active_users": "Active users",
    "items": "Items",
    "users": "Users",
    "refreshes": "Refreshes",
}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_every_page_is_drawn(
    site: Site, browser: Browser, signed_in: dict[str, object], width: int, scheme: str
) -> None:
    OUTPUT.mkdir(exist_ok=True)
    context = new_context(browser, site, signed_in[ROOT_EMAIL], width=width, scheme=scheme)
    tab = context.new_page()
    watched = watch(tab)
    for name, title in PAGES.items():
        tab.goto("/" if name == "overview" else f"/{name}")
        settle(tab, title)
        assert no_sideways_scroll(tab), f"{name} is wider than {width} pixels"
        picture(tab, f"{name}-{width}-{scheme}")
    assert watched.complaints == []
    assert watched.hosts <= {"localhost"}
    context.close()


def settle(tab: Page, title: str) -> None:
    """Wait until a page has been drawn, its charts and tables included."""
    expect(tab.get_by_role("heading", name=title, exact=True)).to_be_visible()
    expect(tab.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning")
    expect(tab.get_by_test_id("stSkeleton")).to_have_count(0)
    for chart in tab.get_by_test_id("stVegaLiteChart").all():
        chart.locator("svg, canvas").first.wait_for()
    for table in tab.get_by_test_id("stDataFrame").all():
        table.locator("canvas").first.wait_for()
    tab.evaluate("document.fonts.ready")


def picture(tab: Page, name: str) -> None:
    """Save what the whole page looks like: Streamlit scrolls inside, so the window grows first."""
    size = tab.viewport_size
    assert size is not None
    height = tab.evaluate("document.querySelector('[data-testid=stMain]').scrollHeight")
    tab.set_viewport_size({"width": size["width"], "height": max(size["height"], height)})
    tab.screenshot(path=OUTPUT / f"{name}.png", animations="disabled")
    tab.set_viewport_size(size)


def no_sideways_scroll(tab: Page) -> bool:
    """Tell whether all of the page fits its width."""
    main = "document.querySelector('[data-testid=stMain]')"
    return bool(tab.evaluate(f"{main}.scrollWidth <= {main}.clientWidth"))
