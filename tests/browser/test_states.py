"""What pages say while a refresh runs, after one failed, and before there was any."""

import re
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from playwright.sync_api import Browser, Page, expect

from core.actors import Actor
from tests.browser.conftest import (
    ROOT_EMAIL,
    Site,
    free_port,
    new_context,
    serve,
    settle,
    sign_in,
    snap,
)
from tests.conftest import execute, forget, make_user, on, use


@pytest.fixture
def failed(site: Site) -> Iterator[None]:
    """A refresh that ended in failure, the last one there was."""
    execute(
        site.database,
        "INSERT INTO refresh_run (status, trigger, started_at, finished_at, error) VALUES "
        "('failed', 'schedule', now(), now(), 'There is no space left on the disk.')",
    )
    yield
    execute(site.database, "DELETE FROM refresh_run WHERE status = 'failed'")


@pytest.fixture
def bare(
    postgres_url: str, template: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Site]:
    """Tally as it is before its first snapshot, with one superuser and nothing else."""
    name = f"tally_test_{uuid4().hex[:8]}"
    execute(postgres_url, f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    url, port = on(postgres_url, name), free_port()
    use(monkeypatch, url=url, folder=tmp_path)
    make_user(Actor.system("test"), ROOT_EMAIL, full_name="Ruth Root", is_superuser=True)
    forget()
    process = serve(url, tmp_path, port)
    yield Site(f"http://localhost:{port}", url, process)
    process.terminate()
    process.wait(timeout=30)
    execute(postgres_url, f'DROP DATABASE "{name}" WITH (FORCE)')


def test_a_failed_refresh_is_told_above_the_last_good_data(failed: None, page: Page) -> None:
    page.goto("/")
    settle(page, "Overview")
    expect(page.get_by_text(re.compile("The refresh at .* failed"))).to_be_visible()
    expect(page.get_by_text("Owners of items")).to_be_visible()
    snap(page, "state-failed-1440-light")


def test_an_empty_tally_says_what_to_do_next(bare: Site, browser: Browser) -> None:
    context = new_context(browser, bare)
    tab = context.new_page()
    sign_in(tab, ROOT_EMAIL)
    expect(tab.get_by_text("There is no data yet.")).to_be_visible()
    snap(tab, "state-empty-1440-light")
    tab.get_by_role("button", name="Refresh data").click()
    expect(tab.get_by_text(re.compile("New data: 1 user and 0 items"))).to_be_visible()
    expect(tab.get_by_text("No data yet")).to_have_count(0)
    snap(tab, "state-first-1440-light")
    tab.goto("/items")
    settle(tab, "Items")
    expect(tab.get_by_text("There are no items yet.")).to_be_visible()
    snap(tab, "state-no-items-1440-light")
    context.close()
