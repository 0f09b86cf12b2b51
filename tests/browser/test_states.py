"""What pages say while a refresh runs, after one failed, and before there was any."""

import re
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import psycopg2
import pytest
from playwright.sync_api import Browser, Page, expect

from core.actor import Actor
from etl.run.lock import KEY
from tests.browser.conftest import (
    ROOT_EMAIL,
    STAFF_EMAIL,
    Site,
    free_port,
    new_context,
    serve,
    settle,
    sign_in,
    snap,
)
from tests.conftest import execute, make_user, on, restart, use

RUNNING = (
    "INSERT INTO refresh_run"
    " (status, trigger, requested_by, started_at, step, parts_done, parts_total) VALUES"
    f" ('running', 'manual', '{ROOT_EMAIL}', now() - interval '3 minutes', 'export', 7, 12)"
)
ENDED = (
    "UPDATE refresh_run SET status = 'succeeded', mode = 'unchanged', finished_at = now(),"
    " generation = (SELECT max(generation) FROM refresh_run) WHERE status = 'running'"
)


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
    restart()
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


@pytest.mark.parametrize(("width", "scheme"), [(1440, "light"), (390, "dark")])
def test_a_refresh_is_seen_by_who_did_not_ask_for_it(
    site: Site, browser: Browser, signed_in: dict[str, object], width: int, scheme: str
) -> None:
    context = new_context(browser, site, signed_in[STAFF_EMAIL], width=width, scheme=scheme)
    tab = context.new_page()
    lock = psycopg2.connect(site.database)  # else it would be closed as one without its process
    lock.cursor().execute("SELECT pg_advisory_lock(%s)", (KEY,))
    execute(site.database, RUNNING)
    try:
        tab.goto("/active_users")
        settle(tab, "Active users")
        expect(tab.get_by_text("Export: 7 of 12")).to_be_visible()
        expect(tab.get_by_text("Asked for by ruth")).to_be_visible()
        snap(tab, f"state-running-{width}-{scheme}")
        execute(site.database, "UPDATE refresh_run SET parts_done = 9 WHERE status = 'running'")
        expect(tab.get_by_text("Export: 9 of 12")).to_be_visible()
        execute(site.database, ENDED)
        expect(tab.get_by_text("Nothing has changed: the data is current.")).to_be_visible()
        snap(tab, f"state-ended-{width}-{scheme}")
    finally:
        execute(site.database, "DELETE FROM refresh_run WHERE step = 'export'")
        lock.close()
        context.close()
