"""Invented data: as much as asked for, and plausible."""

import pytest
from sqlalchemy import func, select, text

from core.access.hashing import UNUSABLE_PASSWORD
from core.actor import Actor
from core.db import engine
from core.db.models import AuditEvent, Item, User
from core.errors import Forbidden
from core.provision import demo
from core.settings import get_settings
from tests.conftest import make_user, read_settings


def fill(actor: Actor, users: int, items: int, *, force: bool = False) -> list[str]:
    """Fill the test's database; return the steps that were told of."""
    steps: list[str] = []
    with engine.transaction() as db:
        demo.fill(
            db,
            actor=actor,
            user_count=users,
            item_count=items,
            force=force,
            watch=lambda step, done, total: steps.append(f"{step} {done}/{total}"),
        )
    return steps


def test_it_adds_to_what_is_there_again_and_again(system: Actor) -> None:
    make_user(system, "ann@example.com")

    fill(system, 300, 2_000)
    fill(system, 200, 1_000)

    with engine.transaction() as db:
        assert db.scalar(select(func.count()).select_from(User)) == 501
        assert db.scalar(select(func.count()).select_from(Item)) == 3_000
        assert db.scalar(select(func.count(Item.title.distinct()))) == 3_000
        emails = db.scalars(select(User.email).where(User.email.endswith(demo.DOMAIN))).all()
        assert len({email.split(".")[-2] for email in emails}) == 500
        assert db.scalar(
            text(
                'SELECT max(id) = max(currval) FROM "user", '
                """(SELECT last_value AS currval FROM user_id_seq) AS s"""
            )
        )
        actions = db.scalars(select(AuditEvent.action)).all()
        assert actions == ["user.create", "demo.create", "demo.create"]


def test_users_cannot_sign_in(system: Actor) -> None:
    fill(system, 50, 0)

    with engine.transaction() as db:
        users = db.scalars(select(User)).all()
    assert {user.hashed_password for user in users} == {UNUSABLE_PASSWORD}
    assert not any(user.is_staff or user.is_superuser for user in users)
    assert all(user.email.endswith("@demo.example") and user.email.isascii() for user in users)


def test_few_own_much_some_own_nothing_and_nobody_long_before_joining(system: Actor) -> None:
    fill(system, 1_000, 20_000)

    with engine.transaction() as db:
        counts = db.scalars(
            select(func.count(Item.id)).select_from(User).outerjoin(Item).group_by(User.id)
        ).all()
        early = db.scalar(
            select(func.count())
            .join_from(Item, User)
            .where(User.created_at > Item.created_at + text("interval '100 days'"))
        )
        first, last, now = db.execute(
            select(func.min(Item.created_at), func.max(Item.created_at), func.now())
        ).one()
    ordered = sorted(counts, reverse=True)
    assert sum(ordered[:10]) > 0.15 * 20_000
    assert 0.10 < sum(count == 0 for count in counts) / 1_000 < 0.25
    assert early is not None
    assert early < 0.05 * 20_000
    assert (now - first).days > 3.5 * 365
    assert last <= now
    assert (now - last).days < 4


def test_tidy_leaves_the_tables_counted(system: Actor) -> None:
    fill(system, 100, 1_000)

    demo.tidy()

    with engine.transaction() as db:
        counted = db.scalar(text("SELECT reltuples FROM pg_class WHERE relname = 'item'"))
        timeout = db.scalar(text("SHOW statement_timeout"))
    assert counted == 1_000
    assert timeout == f"{get_settings().query_timeout_seconds:g}s"


def test_steps_end_with_the_whole(system: Actor) -> None:
    steps = fill(system, 10, 20)

    assert steps == [
        "Adding users 0/10",
        "Adding users 10/10",
        "Adding items 0/20",
        "Adding items 20/20",
    ]


def test_it_is_refused_where_work_is_done_unless_forced(
    environment: str, system: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ENVIRONMENT", "production")
    monkeypatch.setenv("DATABASE_URL", environment.replace(":@", "@"))
    monkeypatch.setenv("SECRET_KEY", "k" * 32)
    monkeypatch.setenv("FIRST_SUPERUSER_PASSWORD", "a password of some length")
    read_settings()

    with pytest.raises(Forbidden, match="production database; add --force"):
        fill(system, 10, 10)
    fill(system, 10, 10, force=True)


def test_only_superusers_fill(staff: Actor) -> None:
    with pytest.raises(Forbidden):
        fill(staff, 10, 10)
