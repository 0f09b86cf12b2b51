"""Hostile names and titles in a real browser: no script runs, nothing is fetched from elsewhere."""

import pytest
from playwright.sync_api import Browser, Dialog

from core.actor import Actor
from core.db.engine import transaction
from core.manage import users
from etl import refresh
from tests.browser.conftest import ROOT_EMAIL, Site, new_context, settle, watch
from tests.conftest import restart, use
from tests.pages.conftest import make_item

HOSTILE = [
    "<img src=x onerror=alert(1)>",
    "[x](javascript:alert(1))",
    ":material/home:",
    "$\\href{http://evil.example}{x}$",
    "![](http://evil.example/p.png)",
]
PAGES = {
    "items?q=evil": "Items",
    "users?q=evil": "Users",
    "items_by_user": "Items by user",
    "active_users": "Active users",
    "audit?q=evil": "Audit",
    "account": "Account",
    "": "Overview",
}


def test_nothing_runs_and_nothing_is_fetched(
    site: Site,
    browser: Browser,
    signed_in: dict[str, object],
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    fill(site, tmp_path_factory)
    context = new_context(browser, site, signed_in[ROOT_EMAIL])
    tab = context.new_page()
    watched, alerts = watch(tab), []

    def dismiss(dialog: Dialog) -> None:
        alerts.append(dialog.message)
        dialog.dismiss()

    tab.on("dialog", dismiss)
    for path, title in PAGES.items():
        tab.goto(f"/{path}")
        settle(tab, title)
        assert tab.locator("main img[src=x], main a[href*=javascript], main .katex").count() == 0
    assert alerts == []
    assert watched.complaints == []
    assert watched.hosts <= {"localhost"}
    context.close()


def fill(site: Site, folders: pytest.TempPathFactory) -> None:
    """Add users of hostile names, who own most items, and take a snapshot of them."""
    system = Actor.system("test")
    with pytest.MonkeyPatch.context() as patch:
        use(patch, url=site.database, folder=folders.getbasetemp() / "site0")
        for number, name in enumerate(HOSTILE):
            email = f"evil{number}@example.com"
            with transaction() as db:
                users.create_user(db, actor=system, values={"email": email, "full_name": name})
            for _ in range(3):
                make_item(system, email, f"evil {name}")
        refresh.run(trigger="manual")
        restart()
