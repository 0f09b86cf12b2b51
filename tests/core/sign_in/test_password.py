"""Signing in: guessing grows slow, by account and by address, and keeps no owner out for good."""

from datetime import UTC, datetime, timedelta

import pytest
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher
from sqlalchemy import select, update
from sqlalchemy.pool import QueuePool

from core.access.hashing import check_password
from core.actor import Actor
from core.db.engine import get_engine, transaction
from core.db.models import AuditEvent, KnownBrowser, SignInThrottle, User
from core.manage import users
from core.sign_in import password as password_sign_in
from core.sign_in import throttle
from core.sign_in.sessions import SignIn, delete_expired
from tests.conftest import PASSWORD, make_user

EMAIL, OTHER = "staff@example.com", "other@example.com"
HOME, AWAY = "192.0.2.1", "198.51.100.7"
WRONG = "not the password"


def attempt(
    email: str = EMAIL,
    password: str = WRONG,
    *,
    address: str = AWAY,
    browser_token: str | None = None,
) -> SignIn | float | None:
    """Try to sign in; return the session, None when refused, or the seconds to wait."""
    with transaction() as db:
        begun = password_sign_in.begin(
            db, email=email, address=address, browser_token=browser_token
        )
    if begun.wait:
        return begun.wait
    checked = begun.check(password)
    with transaction() as db:
        return password_sign_in.conclude(db, attempt=begun, checked=checked, user_agent=None)


def fail(times: int, email: str = EMAIL, *, address: str = AWAY) -> None:
    """Fail so often, as if each delay had been waited for."""
    for _ in range(times):
        assert attempt(email, address=address) is None
        wait_no_longer()


def wait_no_longer() -> None:
    with transaction() as db:
        db.execute(update(SignInThrottle).values(open_at=datetime.now(UTC)))


def outcomes() -> list[str]:
    with transaction() as db:
        query = select(AuditEvent.outcome).where(AuditEvent.action == "session.sign_in")
        return list(db.scalars(query.order_by(AuditEvent.id)))


def test_eleven_failures_slow_down_that_account_and_no_other(staff: Actor, system: Actor) -> None:
    make_user(system, OTHER, is_staff=True)
    fail(10)
    assert attempt() is None
    wait = attempt()
    assert isinstance(wait, float)
    assert 60 < wait <= 64
    assert isinstance(attempt(OTHER, PASSWORD), SignIn)
    assert outcomes() == ["refused"] * 11 + ["throttled", "success"]


def test_the_delay_doubles_to_a_limit_and_never_becomes_a_lock(staff: Actor) -> None:
    waits = []
    for _ in range(20):
        assert attempt() is None
        waits.append(attempt())
        if waits[-1] is None:
            waits[-1] = 0.0
        wait_no_longer()
    seen = [round(w) for w in waits if isinstance(w, float)]
    assert [s for s in seen if s][:5] == sorted([s for s in seen if s][:5])
    assert max(seen) == throttle.LONGEST_DELAY
    assert isinstance(attempt(password=PASSWORD), SignIn)


def test_the_right_password_tells_nothing_while_throttled(staff: Actor) -> None:
    fail(8)
    attempt()
    right, wrong = attempt(password=PASSWORD), attempt()
    assert isinstance(right, float)
    assert isinstance(wrong, float)
    assert abs(right - wrong) < 2
    assert outcomes()[-2:] == ["throttled", "throttled"]


def test_an_account_that_does_not_exist_slows_down_alike(staff: Actor) -> None:
    fail(8, "nobody@example.com")
    fail(8, EMAIL, address=HOME)
    with transaction() as db:
        failures = db.scalars(select(SignInThrottle.failures)).all()
    assert sorted(failures) == [8, 8, 8, 8]
    attempt("nobody@example.com")
    attempt(EMAIL, address=HOME)
    assert round(float(attempt("nobody@example.com") or 0)) == round(  # type: ignore[arg-type]
        float(attempt(EMAIL, address=HOME) or 0)  # type: ignore[arg-type]
    )


def test_attempts_that_are_turned_away_do_not_lengthen_the_delay(staff: Actor) -> None:
    fail(8)
    attempt()
    with transaction() as db:
        before = db.execute(select(SignInThrottle.failures, SignInThrottle.open_at)).all()
    for _ in range(5):
        assert isinstance(attempt(), float)
    with transaction() as db:
        assert db.execute(select(SignInThrottle.failures, SignInThrottle.open_at)).all() == before


def test_one_address_that_tries_many_accounts_is_slowed_down(staff: Actor) -> None:
    for number in range(throttle.CLIENT_FREE):
        assert attempt(f"user{number}@example.com") is None
    assert isinstance(attempt("one.more@example.com"), float)
    assert isinstance(attempt(password=PASSWORD, address=HOME), SignIn)


def test_an_ipv6_network_counts_as_one_client() -> None:
    assert throttle.client("2001:db8::1") == throttle.client("2001:db8::ffff:2")
    assert throttle.client("2001:db8::1") != throttle.client("2001:db8:0:1::1")
    assert throttle.client("192.0.2.1") != throttle.client("192.0.2.2")
    assert throttle.client(None) == throttle.client("unknown")


def test_the_owner_gets_in_from_a_known_browser_while_attacked(staff: Actor) -> None:
    begun = attempt(password=PASSWORD, address=HOME)
    assert isinstance(begun, SignIn)
    for _ in range(12):
        attempt(address=HOME)
    assert isinstance(attempt(password=PASSWORD, address=HOME), float)
    again = attempt(password=PASSWORD, address=HOME, browser_token=begun.browser_token)
    assert isinstance(again, SignIn)
    assert again.browser_token == begun.browser_token
    assert isinstance(attempt(password=PASSWORD, address=HOME), float)


def test_a_stolen_known_browser_is_slowed_down_too(staff: Actor) -> None:
    begun = attempt(password=PASSWORD)
    assert isinstance(begun, SignIn)
    for _ in range(throttle.BROWSER_FREE):
        assert attempt(browser_token=begun.browser_token) is None
    assert isinstance(attempt(password=PASSWORD, browser_token=begun.browser_token), float)


def test_a_browser_is_known_for_its_own_user_alone(staff: Actor, system: Actor) -> None:
    make_user(system, OTHER, is_staff=True)
    begun = attempt(password=PASSWORD)
    assert isinstance(begun, SignIn)
    planted = attempt(OTHER, PASSWORD, browser_token=begun.browser_token)
    assert isinstance(planted, SignIn)
    assert planted.browser_token != begun.browser_token
    with transaction() as db:
        tokens = db.scalars(select(KnownBrowser.token_hash)).all()
    assert len(tokens) == 2
    assert (begun.browser_token or "").encode() not in b"".join(tokens)


def test_a_success_starts_the_account_afresh_and_not_the_address(staff: Actor) -> None:
    fail(4)
    assert isinstance(attempt(password=PASSWORD), SignIn)
    with transaction() as db:
        assert db.scalars(select(SignInThrottle.failures)).all() == [4]


def test_failures_are_forgotten_after_a_day(staff: Actor) -> None:
    fail(8)
    with transaction() as db:
        db.execute(update(SignInThrottle).values(failed_at=datetime.now(UTC) - timedelta(hours=25)))
    assert attempt() is None
    assert isinstance(attempt(password=PASSWORD), SignIn)
    with transaction() as db:
        db.execute(update(SignInThrottle).values(failed_at=datetime.now(UTC) - timedelta(hours=25)))
        db.execute(update(KnownBrowser).values(used_at=datetime.now(UTC) - timedelta(days=181)))
    with transaction() as db:
        delete_expired(db)
    with transaction() as db:
        assert db.scalars(select(SignInThrottle)).all() == []
        assert db.scalars(select(KnownBrowser)).all() == []


def test_old_parameters_are_replaced_at_the_next_sign_in(staff: Actor) -> None:
    weak = PasswordHash((Argon2Hasher(time_cost=1, memory_cost=1024, parallelism=1),))
    with transaction() as db:
        db.execute(update(User).values(hashed_password=weak.hash(PASSWORD)))
    assert attempt() is None
    assert stored_hash().startswith("$argon2id$v=19$m=1024,t=1,p=1$")
    assert isinstance(attempt(password=PASSWORD), SignIn)
    assert stored_hash().startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert isinstance(attempt(password=PASSWORD), SignIn)


def test_a_password_changed_meanwhile_counts_as_wrong(staff: Actor, system: Actor) -> None:
    with transaction() as db:
        begun = password_sign_in.begin(db, email=EMAIL, address=HOME)
    checked = begun.check(PASSWORD)
    with transaction() as db:
        values = {"password": "quite another passphrase"}
        users.update_user(db, actor=system, user_id=staff.id or 0, version=1, values=values)
    with transaction() as db:
        assert (
            password_sign_in.conclude(db, attempt=begun, checked=checked, user_agent=None) is None
        )


def test_no_connection_is_taken_while_hashing(
    staff: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken = []
    pool = get_engine().pool
    assert isinstance(pool, QueuePool)

    def checking(password: str, hashed: str) -> object:
        taken.append(pool.checkedout())
        return check_password(password, hashed)

    monkeypatch.setattr(password_sign_in, "check_password", checking)
    assert isinstance(attempt(password=PASSWORD), SignIn)
    assert taken == [0]


def stored_hash() -> str:
    with transaction() as db:
        return db.scalars(select(User.hashed_password).where(User.email == EMAIL)).one()
