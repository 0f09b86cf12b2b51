"""Back and forward: each page as it was left, and each step of a person one step of the browser."""

import json
import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import settle, wait_for

# Addresses that narrow each page which can be narrowed, in every way it can.
PLACES = {
    "/?step=day": "Overview",
    "/items_by_user?q=e&period=90d&least=2&active=yes&joined_from=2020-01-01": "Items by user",
    "/active_users?period=30d": "Active users",
    "/trends?of=users&show=total&step=month&from=2026-01-01&until=2026-10-31": "Trends",
    "/trends?of=items&step=day&owner=5": "Trends",
    "/items?q=lamp&page=2": "Items",
    "/items?owner=5": "Items",
    "/users?q=an&page=2": "Users",
    "/audit?q=e&who=ruth&action=session.sign_in&outcome=success&period=day": "Audit",
    f"/check_file?sha256={'ab' * 32}": "Check a file",
}
# The text of a page and what its fields show, without how long ago something was.
SEEN = r"""() => {
  const main = document.querySelector('[data-testid=stMain]');
  const passing = /\bago\b|just now|^As of|^Updated/;
  const lines = main.innerText.split('\n').map((line) => line.trim());
  const fields = [...main.querySelectorAll('input')].map((field) =>
    ['radio', 'checkbox'].includes(field.type) ? `${field.checked}` : field.value);
  return [...lines.filter((line) => line && !passing.test(line)), ...fields];
}"""


@pytest.mark.parametrize("address", PLACES)
def test_back_shows_a_page_as_it_was_left(page: Page, address: str) -> None:
    title = PLACES[address]
    other, path = ("Users", "/users") if title == "Items" else ("Items", "/items")
    page.goto(address)
    settle(page, title)
    before, steps = page.evaluate(SEEN), page.evaluate("history.length")
    menu(page, other)
    assert page.evaluate("history.length") == steps + 1
    assert where(page) == path
    page.go_back()
    settle(page, title)
    assert where(page) == address
    expect_seen(page, before)
    page.go_forward()
    settle(page, other)
    assert where(page) == path
    expect(page.get_by_label(f"Search {other.lower()}")).to_have_value("")


@pytest.mark.parametrize(
    ("address", "title"),
    [
        ("/items_by_user?least=20&active=yes", "Items by user"),
        ("/active_users?period=90d", "Active users"),
    ],
)
def test_back_from_a_chosen_row_is_one_step(page: Page, address: str, title: str) -> None:
    page.goto("/account")
    settle(page, "Account")
    page.goto(address)
    settle(page, title)
    before, steps = page.evaluate(SEEN), page.evaluate("history.length")
    page.get_by_test_id("stDataFrame").first.click(position={"x": 15, "y": 48})
    settle(page, "Items")
    assert where(page).startswith("/items?owner=")
    chosen = where(page)
    assert page.evaluate("history.length") == steps + 1
    page.go_back()
    settle(page, title)
    assert where(page) == address
    expect_seen(page, before)
    page.go_forward()
    settle(page, "Items")
    assert where(page) == chosen
    page.go_back()
    settle(page, title)
    page.go_back()
    settle(page, "Account")


def test_each_thing_done_to_a_list_is_one_step(page: Page) -> None:
    page.goto("/items_by_user")
    settle(page, "Items by user")
    passed = [where(page)]

    def done(address: str) -> None:
        expect(page).to_have_url(re.compile(re.escape(address) + "$"))
        settle(page, "Items by user")
        passed.append(address)

    page.get_by_label("Search users").fill("e")
    page.get_by_label("Search users").press("Enter")
    done("/items_by_user?q=e")
    page.get_by_role("button", name="Page 2").click()
    done("/items_by_user?q=e&page=2")
    page.get_by_text("90 days").click()
    done("/items_by_user?q=e&period=90d")
    page.get_by_role("button", name="Filters").click()
    page.get_by_label("Items, at least").fill("2")
    page.get_by_label("Items, at most").fill("900")
    page.get_by_role("button", name="Apply").click()
    done("/items_by_user?q=e&period=90d&least=2&most=900")
    for address in reversed(passed[:-1]):
        page.go_back()
        settle(page, "Items by user")
        assert where(page) == address
        expect(page.get_by_label("Search users")).to_have_value("e" if "q=" in address else "")
    for address in passed[1:]:
        page.go_forward()
        settle(page, "Items by user")
        assert where(page) == address


def test_an_address_opens_the_same_in_another_tab_and_after_a_reload(page: Page) -> None:
    address = "/items_by_user?q=e&least=20"
    page.goto(address)
    settle(page, "Items by user")
    before = page.evaluate(SEEN)
    page.reload()
    settle(page, "Items by user")
    expect_seen(page, before)
    with page.context.expect_page() as opened:
        page.get_by_test_id("stSidebar").get_by_role("link", name="Trends").click(
            modifiers=["Control"]
        )
    settle(opened.value, "Trends")
    opened.value.goto(address)
    settle(opened.value, "Items by user")
    expect_seen(opened.value, before)
    opened.value.close()


def menu(page: Page, title: str) -> None:
    """Go to another page by the menu."""
    page.get_by_test_id("stSidebar").get_by_role("link", name=title, exact=True).click()
    settle(page, title)


def where(page: Page) -> str:
    """Return the address without the host."""
    return str(page.evaluate("location.pathname + location.search"))


def expect_seen(page: Page, before: list[str]) -> None:
    """Wait until a page shows what it showed before."""
    wait_for(page, f"before => JSON.stringify(({SEEN})()) === before", dumps(before))


def dumps(seen: list[str]) -> str:
    """Return what a page shows as the browser would write it."""
    return json.dumps(seen, ensure_ascii=False, separators=(",", ":"))
