"""The page registry: which screens there are, where, and for whom."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st

from core.actors import Actor
from core.settings import ROOT

if TYPE_CHECKING:
    from streamlit.navigation.page import StreamlitPage

ARROW = ":material/arrow_forward:"
ANALYTICS = "Analytics"
PAGES = "navigation.pages"


@dataclass(frozen=True)
class Screen:
    """One screen: the file in `pages/` that draws it, and how it is reached."""

    name: str
    title: str
    icon: str
    section: str = ANALYTICS
    is_default: bool = False
    superusers_only: bool = False

    def page(self) -> "StreamlitPage":
        """Return the screen as Streamlit knows it."""
        return st.Page(
            ROOT / "pages" / f"{self.name}.py",
            title=self.title,
            icon=self.icon,
            url_path=None if self.is_default else self.name,
            default=self.is_default,
        )


SCREENS = (
    Screen("overview", "Overview", ":material/space_dashboard:", is_default=True),
    Screen("items_by_user", "Items by user", ":material/leaderboard:"),
    Screen("active_users", "Active users", ":material/trophy:"),
    Screen("trends", "Trends", ":material/show_chart:"),
    Screen("items", "Items", ":material/inventory_2:", section="Manage"),
    Screen("users", "Users", ":material/group:", section="Manage", superusers_only=True),
    Screen("check_file", "Check a file", ":material/fact_check:", section="System"),
    Screen("api_tokens", "API tokens", ":material/key:", section="System"),
    Screen("refreshes", "Refreshes", ":material/history:", section="System"),
    Screen("audit", "Audit", ":material/policy:", section="System", superusers_only=True),
    Screen("account", "Account", ":material/account_circle:", section="System"),
)


def screens(actor: Actor) -> list[Screen]:
    """Return the screens that the actor may see."""
    return [s for s in SCREENS if actor.is_superuser or not s.superusers_only]


def sections(actor: Actor) -> dict[str, list["StreamlitPage"]]:
    """Return the actor's pages by section, for `st.navigation`.

    A page that is left out here cannot be reached by its address either.
    """
    result: dict[str, list[StreamlitPage]] = {}
    for screen in screens(actor):
        result.setdefault(screen.section, []).append(_page(screen))
    return result


def shows_snapshot(page: "StreamlitPage") -> bool:
    """Tell whether a page shows the snapshot, so that it changes with a refresh."""
    return any(s.section == ANALYTICS and s.title == page.title for s in SCREENS)


def open_screen(name: str, *, query: dict[str, str]) -> None:
    """End this run and show another screen instead."""
    st.switch_page(ROOT / "pages" / f"{name}.py", query_params=query)


def link(actor: Actor, name: str, label: str, *, query: dict[str, str] | None = None) -> None:
    """Draw a link to a screen, or nothing when the actor may not see it.

    `label` is one of our own texts: it is read as Markdown.
    """
    for screen in screens(actor):
        if screen.name == name:
            st.page_link(
                _page(screen),
                label=label,
                icon=ARROW,
                icon_position="right",
                query_params=query,
            )


def _page(screen: Screen) -> "StreamlitPage":
    # Kept in the session, as each one that is made looks for its file, and as Streamlit marks the
    # one that is shown.
    pages: dict[str, StreamlitPage] = st.session_state.setdefault(PAGES, {})
    if screen.name not in pages:
        pages[screen.name] = screen.page()
    return pages[screen.name]
