"""What the tests of pages share: pages run by a signed-in person, without a browser."""

import hashlib
import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from sqlalchemy import select, update
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import TextArea, TextInput

from core.actor import Actor
from core.db.engine import transaction
from core.db.models import Item, User
from core.exports import export as exporting
from core.exports.catalog import QUESTIONS
from core.exports.export import Order
from core.exports.formats import FORMATS
from core.manage import items
from core.settings import ROOT
from dashboard.shell import freshness
from etl import refresh
from tests.conftest import make_user, restart

TIMEOUT = 30
Open = Callable[..., AppTest]
Away = Callable[[], AbstractContextManager[None]]


@pytest.fixture(autouse=True)
def _nothing_shared(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let each run see what the test has just done, instead of what all sessions share."""
    monkeypatch.setattr(freshness, "SHARED_SECONDS", 0.0)


@pytest.fixture
def open_page(environment: str) -> Open:
    """Return a function that runs a page as an actor, with query parameters."""

    def open_it(actor: Actor, name: str = "overview", **query: str) -> AppTest:
        at = AppTest.from_file(str(ROOT / "dashboard/main.py"), default_timeout=TIMEOUT)
        at.user = user_info(actor)
        at.query_params.update(query)
        if name != "overview":
            at.switch_page(str(ROOT / f"pages/{name}.py"))
        return at.run()

    return open_it


def user_info(actor: Actor) -> dict[str, object]:
    """What the gate tells Streamlit about an actor."""
    return {
        "is_logged_in": True,
        "email": actor.email,
        "name": actor.full_name or "",
        "tally_user_id": str(actor.id),
        "tally_session_id": str(actor.session_id or ""),
        "tally_is_superuser": "1" if actor.is_superuser else "0",
        "address": actor.address or "",
    }


@pytest.fixture
def world(system: Actor, superuser: Actor, staff: Actor) -> Actor:
    """Five users and six items, in a published snapshot; returns the superuser.

    Ann owns 3 items, Bo 2, the inactive Cy 1; Ruth and Stan own none.
    """
    make_user(system, "ann@example.com", full_name="Ann Example")
    make_user(system, "bo@example.com", full_name="Bo [x](javascript:alert(1))")
    make_user(system, "cy@example.com", is_active=False)
    for email, count in (("ann", 3), ("bo", 2), ("cy", 1)):
        for number in range(count):
            make_item(system, f"{email}@example.com", f"{email} {number + 1}")
    spread_in_time()
    refresh.run(trigger="manual", requested_by=superuser.email)
    return superuser


def make_item(system: Actor, owner_email: str, title: str) -> Item:
    """Create and commit an item."""
    with transaction() as db:
        values = {"title": title, "owner_email": owner_email}
        return items.create_item(db, actor=system, values=values)


def make_aged_item(system: Actor, hours: int, owner_email: str = "ann@example.com") -> None:
    """Create and commit an item that is so many hours old."""
    item = make_item(system, owner_email, f"{hours} hours old")
    at = datetime.now(UTC) - timedelta(hours=hours)
    with transaction() as db:
        db.execute(update(Item).where(Item.id == item.id).values(created_at=at))


def spread_in_time() -> None:
    """Let users and items come into being one a day, beginning at 2026-03-01 12:00 UTC."""
    began = datetime(2026, 3, 1, 12, tzinfo=UTC)
    with transaction() as db:
        for table in (User, Item):
            ids = list(db.scalars(select(table.id).order_by(table.id)))
            for number, each in enumerate(ids):
                at = began + timedelta(days=number)
                db.execute(update(table).where(table.id == each).values(created_at=at))


@pytest.fixture
def away(environment: str, monkeypatch: pytest.MonkeyPatch) -> Away:
    """Return a context in which PostgreSQL cannot be reached."""

    @contextmanager
    def unreachable() -> Iterator[None]:
        with monkeypatch.context() as patch:
            patch.setenv("DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none")
            restart()
            yield
        restart()

    return unreachable


def press(at: AppTest, label: str) -> AppTest:
    """Press the button with a label, and run."""
    found = [button for button in (*at.button, *at.form_submit_button) if button.label == label]
    assert found, f"no button {label!r}: {[b.label for b in at.button]}"
    found[-1].click()
    return at.run()


def field(at: AppTest, label: str) -> TextInput | TextArea:
    """Return the text field or area with a label."""
    fields: list[TextInput | TextArea] = [*at.text_input, *at.text_area]
    return next(f for f in fields if f.label == label)


def choose(at: AppTest, row: int) -> AppTest:
    """Choose a row of the page's first table, and run."""
    at.session_state[str(at.dataframe[0].key)] = {
        "selection": {"rows": [row], "columns": [], "cells": []}
    }
    return at.run()


def shown(at: AppTest) -> pd.DataFrame:
    """Return what the page's first table shows."""
    return at.dataframe[0].value


def drawn(at: AppTest) -> dict[str, int]:
    """Return what the chart of Trends draws, by day, without the steps of nothing."""
    (sent,) = at.get("vega_lite_chart")[0].proto.datasets
    frame = pl.DataFrame(pa.ipc.open_stream(sent.data.data).read_all())
    return {f"{row['day']:%Y-%m-%d}": row["count"] for row in frame.to_dicts() if row["count"]}


def export(actor: Actor, question: str, format: str = "xlsx", **query: str) -> str:
    """Export the whole answer to a question; return the SHA-256 of the file."""
    zone = ZoneInfo("Asia/Kathmandu")
    found = QUESTIONS[question]
    order = Order(found, found.parse(query, zone), FORMATS[format], zone)
    return hashlib.sha256(b"".join(exporting.prepare(order, actor=actor).parts())).hexdigest()


def plain(text: str) -> str:
    """Return a text without what keeps Streamlit's Markdown from reading it."""
    return re.sub(r":color\[(..)\]", r"\1", text).replace("\\", "")


def say(at: AppTest) -> list[str]:
    """Return what the page said in passing."""
    return [toast.value for toast in at.toast]
