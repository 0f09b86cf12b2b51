"""What the browser tests share: one running Tally with data in it, and Chromium to look at it."""

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    expect,
    sync_playwright,
)

from benchmarks.chromium import CHROMIUM, FLAGS
from core.actor import Actor
from core.db.engine import transaction
from core.provision import demo
from core.settings import ROOT
from etl import refresh
from tests.conftest import PASSWORD, QUIET, execute, make_user, on, restart, use
from tests.dashboard.sign_in import oidc

OUTPUT = ROOT / "test-output"
START_SECONDS = 120
PATIENCE = 30_000  # milliseconds; the machine may be busy with other tests
PHONE_WIDTH = 390
PHONE: dict[str, Any] = {
    "is_mobile": True,
    "has_touch": True,
    "user_agent": "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 "
    "(KHTML, like Gecko) Chrome/140.0.0.0 Mobile Safari/537.36",
}
ROOT_EMAIL, STAFF_EMAIL = "ruth.root@example.com", "stan.staff@example.com"


@dataclass
class Site:
    """A running Tally: where it is, its database and its process."""

    url: str
    database: str
    process: subprocess.Popen[bytes]


@dataclass
class Watched:
    """What a browser complained of, and the hosts it spoke to."""

    complaints: list[str] = field(default_factory=list)
    hosts: set[str] = field(default_factory=set)


@pytest.fixture(scope="package")
def site(
    postgres_url: str, template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    """Tally on a free port, with 600 users, 9,000 items and a snapshot of them."""
    name, folder = f"tally_test_{uuid4().hex[:8]}", tmp_path_factory.mktemp("site")
    execute(postgres_url, f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    url = on(postgres_url, name)
    with pytest.MonkeyPatch.context() as patch:
        use(patch, url=url, folder=folder)
        fill()
        restart()
    port = free_port()
    with oidc.providing({"sub": "1", "email": STAFF_EMAIL, "email_verified": True}) as issuer:
        process = serve(url, folder, port, SSO_PROVIDERS=oidc.setting(issuer, link_by_email=True))
        yield Site(f"http://localhost:{port}", url, process)
        process.terminate()
        process.wait(timeout=30)
    execute(postgres_url, f'DROP DATABASE "{name}" WITH (FORCE)')


def fill() -> None:
    """Make two who may sign in and data like that of a small company, and take a snapshot."""
    system = Actor.system("test")
    make_user(system, ROOT_EMAIL, full_name="Ruth Root", is_superuser=True)
    make_user(system, STAFF_EMAIL, full_name="Stan Staff", is_staff=True)
    with transaction() as db:
        demo.fill(
            db, actor=system, user_count=600, item_count=9000, force=False, watch=lambda *_: None
        )
    refresh.run(trigger="schedule")


def serve(database_url: str, folder: Path, port: int, **more: str) -> subprocess.Popen[bytes]:
    """Start the server and wait until it answers."""
    settings = {
        "DATABASE_URL": database_url,
        "DATA_PATH": str(folder),
        "PORT": str(port),
        "REFRESH_INTERVAL_MINUTES": "0",
        **more,
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "uvicorn", "dashboard.asgi:app", "--port", str(port)],
        cwd=ROOT,
        env={**os.environ, **QUIET, **settings},
    )
    deadline = time.monotonic() + START_SECONDS
    while not answers(f"http://localhost:{port}/healthz"):
        if process.poll() is not None or time.monotonic() > deadline:
            process.kill()
            pytest.fail("The server did not come up.")
    return process


def answers(url: str) -> bool:
    """Tell whether a URL answers with success."""
    try:
        with urllib.request.urlopen(url, timeout=1) as response:  # noqa: S310
            return bool(response.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


expect.set_options(timeout=PATIENCE)


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Chromium, without a window."""
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield launched
        launched.close()


@pytest.fixture(scope="package")
def signed_in(site: Site, browser: Browser) -> dict[str, object]:
    """The cookies of each who may sign in, by address."""
    states: dict[str, object] = {}
    for email in (ROOT_EMAIL, STAFF_EMAIL):
        context = browser.new_context(base_url=site.url)
        sign_in(context.new_page(), email)
        states[email] = context.storage_state()
        context.close()
    return states


def sign_in(page: Page, email: str, password: str = PASSWORD) -> None:
    """Sign in at the form, and wait for the overview."""
    page.goto("/sign-in")
    page.get_by_label("E-mail address").fill(email)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("heading", name="Overview").wait_for()


@pytest.fixture
def context(site: Site, browser: Browser, signed_in: dict[str, object]) -> Iterator[BrowserContext]:
    """A browser profile in which the superuser is signed in."""
    opened = new_context(browser, site, signed_in[ROOT_EMAIL])
    yield opened
    opened.close()


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    """A tab of the superuser, which must have nothing to complain of when the test is over."""
    tab = context.new_page()
    watched = watch(tab)
    yield tab
    assert watched.complaints == []
    assert watched.hosts <= {"localhost"}


def new_context(
    browser: Browser,
    site: Site,
    state: object = None,
    *,
    width: int = 1440,
    scheme: str = "light",
) -> BrowserContext:
    """Return a browser profile of one width and colour scheme, in the zone of the tests."""
    context = browser.new_context(
        base_url=site.url,
        storage_state=state,  # type: ignore[arg-type]
        viewport={"width": width, "height": 844 if width <= PHONE_WIDTH else 900},
        color_scheme=scheme,  # type: ignore[arg-type]
        timezone_id="Europe/Berlin",
        locale="en-GB",
        reduced_motion="reduce",
        **(PHONE if width <= PHONE_WIDTH else {}),
    )
    context.set_default_timeout(PATIENCE)
    return context


def watch(tab: Page) -> Watched:
    """Note what the tab's console complains of, and whom it asks for anything."""
    watched = Watched()

    def hear(message: ConsoleMessage) -> None:
        # On a deep link, Streamlit's page first looks for its server below the page's own path.
        is_probe = "/_stcore/" in message.location.get("url", "")
        if message.type == "error" and not is_probe:
            watched.complaints.append(message.text)

    tab.on("console", hear)
    tab.on("pageerror", lambda error: watched.complaints.append(str(error)))
    tab.on("request", lambda request: watched.hosts.add(host(request.url)))
    tab.on("websocket", lambda socket: watched.hosts.add(host(socket.url)))
    return watched


def host(url: str) -> str:
    """Return the host of a URL; of data: and blob: URLs, the tab's own."""
    parts = urllib.parse.urlsplit(url)
    return parts.hostname or "localhost"


def settle(tab: Page, title: str) -> None:
    """Wait until a page has been drawn, its charts and tables included."""
    expect(tab.get_by_role("heading", name=title, exact=True)).to_be_visible()
    expect(tab.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning")
    expect(tab.get_by_test_id("stSkeleton")).to_have_count(0)
    for chart in tab.get_by_test_id("stVegaLiteChart").all():
        chart.locator("svg, canvas").first.wait_for()
    for table in tab.get_by_test_id("stDataFrame").all():
        table.locator("canvas").first.wait_for()
    tab.evaluate("document.fonts.ready")


def wait_for(tab: Page, expression: str, argument: object = None) -> None:
    """Wait until an expression is true; Playwright's own wait needs `eval`, which is barred."""
    for _ in range(150):
        if tab.evaluate(expression, argument):
            return
        tab.wait_for_timeout(100)
    pytest.fail(f"This did not come true: {expression}")


def snap(tab: Page, name: str) -> None:
    """Save what the window shows."""
    tab.screenshot(path=OUTPUT / f"{name}.png", animations="disabled")
