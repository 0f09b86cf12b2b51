"""The page registry: which screens there are, where, and for whom."""

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
    """One screen: the file in `pages/` that draws it, and how it is reached.

    `keys` are the parameters that its address may have.
    """

    name: str
    title: str
    icon: str
    keys: frozenset[str] = frozenset()
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

    A page that is left out here cannot be reached by its address either.
    """
    result: dict[str, list[StreamlitPage]] = {}
    for screen in screens(actor):
        result.setdefault(screen.section, []).append(_page(screen))
    return result


def shows_snapshot(page: "StreamlitPage") -> bool:
    """Tell whether a page shows the snapshot, so that it changes with a refresh."""
    return any(s.section == ANALYTICS and s.title == page.title for s in SCREENS)


def follow(link: Link) -> None:
    """End this run and show what a link leads to instead."""
    screen, query = _find(link)
    st.switch_page(ROOT / "pages" / f"{screen.name}.py", query_params=query)


def draw(actor: Actor, link: Link, label: str) -> None:
    """Draw a link, or nothing when the actor may not see where it leads.

    `label` is one of our own texts: it is read as Markdown.
    """
    screen, query = _find(link)
    if screen in screens(actor):
        st.page_link(
            _page(screen), label=label, icon=ARROW, icon_position="right", query_params=query
        )


def address(link: Link) -> str:
    """Return a link as an address within Tally."""
    screen, query = _find(link)
    path = "/" if screen.is_default else f"/{screen.name}"
    return f"{path}?{urlencode(query)}" if query else path


def _find(link: Link) -> tuple[Screen, dict[str, str]]:
    """Return where a link leads, and its filters, which have to be that page's own."""
    screen = next(each for each in SCREENS if each.name == link.screen)
    if foreign := link.query.keys() - screen.keys:
        raise ValueError(f"{screen.title} has no {', '.join(sorted(foreign))}.")
    return screen, {name: value for name, value in link.query.items() if value}


def _page(screen: Screen) -> "StreamlitPage":
    # Kept in the session, as each one that is made looks for its file, and as Streamlit marks the
    # one that is shown.
    pages: dict[str, StreamlitPage] = st.session_state.setdefault(PAGES, {})
    if screen.name not in pages:
        pages[screen.name] = screen.page()
    return pages[screen.name]
