"""The page registry: all screens, their place in the menu, and who may see them."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st

from core.actor import Actor
from core.settings import ROOT

if TYPE_CHECKING:
    from streamlit.navigation.page import StreamlitPage

ANALYTICS = "Analytics"
PAGES = "navigation.pages"


@dataclass(frozen=True)
class Screen:
    """A screen: `name` is its file in `pages/` and its address.

    `keys` are the query parameters that its address may have.
    """

    name: str
    title: str
    icon: str
    keys: frozenset[str] = frozenset()
    section: str = ANALYTICS
    is_default: bool = False
    superusers_only: bool = False

    def page(self) -> "StreamlitPage":
        """Return the screen as a Streamlit page."""
        return st.Page(
            ROOT / "pages" / f"{self.name}.py",
            title=self.title,
            icon=self.icon,
            url_path=None if self.is_default else self.name,
            default=self.is_default,
        )


def _keys(names: str) -> frozenset[str]:
    return frozenset(names.split())


OF_OWNERS = _keys("q period least most active joined_from joined_until zone page")
OF_EVENTS = _keys("q who action outcome period page")
SCREENS = (
    Screen(
        "overview", "Overview", ":material/space_dashboard:", keys=_keys("step"), is_default=True
    ),
    Screen("items_by_user", "Items by user", ":material/leaderboard:", keys=OF_OWNERS),
    Screen("active_users", "Active users", ":material/trophy:", keys=_keys("period since")),
    Screen(
        "trends",
        "Trends",
        ":material/show_chart:",
        keys=_keys("of show step owner from until"),
    ),
    Screen(
        "items",
        "Items",
        ":material/inventory_2:",
        keys=_keys("q owner period page"),
        section="Manage",
    ),
    Screen(
        "users",
        "Users",
        ":material/group:",
        keys=_keys("q active period page"),
        section="Manage",
        superusers_only=True,
    ),
    Screen(
        "check_file",
        "Check a file",
        ":material/fact_check:",
        keys=_keys("sha256"),
        section="System",
    ),
    Screen("api_tokens", "API tokens", ":material/key:", section="System"),
    Screen("refreshes", "Refreshes", ":material/history:", section="System"),
    Screen(
        "audit",
        "Audit",
        ":material/policy:",
        keys=OF_EVENTS,
        section="System",
        superusers_only=True,
    ),
    Screen("account", "Account", ":material/account_circle:", section="System"),
)


def screens(actor: Actor) -> list[Screen]:
    """Return the screens that the actor may see."""
    return [s for s in SCREENS if actor.is_superuser or not s.superusers_only]


def page_of(screen: Screen) -> "StreamlitPage":
    """Return the page of a screen, the same one all through a session."""
    # Kept in the session: creating a page looks up its file, and Streamlit marks the current one.
    pages: dict[str, StreamlitPage] = st.session_state.setdefault(PAGES, {})
    if screen.name not in pages:
        pages[screen.name] = screen.page()
    return pages[screen.name]
