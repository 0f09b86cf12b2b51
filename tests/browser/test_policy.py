"""The content security policy counted on every page: what Tally breaks of it, and whom it asks."""

import json
from collections import Counter
from dataclasses import dataclass, field

from playwright.sync_api import Browser, BrowserContext, Page, Request, expect

from dashboard.shell.screens import SCREENS
from tests.browser.conftest import ROOT_EMAIL, Site, host, new_context, settle

# Streamlit's protobuf library asks once in each document whether it may compile WebAssembly, is
# refused and does without; the browser reports that question like any violation.
PROBE = ("script-src", "wasm-eval")
LISTEN = """
addEventListener('securitypolicyviolation', e =>
    window.noteViolation(JSON.stringify([e.effectiveDirective, e.blockedURI])))
"""
OUTSIDE = ("/sign-in", "/sign-out", "/sign-in/with/nobody", "/downloads/nothing", "/healthz")


@dataclass
class Counted:
    """Violations by directive and what was blocked, requests by host, and documents among them."""

    violations: Counter[tuple[str, str]] = field(default_factory=Counter)
    hosts: Counter[str] = field(default_factory=Counter)
    documents: int = 0


def count(context: BrowserContext) -> Counted:
    """Begin to count in all of a profile's documents and frames."""
    counted = Counted()

    def note(text: str) -> None:
        directive, blocked = json.loads(text)
        counted.violations[directive, blocked] += 1

    def hear(request: Request) -> None:
        counted.hosts[host(request.url)] += 1
        counted.documents += request.resource_type == "document"

    context.expose_function("noteViolation", note)
    context.add_init_script(LISTEN)
    context.on("request", hear)
    return counted


def visit_all(tab: Page) -> None:
    """Open every page of the navigation, by its address and from the menu."""
    for screen in SCREENS:
        tab.goto("/" if screen.is_default else f"/{screen.name}")
        settle(tab, screen.title)
    menu = tab.get_by_test_id("stSidebarNav").get_by_role("link")
    expect(menu).to_have_count(len(SCREENS))
    for screen in SCREENS:
        tab.get_by_test_id("stSidebarNav").get_by_role(
            "link", name=screen.title, exact=True
        ).click()
        settle(tab, screen.title)


def test_no_page_breaks_the_policy_or_asks_anybody_else(
    site: Site, browser: Browser, signed_in: dict[str, object]
) -> None:
    context = new_context(browser, site, signed_in[ROOT_EMAIL])
    counted = count(context)
    tab = context.new_page()
    visit_all(tab)
    for path in OUTSIDE:
        tab.goto(path)
    probes = counted.violations.pop(PROBE, 0)
    assert counted.violations == Counter()
    assert probes <= counted.documents
    assert set(counted.hosts) == {"localhost"}
    context.close()


def test_the_count_can_tell(site: Site, browser: Browser, signed_in: dict[str, object]) -> None:
    context = new_context(browser, site, signed_in[ROOT_EMAIL])
    counted = count(context)
    tab = context.new_page()
    tab.goto("/account")
    settle(tab, "Account")
    counted.violations.clear()
    tab.evaluate(
        "document.body.append(Object.assign(new Image(), {src: 'http://192.0.2.1/x.png'}))"
    )
    tab.evaluate(
        "document.head.append(Object.assign(document.createElement('script'), {text: '1'}))"
    )
    tab.wait_for_timeout(200)
    assert counted.violations == {
        ("img-src", "http://192.0.2.1/x.png"): 1,
        ("script-src-elem", "inline"): 1,
    }
    context.close()
