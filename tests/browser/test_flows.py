"""What people do in a browser, from sign-in to sign-out, with the real server below."""

import re
from urllib.parse import quote_plus

from playwright.sync_api import Browser, Page, expect

from dashboard.shell.screens import SCREENS
from tests.browser.conftest import (
    ROOT_EMAIL,
    STAFF_EMAIL,
    Site,
    new_context,
    settle,
    watch,
)
from tests.conftest import PASSWORD, execute


def test_sign_in_survives_a_reload_a_deep_link_and_ends_with_sign_out(
    site: Site, browser: Browser
) -> None:
    context = new_context(browser, site)
    tab = context.new_page()
    watched = watch(tab)
    tab.goto("/items?q=lamp")
    expect(tab).to_have_url(re.compile("/sign-in"))
    tab.get_by_label("E-mail address").fill(STAFF_EMAIL)
    tab.get_by_label("Password").fill(PASSWORD)
    tab.get_by_role("button", name="Sign in").click()
    settle(tab, "Items")
    expect(tab).to_have_url(re.compile(r"/items\?q=lamp$"))
    expect(tab.get_by_label("Search items")).to_have_value("lamp")
    tab.reload()
    settle(tab, "Items")
    expect(tab.get_by_text("Stan Staff")).to_be_visible()
    tab.get_by_role("button", name="Sign out").click()
    expect(tab).to_have_url(re.compile("/sign-in"))
    tab.goto("/items")
    expect(tab).to_have_url(re.compile("/sign-in"))
    assert watched.hosts <= {"localhost"}
    context.close()


def test_staff_see_no_users_page(
    site: Site, browser: Browser, signed_in: dict[str, object]
) -> None:
    context = new_context(browser, site, signed_in[STAFF_EMAIL])
    tab = context.new_page()
    tab.goto("/users")
    expect(tab.get_by_role("link", name="Items by user").first).to_be_visible()
    expect(tab.get_by_role("heading", name="Users", exact=True)).to_have_count(0)
    expect(tab.get_by_role("link", name="Users", exact=True)).to_have_count(0)
    context.close()


TITLES = [screen.title for screen in reversed(SCREENS)]


def test_the_menu_leads_to_every_page(page: Page) -> None:
    page.goto("/")
    settle(page, "Overview")
    for title in TITLES:
        page.get_by_test_id("stSidebar").get_by_role("link", name=title, exact=True).click()
        settle(page, title)
        expect(page).to_have_title(f"{title} · Tally")


def test_an_item_is_created_changed_deleted_and_brought_back(page: Page) -> None:
    page.goto("/items")
    settle(page, "Items")
    page.get_by_role("button", name="New item").click()
    form = page.get_by_role("dialog")
    form.get_by_label("Title").fill("Aa browser lamp")
    form.get_by_label("Owner's e-mail address").fill("nobody@example.com")
    form.get_by_role("button", name="Create").click()
    expect(form.get_by_text("No user has this address.")).to_be_visible()
    expect(form.get_by_label("Title")).to_have_value("Aa browser lamp")
    form.get_by_label("Owner's e-mail address").fill(STAFF_EMAIL)
    form.get_by_role("button", name="Create").click()
    expect(form).to_have_count(0)
    expect(page.get_by_text("The item was created.")).to_be_visible()

    search(page, "Search items", "Aa browser lamp")
    choose_first(page)
    page.get_by_role("button", name="Edit").click()
    form.get_by_label("Title").fill("Aa browser lantern")
    form.get_by_role("button", name="Save changes").click()
    expect(form).to_have_count(0)

    search(page, "Search items", "Aa browser lantern")
    choose_first(page)
    page.get_by_role("button", name="Delete").click()
    expect(form.get_by_text("Aa browser lantern")).to_be_visible()
    form.get_by_role("button", name="Delete item").click()
    expect(page.get_by_text("Deleted: Aa browser lantern")).to_be_visible()
    expect(page.get_by_text("Nothing matches.")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("The item is back.")).to_be_visible()
    expect(page.get_by_text("1 to 1 of 1 item")).to_be_visible()


def test_a_user_is_created_and_deleted_with_the_keyboard_alone(page: Page) -> None:
    page.goto("/users")
    settle(page, "Users")
    page.get_by_role("button", name="New user").focus()
    page.keyboard.press("Enter")
    form = page.get_by_role("dialog")
    form.get_by_label("E-mail address").focus()
    page.keyboard.type("keys@example.com")
    page.keyboard.press("Enter")
    expect(page.get_by_text("The user was created.")).to_be_visible()
    expect(form).to_have_count(0)

    search(page, "Search users", "keys@example.com")
    grid = page.get_by_test_id("stDataFrame")
    expect(grid).to_have_count(1)
    grid.click(position={"x": 120, "y": 50})
    page.keyboard.press("Shift+Space")
    delete = page.get_by_role("button", name="Delete")
    expect(delete).to_be_enabled()
    delete.focus()
    page.keyboard.press("Enter")
    expect(form.get_by_text("This user owns no items.")).to_be_visible()
    page.keyboard.press("Escape")
    expect(form).to_have_count(0)


def test_a_refresh_is_followed_to_its_end_by_everyone(
    site: Site, browser: Browser, signed_in: dict[str, object], page: Page
) -> None:
    other = new_context(browser, site, signed_in[STAFF_EMAIL])
    onlooker = other.new_page()
    onlooker.goto("/")
    settle(onlooker, "Overview")
    page.goto("/")
    settle(page, "Overview")
    change_something(site)
    page.get_by_role("button", name="Refresh data").click()
    expect(page.get_by_text(re.compile("New data: "))).to_be_visible()
    expect(page.get_by_role("button", name="Refresh data")).to_be_enabled()
    expect(onlooker.get_by_text(re.compile("New data: "))).to_be_visible(timeout=40_000)
    other.close()


def test_what_is_typed_survives_a_refresh_that_ends_meanwhile(site: Site, page: Page) -> None:
    page.goto("/items")
    settle(page, "Items")
    change_something(site)
    page.get_by_role("button", name="Refresh data").click()
    page.get_by_role("button", name="New item").click()
    form = page.get_by_role("dialog")
    form.get_by_label("Title").fill("Typed but not yet sent")
    expect(page.get_by_text(re.compile("New data: "))).to_be_visible()
    expect(form.get_by_label("Title")).to_have_value("Typed but not yet sent")


def test_a_download_stays_in_the_tab_and_is_known_again(page: Page) -> None:
    page.goto("/items_by_user")
    settle(page, "Items by user")
    page.get_by_role("button", name="Export").click()
    with page.expect_download() as started:
        page.get_by_role("link", name="CSV for Excel").first.click()
    assert started.value.suggested_filename.endswith(".csv")
    lines = started.value.path().read_text("utf-8-sig").splitlines()
    assert lines[0].startswith('"rank",')
    told = page.get_by_text(re.compile("1 to 50 of .* users with items")).inner_text()
    assert len(lines) == 1 + int(told.split()[4].replace(",", ""))
    expect(page.get_by_role("heading", name="Items by user", exact=True)).to_be_visible()
    assert len(page.context.pages) == 1
    page.goto("/check_file")
    settle(page, "Check a file")
    page.get_by_label("File to check").set_input_files(started.value.path())
    page.get_by_role("button", name="Check", exact=True).click()
    expect(page.get_by_text("unchanged since it left Tally")).to_be_visible()
    expect(page.get_by_text("The numbers are the same today.")).to_be_visible()


def test_the_menu_works_on_a_phone(
    site: Site, browser: Browser, signed_in: dict[str, object]
) -> None:
    context = new_context(browser, site, signed_in[ROOT_EMAIL], width=390)
    tab = context.new_page()
    tab.goto("/")
    settle(tab, "Overview")
    tab.get_by_test_id("stExpandSidebarButton").click()
    tab.get_by_test_id("stSidebar").get_by_role("link", name="Refreshes").click()
    settle(tab, "Refreshes")
    expect(tab.get_by_test_id("stSidebar")).to_have_attribute("data-collapsed", "true")
    context.close()


def change_something(site: Site) -> None:
    """Let there be something new for a refresh to find."""
    execute(site.database, "INSERT INTO item (title, owner_id) VALUES ('New since', 1)")


def search(page: Page, label: str, text: str) -> None:
    """Search a list, and wait for its answer; the one before may show as many rows."""
    page.get_by_label(label).fill(text)
    page.get_by_label(label).press("Enter")
    expect(page).to_have_url(re.compile(re.escape(f"q={quote_plus(text)}")))
    expect(page.get_by_text("1 to 1 of 1")).to_be_visible()


def choose_first(page: Page) -> None:
    """Choose the first row of the page's table by the box at its left."""
    expect(page.get_by_test_id("stDataFrame")).to_have_count(1)  # the one before is gone
    page.get_by_test_id("stDataFrame").click(position={"x": 15, "y": 48})
    expect(page.get_by_role("button", name="Edit")).to_be_enabled()
