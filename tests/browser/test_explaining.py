"""Explain this number, by keyboard, at both widths."""

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import ROOT_EMAIL, Site, new_context, settle, snap, watch
from tests.browser.test_screenshots import no_sideways_scroll, serious_findings


@pytest.mark.parametrize(("width", "scheme"), [(1440, "light"), (390, "dark")])
def test_a_number_is_explained_by_keyboard(
    site: Site, browser: Browser, signed_in: dict[str, object], width: int, scheme: str
) -> None:
    context = new_context(browser, site, signed_in[ROOT_EMAIL], width=width, scheme=scheme)
    tab = context.new_page()
    watched = watch(tab)
    tab.goto("/")
    settle(tab, "Overview")
    tab.get_by_role("button", name="Explain").nth(2).focus()
    tab.keyboard.press("Enter")
    dialog = tab.get_by_role("dialog")
    expect(dialog.get_by_text("Every row of the table of items.")).to_be_visible()
    dialog.get_by_role("button", name="Recount in the database").focus()
    tab.keyboard.press("Enter")
    expect(dialog.get_by_text("in the database at")).to_be_visible()
    dialog.get_by_text("SQL", exact=True).click()
    expect(dialog.get_by_text("DuckDB ran this.")).to_be_visible()
    assert no_sideways_scroll(tab)
    assert serious_findings(tab) == []
    snap(tab, f"dialog-explain-{width}-{scheme}")
    tab.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    assert watched.complaints == []
    context.close()
