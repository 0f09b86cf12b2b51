"""Guessing by many requests at once: whoever guesses waits, and nobody else does."""

import asyncio
import time
from collections import Counter
from pathlib import Path

import httpx2 as httpx
import pytest
from sqlalchemy.orm import Session

from core.access.hashing import new_token
from core.actor import Actor
from core.db import engine
from core.errors import Unavailable
from core.sign_in import account, sessions
from core.sign_in.sessions import OpenSession
from core.sign_in.throttle import ACCOUNT_FREE, CLIENT_FREE
from dashboard.auth.session_cache import Visitors
from tests.conftest import PASSWORD, make_user, sign_in
from tests.dashboard.conftest import EMAIL, form, running
from tests.dashboard.conftest import sign_in as sign_in_at

GUESSES, OWNERS = 200, 15


def plain(client: httpx.Client) -> dict[str, str]:
    return {cookie.name: cookie.value or "" for cookie in client.cookies.jar}


async def send(client: httpx.AsyncClient, fields: dict[str, str]) -> int:
    answer = await client.post("/sign-in", data=fields)
    return answer.status_code


async def guess(url: str, cookies: dict[str, str], fields: dict[str, str]) -> Counter[int]:
    limits = httpx.Limits(max_connections=GUESSES)
    async with httpx.AsyncClient(base_url=url, cookies=cookies, limits=limits, timeout=60) as all_:
        wrong = [
            {**fields, "email": f"nobody{n}@example.com", "password": "not the password"}
            for n in range(GUESSES)
        ]
        return Counter(await asyncio.gather(*(send(all_, each) for each in wrong)))


async def come_in(url: str, who: list[tuple[dict[str, str], dict[str, str]]]) -> list[int]:
    await asyncio.sleep(0.2)  # the guesses are first

    async def one(cookies: dict[str, str], fields: dict[str, str]) -> int:
        async with httpx.AsyncClient(base_url=url, cookies=cookies, timeout=60) as client:
            return await send(client, fields)

    return await asyncio.gather(*(one(*each) for each in who))


def test_many_guesses_at_once_keep_no_known_browser_out(
    environment: str, superuser: Actor, system: Actor, tmp_path: Path
) -> None:
    emails = [f"owner{number}@example.com" for number in range(OWNERS)]
    for email in emails:
        make_user(system, email, is_staff=True)
    with running(tmp_path) as server:
        known = []
        for email in emails:
            with server.client() as client:
                assert sign_in_at(client, email).status_code == 303
                browser = {k: v for k, v in plain(client).items() if "browser" in k}
            with server.client() as client:
                fields = {**form(client), "email": email, "password": PASSWORD}
                known.append(({**plain(client), **browser}, fields))
        with server.client() as client:
            begun = form(client)
            cookies = plain(client)

        async def both() -> tuple[Counter[int], list[int]]:
            guessing = guess(server.url, cookies, begun)
            return await asyncio.gather(guessing, come_in(server.url, known))

        refused, came_in = asyncio.run(both())
    assert came_in == [303] * OWNERS
    assert refused.total() == GUESSES
    assert set(refused) == {401, 429}
    # Each attempt counts as it arrives; on a busy machine a wait or two ends meanwhile.
    assert refused[401] <= CLIENT_FREE + 5


def test_many_who_are_right_at_once_do_not_look_like_guessing(
    environment: str, superuser: Actor, tmp_path: Path
) -> None:
    with running(tmp_path) as server, server.client() as client:
        fields = {**form(client), "email": EMAIL, "password": PASSWORD}
        cookies = plain(client)
        came_in = asyncio.run(come_in(server.url, [(cookies, fields)] * 2 * CLIENT_FREE))
    assert set(came_in) == {303}


def test_guessing_at_an_account_does_not_keep_its_owner_from_a_new_password(
    superuser: Actor,
) -> None:
    with engine.transaction() as db:
        begun = sign_in(db, EMAIL)
    assert begun
    for _ in range(ACCOUNT_FREE + 1):
        with engine.transaction() as db:
            sign_in(db, EMAIL, "not the password")
    with engine.transaction() as db:
        attempt = account.begin_password_change(db, actor=begun.actor)
    assert attempt.wait == 0
    assert attempt.check(PASSWORD).matches


def test_made_up_cookies_do_not_keep_others_waiting(
    superuser: Actor,
) -> None:
    with engine.transaction() as db:
        begun = sign_in(db, EMAIL)
    assert begun
    asked: list[str] = []

    def slow(db: Session, *, token_hash: bytes) -> OpenSession | None:
        asked.append("somebody")
        time.sleep(0.02)
        return sessions.find_open(db, token_hash=token_hash)

    async def flood() -> float:
        visitors = Visitors(slow)
        assert await visitors.find(begun.token, address="192.0.2.1")
        made_up = [visitors.find(new_token(), address="192.0.2.9") for _ in range(100)]
        crowd = [asyncio.ensure_future(each) for each in made_up]
        await asyncio.sleep(0.1)
        visitors.forget_all()
        before = time.monotonic()
        assert await visitors.find(begun.token, address="192.0.2.1")
        waited = time.monotonic() - before
        assert not any(await asyncio.gather(*crowd))
        return waited

    assert asyncio.run(flood()) < 1
    assert len(asked) >= 102


def test_a_client_that_makes_up_cookies_without_end_is_turned_away(
    environment: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dashboard.auth.session_cache.LONGEST_LINE", 3)

    async def flood() -> list[OpenSession | BaseException | None]:
        visitors = Visitors()
        made_up = [visitors.find(new_token(), address="192.0.2.9") for _ in range(5)]
        return await asyncio.gather(*made_up, return_exceptions=True)

    turned_away = [one for one in asyncio.run(flood()) if one]
    assert [type(one) for one in turned_away] == [Unavailable] * 2
