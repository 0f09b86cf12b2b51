"""The Refreshes page with a past: bars, a waterfall, a check, and older data made current."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import ROOT_EMAIL, Site, new_context, settle, watch
from tests.browser.test_screenshots import no_sideways_scroll, picture, serious_findings
from tests.conftest import execute

FAILED = (
    "INSERT INTO refresh_run (status, trigger, started_at, finished_at, error) VALUES "
    "('failed', 'schedule', now() - interval '9 minutes', now() - interval '9 minutes',"
    " 'The disk that holds the snapshots is full. The last snapshot stays in use.')"
)
CHANGE = (
    "INSERT INTO item (title, owner_id) SELECT 'Brought ' || i, (SELECT min(id) FROM \"user\")"
    " FROM generate_series(1, 14) i"
)


@pytest.fixture
def past(site: Site) -> Iterator[None]:
    """One more refresh in the history, which failed."""
    execute(site.database, FAILED)
    yield
    execute(site.database, "DELETE FROM refresh_run WHERE status = 'failed'")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_a_refresh_is_drawn_with_its_details(
    site: Site, past: None, browser: Browser, signed_in: dict[str, object], width: int, scheme: str
) -> None:
    context = new_context(browser, site, signed_in[ROOT_EMAIL], width=width, scheme=scheme)
    tab = context.new_page()
    watched = watch(tab)
    tab.goto("/refreshes")
    settle(tab, "Refreshes")
    tab.get_by_test_id("stDataFrame").first.click(position={"x": 15, "y": 80})
    expect(tab.get_by_text("Snapshot ", exact=False).first).to_be_visible()
    expect(tab.get_by_test_id("stVegaLiteChart")).to_have_count(2)
    settle(tab, "Refreshes")
    assert no_sideways_scroll(tab)
    assert serious_findings(tab) == []
    picture(tab, f"state-refresh-details-{width}-{scheme}")
    assert watched.complaints == []
    context.close()


def test_refreshes_are_looked_into_and_older_data_is_made_current(
    site: Site, past: None, page: Page
) -> None:
    page.goto("/refreshes")
    settle(page, "Refreshes")
    execute(site.database, CHANGE)
    expect(page.get_by_text("14 items newer in the database.")).to_be_visible(timeout=40_000)
    page.get_by_role("button", name="Refresh data").click()
    expect(page.get_by_text("New data: 14 items new, 1 part rewritten.")).to_be_visible()
    page.get_by_role("button", name="Check against the database").click()
    expect(page.get_by_text("Checks against the database")).to_be_visible()
    page.get_by_test_id("stDataFrame").last.click(position={"x": 15, "y": 80})
    page.get_by_role("button", name="Make current").click()
    page.get_by_role("dialog").get_by_role("button", name="Make it current").click()
    expect(page.get_by_text("Ruth Root set the data back at")).to_be_visible()
    expect(page.get_by_role("button", name="Refresh data")).to_be_disabled()
    page.get_by_role("button", name="Let go of the older data").click()
    page.get_by_role("dialog").get_by_role("button", name="Let go").click()
    expect(page.get_by_text("Ruth Root set the data back at")).to_have_count(0)
