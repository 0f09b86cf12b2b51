"""Take the README's pictures anew: windows of today's pages, over the data of the browser tests."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import sync_playwright
from sqlalchemy import make_url

from benchmarks import scratch
from benchmarks.chromium import CHROMIUM, FLAGS
from core.db import schema
from core.settings import ROOT
from dashboard.shell.screens import SCREENS
from tests.browser.conftest import (
    ROOT_EMAIL,
    Site,
    fill,
    free_port,
    new_context,
    serve,
    settle,
    sign_in,
)

IMAGES = ROOT / "docs/images"
TITLES = {screen.name: screen.title for screen in SCREENS}
PICTURES = [
    ("overview", "light", "overview-light"),
    ("items_by_user", "light", "items-by-user"),
    ("users", "light", "users"),
    ("refreshes", "light", "refreshes"),
    ("overview", "dark", "overview-dark"),
]


def main() -> None:
    """Start Tally over fresh data, and picture each page in a window of 1440 by 900."""
    with scratch.start(None) as server, serving(server) as site, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        for page, scheme, file in PICTURES:
            context = new_context(browser, site, scheme=scheme)
            tab = context.new_page()
            sign_in(tab, ROOT_EMAIL)
            tab.goto("/" if page == "overview" else f"/{page}")
            settle(tab, TITLES[page])
            tab.screenshot(path=IMAGES / f"{file}.png", animations="disabled")
            context.close()
        browser.close()


@contextmanager
def serving(server: scratch.Scratch) -> Iterator[Site]:
    """Fill a database on the scratch server, and run Tally over it for the length of the block."""
    place = empty_place(server)
    with scratch.used(place):
        schema.upgrade()
        fill()
    port = free_port()
    process = serve(place.url, place.snapshots, port)
    try:
        yield Site(f"http://localhost:{port}", place.url, process)
    finally:
        process.terminate()
        process.wait(timeout=30)


def empty_place(server: scratch.Scratch) -> scratch.Place:
    """Make a database without anything in it."""
    scratch.execute(server.url, "CREATE DATABASE readme")
    url = make_url(server.url).set(database="readme").render_as_string(hide_password=False)
    folder: Path = server.folder / "readme"
    return scratch.Place(url, folder, users=0, items=0)


if __name__ == "__main__":
    main()
