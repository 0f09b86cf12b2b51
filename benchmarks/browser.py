"""Real Chromium pages: how long it takes from a click in the navigation until charts are drawn."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from playwright.async_api import Browser, Page, async_playwright
from playwright.async_api import Error as PlaywrightError

from benchmarks.chromium import CHROMIUM, FLAGS
from benchmarks.people import People
from benchmarks.server import Server
from benchmarks.tab import Trouble
from dashboard.shell.screens import ANALYTICS, SCREENS

TITLES = tuple(screen.title for screen in SCREENS if screen.section == ANALYTICS)
PATIENCE_SECONDS = 30
# Measures from the click to the frame after the page has finished, has its own title, and has
# redrawn each of its charts. The page is examined in every frame.
WATCH = """title => {
  const drawings = () => [...document.querySelectorAll('[data-testid="stVegaLiteChart"]')]
    .map(chart => chart.querySelector('svg, canvas'));
  const before = new Set(drawings());
  const isThere = () => {
    const app = document.querySelector('[data-testid="stApp"]');
    const shown = drawings();
    return app.dataset.testScriptState === 'notRunning'
      && [...document.querySelectorAll('h1')].some(one => one.textContent.trim() === title)
      && shown.length > 0 && shown.every(one => one && !before.has(one));
  };
  window.drawn = new Promise(resolve => {
    document.addEventListener('click', () => {
      const began = performance.now();
      const look = () => isThere()
        ? requestAnimationFrame(() => resolve(performance.now() - began))
        : requestAnimationFrame(look);
      look();
    }, {capture: true, once: true});
  });
}"""


class Window:
    """One page of Chromium that is signed in."""

    def __init__(self, page: Page) -> None:
        self._page = page

    async def open(self, title: str) -> None:
        """Load the application, whose first page has this title."""
        await self._page.goto("/")
        await self._page.get_by_role("heading", name=title, exact=True).wait_for()

    async def click(self, title: str) -> float:
        """Go to another page by the navigation; return the seconds until its charts are drawn.

        Raises `Trouble`.
        """
        menu = self._page.get_by_test_id("stSidebarNav")
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                await self._page.evaluate(WATCH, title)
                await menu.get_by_role("link", name=title, exact=True).click()
                return float(await self._page.evaluate("window.drawn")) / 1000
        except TimeoutError as error:
            raise Trouble(f"Chromium: {title} is not drawn within the time limit") from error
        except PlaywrightError as error:
            raise Trouble(f"Chromium: {error.message.splitlines()[0]}") from error


@asynccontextmanager
async def opened(server: Server, people: People, count: int) -> AsyncIterator[list[Window]]:
    """Open so many Chromium pages, each with a session of its own; all pages have been seen once.

    None are opened for a `count` of 0.
    """
    if not count:
        yield []
        return
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        try:
            windows = [await _open(chromium, server, people, number) for number in range(count)]
            for window in windows:
                for title in (*TITLES[1:], TITLES[0]):
                    await window.click(title)
            yield windows
        finally:
            await chromium.close()


async def _open(chromium: Browser, server: Server, people: People, number: int) -> Window:
    context = await chromium.new_context(
        base_url=server.url,
        viewport={"width": 1440, "height": 900},
        timezone_id="Europe/Berlin",
        locale="en-GB",
        reduced_motion="reduce",
    )
    context.set_default_timeout(PATIENCE_SECONDS * 1000)
    signed_in = await people.sign_in(server.url, number)
    for name, _, value in (cookie.partition("=") for cookie in signed_in.split("; ")):
        await context.add_cookies([{"name": name, "value": value, "url": server.url}])
    window = Window(await context.new_page())
    await window.open(TITLES[0])
    return window
