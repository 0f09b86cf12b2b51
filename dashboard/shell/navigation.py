"""The page registry: all screens, their place in the menu, and who may see them."""

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import streamlit as st

from core.actor import Actor
from core.settings import ROOT
from dashboard.ui.links import Link

if TYPE_CHECKING:
    from streamlit.navigation.page import StreamlitPage

ARROW = ":material/arrow_forward:"
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


def sections(actor: Actor) -> dict[str, list["StreamlitPage"]]:
    """Return the actor's pages by section, for `st.navigation`.

    A page that is missing here cannot be opened by its address either.
    """
    result: dict[str, list[StreamlitPage]] = {}
    for screen in screens(actor):
        result.setdefault(screen.section, []).append(_page(screen))
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
            _page(screen), label=label, icon=ARROW, icon_position="right", query_params=query
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


def _page(screen: Screen) -> "StreamlitPage":
    # Kept in the session: creating a page looks up its file, and Streamlit marks the current one.
    pages: dict[str, StreamlitPage] = st.session_state.setdefault(PAGES, {})
    if screen.name not in pages:
        pages[screen.name] = screen.page()
    return pages[screen.name]
