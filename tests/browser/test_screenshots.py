"""Every page at two widths, light and dark: drawn without complaint, and pictured to be looked at.

The pictures go to `test-output/`, as `<page>-<width>-<scheme>.png`.
"""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from dashboard.shell.screens import SCREENS
from tests.browser.conftest import PHONE_WIDTH, ROOT_EMAIL, Site, new_context, settle, snap, watch
from tests.conftest import execute

OFF = {"enabled": False}
AXE = {"resultTypes": ["violations"], "rules": {"list": OFF, "listitem": OFF}}
PAGES = {screen.name: screen.title for screen in SCREENS}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_every_page_is_drawn(
    site: Site, browser: Browser, signed_in: dict[str, object], width: int, scheme: str
) -> None:
    context = new_context(browser, site, signed_in[ROOT_EMAIL], width=width, scheme=scheme)
    tab = context.new_page()
    watched = watch(tab)
    for name, title in PAGES.items():
        tab.goto("/" if name == "overview" else f"/{name}")
        settle(tab, title)
        assert no_sideways_scroll(tab), f"{name} is wider than {width} pixels"
        if width > PHONE_WIDTH:  # the same elements, drawn narrower
            assert serious_findings(tab) == [], name
        picture(tab, f"{name}-{width}-{scheme}")
    assert watched.complaints == []
    assert watched.hosts <= {"localhost"}
    context.close()


@pytest.mark.parametrize(("width", "scheme"), [(1440, "light"), (1440, "dark"), (390, "light")])
def test_every_dialog_is_drawn(
    site: Site, browser: Browser, signed_in: dict[str, object], width: int, scheme: str
) -> None:
    context = new_context(browser, site, signed_in[ROOT_EMAIL], width=width, scheme=scheme)
    tab = context.new_page()
    watched = watch(tab)
    tab.goto("/users")
    settle(tab, "Users")
    tab.get_by_role("button", name="New user").click()
    form = tab.get_by_role("dialog")
    form.get_by_label("E-mail address").fill("somebody")
    form.get_by_role("textbox", name="Password").fill("short")
    form.get_by_role("button", name="Create").click()
    expect(form.get_by_text("Use 10 to 128 characters.")).to_be_visible()
    snap(tab, f"dialog-errors-{width}-{scheme}")
    form.get_by_role("button", name="Cancel").click()
    expect(form).to_have_count(0)
    tab.get_by_test_id("stDataFrame").click(position={"x": 15, "y": 208})
    tab.get_by_role("button", name="Delete").click()
    expect(form.get_by_text("Undo brings")).to_be_visible()
    snap(tab, f"dialog-delete-{width}-{scheme}")
    tab.keyboard.press("Escape")
    tab.goto("/items?q=lamp")
    settle(tab, "Items")
    tab.get_by_test_id("stDataFrame").click(position={"x": 15, "y": 48})
    tab.get_by_role("button", name="Edit").click()
    form.get_by_label("Title").fill("A title of mine")
    rename_newest(site)
    form.get_by_role("button", name="Save changes").click()
    expect(form.get_by_text("Saved meanwhile").first).to_be_attached()
    snap(tab, f"dialog-conflict-{width}-{scheme}")
    form.get_by_role("button", name="Use theirs").click()
    expect(form.get_by_text("Saved meanwhile")).to_have_count(0)
    expect(form.get_by_label("Title")).to_have_count(1)
    expect(form.get_by_label("Title")).to_have_value(re.compile(r"\(moved\)$"))
    form.get_by_role("button", name="Cancel").click()
    expect(form).to_have_count(0)
    assert watched.complaints == []
    context.close()


def rename_newest(site: Site) -> None:
    """Let somebody else save the item that is open in the form."""
    title = "title || ' (moved)'"
    execute(
        site.database,
        f"UPDATE item SET title = {title}, version = version + 1 "
        "WHERE id = (SELECT max(id) FROM item WHERE title ILIKE '%lamp%')",
    )


def picture(tab: Page, name: str) -> None:
    """Save what the whole page looks like: Streamlit scrolls inside, so the window grows first."""
    size = tab.viewport_size
    assert size is not None
    height = tab.evaluate("document.querySelector('[data-testid=stMain]').scrollHeight")
    tab.set_viewport_size({"width": size["width"], "height": max(size["height"], height)})
    snap(tab, name)
    tab.set_viewport_size(size)


def serious_findings(tab: Page) -> list[str]:
    """Return what axe-core finds seriously wrong, apart from the lists of Streamlit's own menu."""
    found = Axe().run(tab, options=AXE).response
    return [
        f"{finding['id']}: {node['html']}"
        for finding in found["violations"]
        if finding["impact"] in {"serious", "critical"}
        for node in finding["nodes"]
    ]


def no_sideways_scroll(tab: Page) -> bool:
    """Tell whether all of the page fits its width."""
    main = "document.querySelector('[data-testid=stMain]')"
    return bool(tab.evaluate(f"{main}.scrollWidth <= {main}.clientWidth"))
