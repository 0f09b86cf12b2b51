"""A form with something typed in closes by its own buttons alone, in every dialog that has one."""

from dataclasses import dataclass

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import settle
from tests.browser.test_flows import choose_first


@dataclass(frozen=True)
class Form:
    """A dialog with a form: the button that opens it, and its text fields."""

    button: str
    fields: tuple[str, ...]
    text: str = "typed in 🧮"

    def open(self, page: Page) -> Locator:
        """Press what opens the form; return the dialog."""
        page.get_by_role("button", name=self.button, exact=True).click()
        dialog = page.get_by_role("dialog")
        last = dialog.get_by_label(self.fields[-1], exact=True)
        expect(last).to_have_count(1)  # that of the form before may stand beside it for a moment
        expect(last).to_be_visible()
        return dialog

    def type_in(self, dialog: Locator) -> list[str]:
        """Type in each field, and stay in the last one; return what was typed."""
        typed = [self.text] * len(self.fields)
        for label, text in zip(self.fields, typed, strict=True):
            dialog.get_by_label(label, exact=True).press("ControlOrMeta+a")
            dialog.page.keyboard.insert_text(text)
        return typed

    def values(self, dialog: Locator) -> list[str]:
        """Return what stands in the fields."""
        return [dialog.get_by_label(label, exact=True).input_value() for label in self.fields]

    def leave(self, dialog: Locator) -> None:
        """Press Cancel, which closes the form."""
        dialog.get_by_role("button", name="Cancel").click()
        expect(dialog).to_have_count(0)


ITEM = ("Title", "Owner's e-mail address", "Description (optional)")
USER = ("E-mail address", "Full name (optional)")
NEW_ITEM, EDIT_ITEM = Form("New item", ITEM), Form("Edit", ITEM)
NEW_USER, EDIT_USER = Form("New user", USER), Form("Edit", USER)
NEW_TOKEN = Form("New token", ("What it is for",))
NAME = Form("Change name", ("Full name",))
FILTERS = Form("Filters", ("Items, at least", "Items, at most"), "9")
PASSWORD = Form("Change password", ("Current password", "New password"))


@pytest.mark.parametrize(
    ("path", "title", "forms"),
    [
        ("items", "Items", (EDIT_ITEM, NEW_ITEM)),
        ("users", "Users", (EDIT_USER, NEW_USER)),
        ("api_tokens", "API tokens", (NEW_TOKEN,)),
        ("account", "Account", (NAME, PASSWORD)),
        ("items_by_user", "Items by user", (FILTERS,)),
    ],
)
def test_what_is_typed_stays_until_it_is_saved_or_cancelled(
    page: Page, path: str, title: str, forms: tuple[Form, ...]
) -> None:
    page.goto(f"/{path}")
    settle(page, title)
    if "Edit" in {form.button for form in forms}:
        choose_first(page)
    for form in forms:
        dialog = form.open(page)
        began, typed = form.values(dialog), form.type_in(dialog)
        page.keyboard.press("Escape")
        page.mouse.click(8, 400)
        page.wait_for_timeout(500)  # longer than a dialog takes to close
        expect(dialog).to_be_visible()
        assert form.values(dialog) == typed
        form.leave(dialog)
        assert form.values(form.open(page)) == began
        form.leave(dialog)


def test_what_is_typed_stays_when_something_beside_it_is_done(page: Page) -> None:
    page.goto("/users")
    settle(page, "Users")
    choose_first(page)
    dialog = EDIT_USER.open(page)
    typed = EDIT_USER.type_in(dialog)
    dialog.get_by_role("button", name="Sign out everywhere").click()
    expect(page.get_by_text("0 sessions were ended.")).to_be_visible()
    assert EDIT_USER.values(dialog) == typed


def test_a_question_goes_with_escape(page: Page) -> None:
    page.goto("/items")
    settle(page, "Items")
    choose_first(page)
    page.get_by_role("button", name="Delete").click()
    expect(page.get_by_role("button", name="Delete item")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
