"""Data that is easily shown wrongly: each page of the analytics, with the exact numbers."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from sqlalchemy import delete, update
from streamlit.testing.v1 import AppTest

from core.actor import Actor
from core.db.engine import transaction
from core.db.models import Item, User
from dashboard.ui import local_time
from etl import refresh
from tests.conftest import actor_for, make_user
from tests.pages.conftest import Open, drawn, export, make_item, shown

ZONE = "America/St_Johns"
READER = "root@example.com"
LONG = "n" * 255
RIGHT_TO_LEFT = "\u05e9\u05dc\u05d5\u05dd \u202eabc\u202c"
EMOJI = "\U0001f469\u200d\U0001f680 \U0001f1f3\U0001f1f5"
BEGAN = datetime(2025, 6, 1, 12, tzinfo=UTC)
NO_ITEMS = ["Nobody owns an item yet."]
Owners = list[tuple[int, str, str | None, int]]


@dataclass(frozen=True)
class Situation:
    """How data come to be, and what is to be seen of them by somebody in St. John's.

    `make` leaves a snapshot behind. `totals` are users, active users, items and owners; `owners`
    are rank, local part of the address, name and number of items; `days` are new items by day.
    """

    make: Callable[[Actor], None]
    totals: tuple[int, int, int, int]
    owners: Owners = field(default_factory=list)
    days: Mapping[str, int] = field(default_factory=dict)


def nobody(system: Actor) -> None:
    refresh.run(trigger="test")  # before even the reader was there


def one_user(system: Actor) -> None:
    make_user(system, READER, is_superuser=True)
    own(system, {READER: ["2025-12-31 23:59:59Z"]})


def equal_counts(system: Actor) -> None:
    people = [f"{letter}@example.com" for letter in "cabd"]
    own(system, {email: [str(BEGAN)] * 2 for email in people})


def odd_names(system: Actor) -> None:
    names = {"z@example.com": LONG, "y@example.com": RIGHT_TO_LEFT, "x@example.com": EMOJI}
    for email, name in names.items():
        make_user(system, email)
        with transaction() as db:  # as other programs write, whose names turn texts around
            db.execute(update(User).where(User.email == email).values(full_name=name))
    own(system, {email: [str(BEGAN)] for email in names})


def clocks_change(system: Actor) -> None:
    """Rows in the first and last seconds of days of 23 and of 25 hours, and beside them."""
    spring = ["2025-03-09 03:29:59Z", "2025-03-09 03:30Z", "2025-03-10 02:29:59Z"]
    autumn = ["2025-11-02 02:30Z", "2025-11-03 03:29:59Z", "2025-11-03 03:30Z"]
    own(system, {"ann@example.com": spring, "bo@example.com": autumn})


def deleted_since(system: Actor) -> None:
    own(system, {"ann@example.com": [str(BEGAN)] * 2, "bo@example.com": [str(BEGAN)]})
    with transaction() as db:
        db.execute(delete(User).where(User.email == "bo@example.com"))


def own(system: Actor, items: Mapping[str, list[str]]) -> None:
    """Let users, made where they are missing, own items of some moments; and take a snapshot."""
    for email, moments_ in items.items():
        with transaction() as db:
            known = db.query(User).filter_by(email=email).count()
        if not known:
            make_user(system, email)
        for at in moments_:
            item = make_item(system, email, "x" * 255)
            with transaction() as db:
                db.execute(update(Item).where(Item.id == item.id).values(created_at=at))
    refresh.run(trigger="test")


SITUATIONS = {
    "no data at all": Situation(nobody, (0, 0, 0, 0)),
    "one user": Situation(one_user, (1, 1, 1, 1), [(1, "root", None, 1)], {"2025-12-31": 1}),
    "equal counts": Situation(
        equal_counts,
        (4, 4, 8, 4),
        [(rank, letter, None, 2) for rank, letter in enumerate("cabd", 1)],
        {"2025-06-01": 8},
    ),
    "odd names": Situation(
        odd_names,
        (3, 3, 3, 3),
        [(1, "z", LONG, 1), (2, "y", RIGHT_TO_LEFT, 1), (3, "x", EMOJI, 1)],
        {"2025-06-01": 3},
    ),
    "clocks that change": Situation(
        clocks_change,
        (2, 2, 6, 2),
        [(1, "ann", None, 3), (2, "bo", None, 3)],
        {"2025-03-08": 1, "2025-03-09": 2, "2025-11-02": 2, "2025-11-03": 1},
    ),
    "an owner deleted since": Situation(
        deleted_since,
        (2, 2, 3, 2),
        [(1, "ann", None, 2), (2, "bo", None, 1)],
        {"2025-06-01": 3},
    ),
}


@pytest.mark.parametrize("situation", SITUATIONS.values(), ids=SITUATIONS)
def test_each_page_shows_it(
    system: Actor, open_page: Open, monkeypatch: pytest.MonkeyPatch, situation: Situation
) -> None:
    monkeypatch.setattr(local_time, "zone", lambda: ZoneInfo(ZONE))
    situation.make(system)
    reader = find_reader(system)

    def look(page: str, **query: str) -> AppTest:
        at = open_page(reader, page, **query)
        assert not at.exception, page
        assert not at.error, page
        return at

    expected = situation.owners or NO_ITEMS
    at = look("overview")
    assert tuple(int(figure.value) for figure in at.metric[:4]) == situation.totals
    assert owners(look("items_by_user")) == expected
    assert owners(look("active_users")) == expected
    assert days(look("trends", step="day")) == (situation.days or NO_ITEMS)
    newest = shown(look("refreshes")).iloc[0]
    assert (newest["users"], newest["items"]) == (situation.totals[0], situation.totals[2])
    told = texts(look("check_file", sha256=export(reader, "items_by_user")))
    assert f"**Rows** {len(situation.owners)}" in told
    assert "The numbers are the same today." in told


def test_who_joined_on_a_day_of_23_hours(
    system: Actor, superuser: Actor, open_page: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(local_time, "zone", lambda: ZoneInfo(ZONE))
    joined = ["03-09 03:29:59", "03-09 03:30:00", "03-10 02:29:59", "03-10 02:30:00"]
    for letter, at in zip("abcd", joined, strict=True):
        user = make_user(system, f"{letter}@example.com")
        make_item(system, user.email, "One")
        with transaction() as db:
            db.execute(
                update(User).where(User.id == user.id).values(created_at=f"2025-{at}.999999Z")
            )
    refresh.run(trigger="test")
    day = {"joined_from": "2025-03-09", "joined_until": "2025-03-09"}
    found = shown(open_page(superuser, "items_by_user", **day))
    assert found["email"].str[0].to_list() == ["b", "c"]


def test_trends_of_an_owner_deleted_since(system: Actor, superuser: Actor, open_page: Open) -> None:
    own(system, {"bo@example.com": [str(BEGAN)]})
    with transaction() as db:
        bo = db.query(User).filter_by(email="bo@example.com").one().id
        db.execute(delete(User).where(User.id == bo))
    assert days(open_page(superuser, "trends", step="day", owner=str(bo))) == {"2025-06-01": 1}


def find_reader(system: Actor) -> Actor:
    """Return the superuser who looks, made where the situation is without one."""
    with transaction() as db:
        known = db.query(User).filter_by(email=READER).one_or_none()
    if known is None:
        return actor_for(make_user(system, READER, is_superuser=True))
    return actor_for(known)


def owners(at: AppTest) -> object:
    """Return what the page's table shows, or what stands in its stead."""
    if not at.dataframe:
        return said(at)
    table = pl.from_pandas(shown(at)[["rank", "email", "full_name", "item_count"]])
    return table.with_columns(pl.col("email").str.split("@").list.first()).rows()


def days(at: AppTest) -> object:
    """Return what the chart shows, or what stands in its stead."""
    return drawn(at) if at.get("vega_lite_chart") else said(at)


def said(at: AppTest) -> list[str]:
    """Return what the page says instead of showing something."""
    return [m.value.strip("*") for m in at.main.markdown if m.value.startswith("**")]


def texts(at: AppTest) -> str:
    """Return all that the page says in sentences."""
    return "\n".join(element.value for element in (*at.markdown, *at.success, *at.warning))
