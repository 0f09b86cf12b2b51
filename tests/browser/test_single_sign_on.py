"""Single sign-on in a real browser, with a real provider: by keyboard, and past a strict CSP."""

from playwright.sync_api import Browser, expect

from tests.browser.conftest import PHONE_WIDTH, Site, host, new_context, settle, snap, watch
from tests.dashboard.sign_in import oidc

BLOCKED = "Failed to load resource: net::ERR_FAILED"


def test_the_whole_way_by_keyboard(site: Site, browser: Browser) -> None:
    context = new_context(browser, site)
    # The provider's own page asks a CDN for its looks; no test asks anybody.
    context.route(lambda url: host(url) != "localhost", lambda route: route.abort())
    tab = context.new_page()
    watched = watch(tab)
    tab.goto("/items?q=lamp")
    expect(tab.get_by_label("E-mail address")).to_be_focused()
    for _ in range(3):
        tab.keyboard.press("Tab")
    button = tab.get_by_role("link", name=f"Sign in with {oidc.NAME}")
    expect(button).to_be_focused()
    snap(tab, "sign-in-1440-light")
    tab.keyboard.press("Enter")
    tab.get_by_role("button", name="1", exact=True).click()
    settle(tab, "Items")
    assert tab.url == f"{site.url}/items?q=lamp"
    expect(tab.get_by_text("Stan Staff").first).to_be_visible()
    assert set(watched.complaints) <= {BLOCKED}
    tab.get_by_role("button", name="Sign out").click()
    expect(tab.get_by_role("heading", name="Sign in")).to_be_visible()
    context.close()


def test_the_page_fits_a_phone_and_the_dark(site: Site, browser: Browser) -> None:
    for width, scheme in ((PHONE_WIDTH, "light"), (1440, "dark")):
        context = new_context(browser, site, width=width, scheme=scheme)
        tab = context.new_page()
        tab.goto("/sign-in")
        expect(tab.get_by_role("link", name=f"Sign in with {oidc.NAME}")).to_be_visible()
        snap(tab, f"sign-in-{width}-{scheme}")
        context.close()
