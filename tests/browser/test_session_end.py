"""A session that ends while somebody types: they are told why, and find what they typed again."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.conftest import ROOT_EMAIL, STAFF_EMAIL, Site, new_context, settle, wait_for
from tests.conftest import PASSWORD, execute

ADDRESS = "/items?q=lamp&page=2"
TYPED = "Typed “so far” & ünsaved"
# The newest session, as the other ones are those of other tests.
NEWEST = "id = (SELECT max(id) FROM auth_session)"
ENDED = f"DELETE FROM auth_session WHERE {NEWEST}"
EXPIRED = f"UPDATE auth_session SET expires_at = now() - interval '1 minute' WHERE {NEWEST}"


@pytest.fixture
def tab(site: Site, browser: Browser) -> Iterator[Page]:
    """A tab of a browser of its own, of which the session may end."""
    context = new_context(browser, site)
    yield context.new_page()
    context.close()


@pytest.mark.parametrize(
    ("end", "why"),
    [(ENDED, "Your session was ended in another window"), (EXPIRED, "Your session expired.")],
)
def test_the_same_person_goes_on_with_what_was_typed(
    site: Site, tab: Page, end: str, why: str
) -> None:
    type_something(tab)
    execute(site.database, end)
    expect(tab.get_by_role("status")).to_contain_text(why)
    again(tab, ROOT_EMAIL)
    dialog = tab.get_by_role("dialog")
    expect(dialog.get_by_label("Title")).to_have_value(TYPED)
    settle(tab, "Items")
    assert tab.evaluate("location.pathname + location.search") == ADDRESS
    dialog.get_by_role("button", name="Cancel").click()
    expect(dialog).to_have_count(0)
    wait_for(tab, "sessionStorage.length === 0")
    tab.reload()
    settle(tab, "Items")
    expect(dialog).to_have_count(0)


def test_another_person_gets_nothing_of_it(site: Site, tab: Page) -> None:
    type_something(tab)
    execute(site.database, ENDED)
    expect(tab.get_by_role("status")).to_be_visible()
    again(tab, STAFF_EMAIL)
    settle(tab, "Overview")
    assert tab.evaluate("location.pathname + location.search") == "/"
    assert tab.evaluate("sessionStorage.length") == 0
    tab.goto(ADDRESS)
    settle(tab, "Items")
    expect(tab.get_by_role("dialog")).to_have_count(0)


def test_passwords_are_never_kept(site: Site, tab: Page) -> None:
    again(tab, ROOT_EMAIL, "/users")
    settle(tab, "Users")
    tab.get_by_role("button", name="New user").click()
    form = tab.get_by_role("dialog")
    form.get_by_label("E-mail address").fill("typed@example.com")
    form.get_by_label("Password", exact=False).first.fill("not to be kept")
    form.get_by_role("button", name="password").click()  # shows it, as plain text
    form.get_by_text("Staff: ").click()
    wait_for(tab, "(sessionStorage.getItem('tally.form') ?? '').includes('typed@example.com')")
    kept = tab.evaluate("sessionStorage.getItem('tally.form')")
    assert "not to be kept" not in kept
    execute(site.database, ENDED)
    expect(tab.get_by_role("status")).to_be_visible()
    again(tab, ROOT_EMAIL)
    expect(form.get_by_label("E-mail address")).to_have_value("typed@example.com")
    expect(form.get_by_role("checkbox", name="Staff: ")).to_be_checked()
    expect(form.get_by_label("Password", exact=False).first).to_have_value("")


def test_a_lost_connection_and_a_reload_keep_what_is_typed(site: Site, tab: Page) -> None:
    dialog = type_something(tab)
    tab.evaluate("streamlitDebug.disconnectWebsocket()")
    expect(tab.get_by_test_id("stConnectionStatus")).to_have_count(0)
    expect(dialog.get_by_label("Title")).to_have_value(TYPED)
    settle(tab, "Items")
    tab.reload()
    settle(tab, "Items")
    expect(dialog.get_by_label("Title")).to_have_value(TYPED)


def type_something(tab: Page) -> Locator:
    """Sign in, open an item and type a title that is not sent yet; return the form."""
    again(tab, ROOT_EMAIL, ADDRESS)
    settle(tab, "Items")
    tab.get_by_test_id("stDataFrame").click(position={"x": 15, "y": 48})
    expect(tab.get_by_role("button", name="Edit")).to_be_enabled()
    tab.get_by_role("button", name="Edit").click()
    dialog = tab.get_by_role("dialog")
    dialog.get_by_label("Title").fill(TYPED)
    wait_for(tab, "typed => (sessionStorage.getItem('tally.form') ?? '').includes(typed)", TYPED)
    return dialog


def again(tab: Page, email: str, address: str = "") -> None:
    """Sign in at the form that stands there, or at the one before an address."""
    if address:
        tab.goto(address)
    tab.get_by_label("E-mail address").fill(email)
    tab.get_by_label("Password", exact=True).fill(PASSWORD)
    tab.get_by_role("button", name="Sign in").click()
