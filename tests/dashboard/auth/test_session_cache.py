"""Sessions are looked up seldom, forgotten at once, and remembered while PostgreSQL is away."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from sqlalchemy.orm import Session

from core.actor import Actor
from core.db import engine
from core.errors import Unavailable
from core.sign_in import sessions
from core.sign_in.sessions import OpenSession, SignIn
from dashboard.auth import session_cache as room
from dashboard.auth.session_cache import Visitors
from tests.conftest import sign_in


@pytest.fixture
def begun(superuser: Actor) -> SignIn:
    with engine.transaction() as db:
        result = sign_in(db, superuser.email)
    assert result
    return result


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """One entry for each transaction; `away` in it makes the next ones fail."""
    log: list[str] = []
    transaction = engine.transaction

    @contextmanager
    def counting() -> Iterator[Session]:
        if "away" in log:
            log.append("failed")
            raise Unavailable(engine.AWAY)
        log.append("asked")
        with transaction() as db:
            yield db

    monkeypatch.setattr(engine, "transaction", counting)
    return log


def test_the_requests_of_one_page_share_a_look_up(begun: SignIn, asked: list[str]) -> None:
    async def open_page() -> None:
        visitors = Visitors()
        found = await asyncio.gather(*(visitors.find(begun.token) for _ in range(60)))
        assert {session.actor.email for session in found if session} == {"root@example.com"}
        await visitors.find(begun.token)

    asyncio.run(open_page())
    assert asked == ["asked"]


def test_after_a_second_the_session_is_verified_again(
    begun: SignIn, asked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def come_back() -> None:
        visitors = Visitors()
        assert await visitors.find(begun.token)
        monkeypatch.setattr(room, "FRESH_SECONDS", 0)
        with engine.transaction() as db:
            sessions.sign_out(db, actor=begun.actor)
        assert await visitors.find(begun.token) is None
        asked.append("away")
        with pytest.raises(Unavailable):
            await visitors.find(begun.token)

    asyncio.run(come_back())


def test_who_is_unknown_is_not_remembered(superuser: Actor, asked: list[str]) -> None:
    async def knock() -> None:
        visitors = Visitors()
        for letter in "abca":
            assert await visitors.find(letter * 43) is None

    asyncio.run(knock())
    assert asked == ["asked"] * 4


def test_who_was_unknown_is_looked_up_again(begun: SignIn) -> None:
    tries: list[bytes] = []

    def find_second_time(db: Session, *, token_hash: bytes) -> OpenSession | None:
        tries.append(token_hash)
        return sessions.find_open(db, token_hash=token_hash) if len(tries) > 1 else None

    async def knock() -> None:
        visitors = Visitors(find_second_time)
        assert await visitors.find(begun.token) is None
        assert await visitors.find(begun.token)

    asyncio.run(knock())


def test_a_forgotten_session_does_not_come_back_by_a_late_answer(
    begun: SignIn, asked: list[str]
) -> None:
    async def sign_out_meanwhile() -> None:
        visitors = Visitors()
        looking = asyncio.create_task(visitors.find(begun.token))
        await asyncio.sleep(0)
        visitors.forget(begun.actor.session_id)
        assert await looking is None
        asked.append("away")
        with pytest.raises(Unavailable):
            await visitors.find(begun.token)

    asyncio.run(sign_out_meanwhile())


def test_while_the_database_is_away_the_known_stay_and_the_others_wait(
    begun: SignIn, asked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "FRESH_SECONDS", 0)
    monkeypatch.setattr(room, "AWAY_SECONDS", 1.0)

    async def outage() -> None:
        visitors = Visitors()
        assert await visitors.find(begun.token)
        asked.append("away")
        for _ in range(5):
            assert await visitors.find(begun.token)
        with pytest.raises(Unavailable):
            await visitors.find("x" * 43)
        assert asked.count("failed") == 1  # an absent database is not asked for every request
        asked.clear()
        await asyncio.sleep(room.AWAY_SECONDS)
        assert await visitors.find(begun.token)
        assert asked == ["asked"]

    asyncio.run(outage())


def test_a_session_past_its_end_is_not_kept_by_an_outage(
    begun: SignIn, asked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "FRESH_SECONDS", 0)

    def find_ending(db: Session, *, token_hash: bytes) -> OpenSession | None:
        found = sessions.find_open(db, token_hash=token_hash)
        return found and replace(found, ends_at=datetime.now(UTC))

    async def outage() -> None:
        visitors = Visitors(find_ending)
        assert await visitors.find(begun.token)
        asked.append("away")
        with pytest.raises(Unavailable):
            await visitors.find(begun.token)

    asyncio.run(outage())


def test_memory_is_bounded(
    begun: SignIn, asked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "MOST_REMEMBERED", 0)

    async def one_too_many() -> None:
        visitors = Visitors()
        assert await visitors.find(begun.token)
        asked.append("away")
        with pytest.raises(Unavailable):
            await visitors.find(begun.token)

    asyncio.run(one_too_many())
