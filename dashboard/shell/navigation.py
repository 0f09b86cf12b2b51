"""The menu, and the links from one screen to another."""

from typing import TYPE_CHECKING
from urllib.parse import urlencode

import streamlit as st

from core.actor import Actor
from core.settings import ROOT
from dashboard.shell.screens import ANALYTICS, SCREENS, Screen, page_of, screens
from dashboard.ui.links import Link

if TYPE_CHECKING:
    from streamlit.navigation.page import StreamlitPage

ARROW = ":material/arrow_forward:"


def sections(actor: Actor) -> dict[str, list["StreamlitPage"]]:
    """Return the actor's pages by section, for `st.navigation`.

    A page that is missing here cannot be opened by its address either.
    """
    result: dict[str, list[StreamlitPage]] = {}
    for screen in screens(actor):
        result.setdefault(screen.section, []).append(page_of(screen))
    return result


def shows_snapshot(page: "StreamlitPage") -> bool:
    """Tell whether a page shows the snapshot, so that a refresh changes it."""
    return any(s.section == ANALYTICS and s.title == page.title for s in SCREENS)


def follow(link: Link) -> None:
    """End this run and switch to the page of a link."""
    screen, query = _find(link)
    st.switch_page(ROOT / "pages" / f"{screen.name}.py", query_params=query)


def draw(actor: Actor, link: Link, label: str) -> None:
    """Draw a link, or nothing if the actor may not see its page.

    `label` is rendered as Markdown, so it must be one of our own texts.
    """
    screen, query = _find(link)
    if screen in screens(actor):
        st.page_link(
            page_of(screen), label=label, icon=ARROW, icon_position="right", query_params=query
        )


def address(link: Link) -> str:
    """Return a link's path and query."""
    screen, query = _find(link)
    path = "/" if screen.is_default else f"/{screen.name}"
    return f"{path}?{urlencode(query)}" if query else path


def _find(link: Link) -> tuple[Screen, dict[str, str]]:
    """Return a link's screen and query; raise `ValueError` for a parameter the screen lacks."""
    screen = next(each for each in SCREENS if each.name == link.screen)
    if foreign := link.query.keys() - screen.keys:
        raise ValueError(f"{screen.title} has no {', '.join(sorted(foreign))}.")
    return screen, {name: value for name, value in link.query.items() if value}
