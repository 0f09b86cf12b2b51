"""Every link asks what was asked where it stands: the same number, by filters that are seen."""

import html
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, urlsplit

import pytest
from sqlalchemy import update
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Html

from core.actor import Actor
from core.db.engine import transaction
from core.db.models import User
from dashboard.shell import navigation
from dashboard.shell.screens import SCREENS
from dashboard.ui.links import Link
from etl import refresh
from tests.conftest import make_user
from tests.pages.conftest import Open, choose, make_aged_item, make_item, plain, shown

HOURS = {"ann": (1, 24 * 5, 24 * 20, 24 * 60), "bo": (24 * 6, 24 * 8), "cy": (24 * 29,)}


@dataclass(frozen=True)
class Followed:
    """What a link said that it leads to, and what was there."""

    title: str
    query: dict[str, str]
    at: AppTest = field(repr=False)


@pytest.fixture
def busy(world: Actor, system: Actor) -> Actor:
    """A world with items and users of all ages, and some newer than the snapshot."""
    for owner, ages in HOURS.items():
        for hours in ages:
            make_aged_item(system, hours, f"{owner}@example.com")
    for days in (2, 20, 40):
        make_aged_user(system, days)
    refresh.run(trigger="manual")
    make_item(system, "ann@example.com", "newer than the snapshot")
    make_user(system, "newer@example.com")
    return world


def make_aged_user(system: Actor, days: int) -> None:
    """Create a user who joined so many days ago."""
    user = make_user(system, f"{days}.days@example.com")
    at = datetime.now(UTC) - timedelta(days=days)
    with transaction() as db:
        db.execute(update(User).where(User.id == user.id).values(created_at=at))


def follow(open_page: Open, actor: Actor, at: AppTest, number: int) -> Followed:
    """Open what the link with a number on a page leads to."""
    link = at.get("page_link")[number].proto
    query = dict(parse_qsl(link.query_string))
    return landed(open_page(actor, link.page or "overview", **query), query)


def landed(at: AppTest, query: dict[str, str] | None = None) -> Followed:
    """Return where a page is, which has nothing to complain of."""
    assert not at.exception
    assert ":material/info:" not in "".join(caption.value for caption in at.main.caption)
    given = at.query_params.items()
    asked = {name: value if isinstance(value, str) else value[-1] for name, value in given}
    title = at.title[0].value
    assert query is None or query == asked
    assert asked.keys() <= next(s.keys for s in SCREENS if s.title == title)
    return Followed(title, asked, at)


def rows(at: AppTest) -> int:
    """Return how many rows a list says that it has in all."""
    told = " ".join(caption.value for caption in at.main.caption)
    found = re.search(r"\d+ to \d+ of ([\d,]+) ", told)
    return int(found[1].replace(",", "")) if found else 0


def figures(at: AppTest) -> dict[str, int]:
    """Return the numbers of a page by what they are called."""
    return {m.label: int(m.value.replace(",", "")) for m in at.metric if m.value.isdigit()}


FIGURES = {  # of the overview: where each leads
    "Users": ("Users", {}),
    "Active users": ("Users", {"active": "yes"}),
    "Items": ("Items", {}),
    "Owners of items": ("Items by user", {}),
    "New users, 7 days": ("Users", {"period": "7d"}),
    "New users, 30 days": ("Users", {"period": "30d"}),
    "New items, 7 days": ("Items", {"period": "7d"}),
    "New items, 30 days": ("Items", {"period": "30d"}),
}
NEWER = {"Users", "Active users", "Items"}  # lists show the database, and no time is asked for


def test_a_figure_leads_to_what_it_counts(busy: Actor, open_page: Open) -> None:
    at = open_page(busy)
    assert [metric.label for metric in at.metric] == list(FIGURES)
    for number, (label, (title, query)) in enumerate(FIGURES.items()):
        found = follow(open_page, busy, at, number)
        assert (found.title, found.query) == (title, query)
        assert rows(found.at) == figures(at)[label] + (label in NEWER), label


def test_a_chart_leads_to_the_same_steps(busy: Actor, open_page: Open) -> None:
    for step in ("day", "week", "month"):
        at = open_page(busy, step=step)
        leads = [n for n, link in enumerate(at.get("page_link")) if link.proto.page == "trends"]
        for place, (number, noun) in enumerate(zip(leads, ("users", "items"), strict=True)):
            found = follow(open_page, busy, at, number)
            assert found.query.keys() == {"of", "step", "from", "until"}
            assert (found.query["of"], found.query["step"]) == (noun, step)
            told = re.search(r"([\d,]+) in all", at.get("vega_lite_chart")[4 + place].proto.spec)
            assert told is not None
            assert figures(found.at)[f"New {noun}"] == int(told[1].replace(",", ""))


def test_other_links_of_the_overview_ask_for_everything(busy: Actor, open_page: Open) -> None:
    at = open_page(busy)
    leads = {link.proto.label: link.proto.query_string for link in at.get("page_link")[-2:]}
    assert leads == {"Active users": "", "Items by user": ""}


ROWS = [  # the first row of a page leads to the items of its user, and to no others
    ("items_by_user", {}, {}),
    ("items_by_user", {"q": "ann", "page": "1"}, {}),
    ("items_by_user", {"period": "7d", "q": "example"}, {"period": "7d"}),
    ("items_by_user", {"period": "30d", "least": "1", "most": "9"}, {"period": "30d"}),
    ("items_by_user", {"period": "90d", "active": "yes"}, {"period": "90d"}),
    ("items_by_user", {"joined_from": "2020-01-01", "joined_until": "2026-12-31"}, {}),
    ("active_users", {}, {}),
    ("active_users", {"since": "1", "period": "7d"}, {"period": "7d"}),
    ("active_users", {"period": "90d"}, {"period": "90d"}),
]


def test_a_row_leads_to_the_items_that_it_counts(busy: Actor, open_page: Open) -> None:
    for page, state, asked in ROWS:
        at = open_page(busy, page, **state)
        email, count = shown(at)[["email", "item_count"]].iloc[0]
        found = landed(choose(at, 0))
        assert found.title == "Items"
        assert found.query == {"owner": found.query["owner"], **asked}, (page, state)
        newer = email == "ann@example.com" and not asked
        assert rows(found.at) == count + newer, (page, state)
        assert set(shown(found.at)["owner"]) == {email}


def test_what_a_link_asked_for_is_seen_and_left_out_again(busy: Actor, open_page: Open) -> None:
    at = open_page(busy, "items", owner="3", period="30d", page="1")
    chips = {b.key: plain(b.label) for b in at.main.button if (b.key or "").startswith("chip-")}
    assert chips["chip-owner"] == "Items of ann@example.com"
    assert chips["chip-period"].startswith("Created in the 30 days up to ")
    at.button(key="chip-period").click().run()
    assert (rows(at), list(at.query_params)) == (8, ["owner"])
    at.button(key="chip-owner").click().run()
    assert (rows(at), list(at.query_params)) == (14, [])


EMPTY = [
    ("items", {"owner": "3", "q": "zzz"}, "Nothing matches “zzz”, items of ann@example.com."),
    ("items", {"owner": "3", "period": "7d"}, "Nothing matches items of ann@example.com, created"),
    ("items", {"owner": "1"}, "root@example.com owns no items now."),
    ("items", {"owner": "999", "q": "zzz"}, "This user does not exist any more."),
    ("items", {"q": "zzz"}, "Nothing contains “zzz”."),
    ("users", {"active": "no", "q": "zzz"}, "Nobody matches “zzz”, not active."),
    ("items_by_user", {"period": "7d"}, "No items were created in the last 7 days."),
]


def test_an_empty_list_says_what_is_true(world: Actor, open_page: Open) -> None:
    for page, query, said in EMPTY:
        at = open_page(world, page, **query)
        assert not at.exception
        assert not at.dataframe
        texts = (*at.main.markdown, *at.main.caption)
        assert said in plain(" ".join(text.value for text in texts))


NONSENSE = [
    ("items", {"period": "8d"}, "There is no period “8d”, so this shows the last 7 days."),
    ("items", {"period": "ever"}, "so this shows all time."),
    ("users", {"active": "maybe"}, "Active is yes or no, not “maybe”, so both are shown."),
    ("users", {"period": "-7d"}, "There is no period “-7d”"),
]


def test_a_filter_that_makes_no_sense_is_put_right_and_told(world: Actor, open_page: Open) -> None:
    for page, query, said in NONSENSE:
        at = open_page(world, page, **query)
        assert not at.exception
        assert said in plain(" ".join(caption.value for caption in at.main.caption))


FILES: list[tuple[str, dict[str, str], set[str]]] = [
    ("items_by_user", {"q": "ann", "period": "30d", "page": "1"}, {"q", "period"}),
    ("items_by_user", {"least": "1", "joined_from": "2020-01-01"}, {"least", "joined_from"}),
    ("active_users", {"period": "30d", "since": "1"}, {"period"}),
    ("trends", {"of": "users", "step": "day", "from": "2026-01-01"}, {"step", "from"}),
    ("items", {"q": "days"}, {"q"}),
    ("items", {"owner": "3"}, {"owner"}),
    ("items", {"owner": "3", "period": "7d", "page": "1"}, {"owner", "period"}),
    ("users", {"q": "ann"}, {"q"}),
    ("users", {"active": "yes", "period": "30d"}, {"active", "period"}),
    ("audit", {"q": "user", "outcome": "success"}, {"q", "outcome"}),
]


def test_a_file_is_narrowed_as_its_page(busy: Actor, open_page: Open) -> None:
    for page, query, kept in FILES:
        at = open_page(busy, page, **query)
        assert not at.exception
        files = downloads(at)
        assert files, page
        for narrowed in files:
            assert narrowed.pop("zone")
            assert narrowed == {name: query[name] for name in kept}


def downloads(at: AppTest) -> list[dict[str, str]]:
    """Return the parameters of the links to CSV files on a page."""
    return [
        dict(parse_qsl(urlsplit(html.unescape(address)).query))
        for element in at.main.get("html")
        if isinstance(element, Html)
        for address in re.findall(r'href="(/downloads/[^"]+csv[^"]*)"', element.value)
    ]


def test_a_link_cannot_carry_what_its_page_does_not_know() -> None:
    with pytest.raises(ValueError, match="Items has no least, until"):
        navigation.address(Link("items", {"least": "2", "until": "1", "owner": "3"}))
    assert navigation.address(Link("items", {"owner": "", "period": "7d"})) == "/items?period=7d"
    assert navigation.address(Link("overview")) == "/"
