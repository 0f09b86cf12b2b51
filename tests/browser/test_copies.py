"""What people copy from Tally: exactly what they see, and what was typed."""

import re
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Page, expect

from core.text.characters import IGNORABLE
from dashboard.shell.screens import SCREENS, Screen
from tests.browser.conftest import settle

UNSEEN = re.compile(f"[{IGNORABLE}\u00a0\u2007\u202f\u2000-\u200a]")
MARKUP = re.compile(r"\\[!-/:-@\[-`{-~]|:color\[")
# Everything in a page that can be copied, or is read aloud.
COPIED = """() => [
  document.body.innerText,
  ...[...document.querySelectorAll('*')].flatMap((element) =>
    ['aria-label', 'aria-description', 'title', 'placeholder', 'alt', 'value']
      .map((name) => element.getAttribute(name) ?? '')),
].join('\\n')"""
LIVELY = [
    "ann@example.com www.example.com https://example.com/x?y=1 mailto:a@b.example",
    ":material/home: :smile: :red[x] :blue[x] :streamlit: [a](b) `c` *d* _e_ $f$ <b>g</b>",
    "a -> b <- c <-> d -- e >= f <= g ~= h ~i~ #j {k} !l | m ^n 'o' \"p\"",
]


@pytest.mark.parametrize("screen", SCREENS, ids=lambda screen: screen.name)
def test_no_page_holds_what_is_not_shown(page: Page, screen: Screen) -> None:
    page.goto("/" if screen.is_default else f"/{screen.name}")
    settle(page, screen.title)
    expect_clean(page)


@pytest.mark.parametrize("text", LIVELY)
def test_what_was_typed_is_shown_as_it_was_typed(page: Page, text: str) -> None:
    page.goto(f"/items?{urlencode({'q': text})}")
    settle(page, "Items")
    expect(page.get_by_text("Nothing contains")).to_contain_text(f"“{text}”", use_inner_text=True)
    assert page.get_by_test_id("stMain").locator("p a").count() == 0
    expect_clean(page)


def test_an_address_that_is_copied_finds_its_user(page: Page) -> None:
    page.goto("/users?q=demo.example")
    settle(page, "Users")
    page.get_by_test_id("stDataFrame").click(position={"x": 15, "y": 48})
    page.get_by_role("button", name="Delete").click()
    dialog = page.get_by_role("dialog")
    address = dialog.get_by_test_id("stCaptionContainer").first.inner_text()
    assert re.fullmatch(r"[!-~]+@demo\.example", address)
    expect_clean(page)


def expect_clean(page: Page) -> None:
    """Find no invisible character and no markup in what a page shows."""
    text = page.evaluate(COPIED)
    assert UNSEEN.findall(text) == []
    assert MARKUP.findall(text) == []
