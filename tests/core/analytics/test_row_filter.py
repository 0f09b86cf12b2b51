"""The filter of lists: what an address asks for, and the rows that are then listed."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import update
from sqlalchemy.orm import Session

from core.actor import Actor
from core.analytics.row_filter import RowFilter, parse
from core.calendar.periods import Period
from core.db.models import Item, User
from core.manage import items, users
from tests.conftest import make_user

NOW = datetime(2026, 11, 28, 9, 30, tzinfo=UTC)
INSTANT = timedelta(microseconds=1)
QUERIES = st.dictionaries(st.sampled_from(["owner", "active", "period", "q", "page"]), st.text())


@given(st.integers(1, 10**18 - 1) | st.none(), st.sampled_from(Period))
def test_an_address_keeps_the_filter_of_items(owner: int | None, period: Period) -> None:
    filters = RowFilter(owner=owner, period=period)
    assert parse(filters.to_query(), noun="items") == (filters, [])


@given(st.sampled_from([None, "yes", "no"]), st.sampled_from(Period))
def test_an_address_keeps_the_filter_of_users(active: str | None, period: Period) -> None:
    filters = RowFilter(active=active, period=period)  # type: ignore[arg-type]
    assert parse(filters.to_query(), noun="users") == (filters, [])


@given(QUERIES, st.sampled_from(["items", "users"]))
def test_any_address_makes_a_filter_that_can_be_asked_for(query: dict[str, str], noun: str) -> None:
    filters, _ = parse(query, noun=noun)  # type: ignore[arg-type]
    assert parse(filters.to_query(), noun=noun) == (filters, [])  # type: ignore[arg-type]


@pytest.mark.parametrize("period", [period for period in Period if period.days])
def test_a_period_ends_with_an_instant_and_begins_after_one(
    period: Period, db: Session, system: Actor
) -> None:
    ann = make_user(system, "ann@example.com")
    span = period.span(NOW)
    assert span is not None
    ages = {"at its beginning": span.after, "first": span.after + INSTANT, "last": NOW}
    for title, at in {**ages, "after it": NOW + INSTANT}.items():
        values = {"title": title, "owner_email": "ann@example.com"}
        item = items.create_item(db, actor=system, values=values)
        db.execute(update(Item).where(Item.id == item.id).values(created_at=at))
        db.execute(update(User).where(User.id == ann.id).values(created_at=at))
        joined = users.list_users(db, actor=system, created=span).count
        assert joined == (1 if title in {"first", "last"} else 0)
    found = items.list_items(db, actor=system, owner_id=ann.id, created=span)
    assert [item.title for item in found.rows] == ["last", "first"]
    assert items.list_items(db, actor=system, search="first", created=span).count == 1


def test_users_are_listed_by_activity(db: Session, system: Actor) -> None:
    for email, is_active in (("ann@example.com", True), ("cy@example.com", False)):
        users.create_user(db, actor=system, values={"email": email, "is_active": is_active})
    found = {active: users.list_users(db, actor=system, active=active) for active in (True, False)}
    assert {a: [u.email for u in page.rows] for a, page in found.items()} == {
        True: ["ann@example.com"],
        False: ["cy@example.com"],
    }
    assert users.list_users(db, actor=system).count == 2
