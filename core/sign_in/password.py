"""Sign-in with a password: throttled, and checked outside of any transaction."""

from dataclasses import dataclass, field

from sqlalchemy.orm import Session

from core.access.hashing import UNUSABLE_PASSWORD, Checked, check_password
from core.access.password_strength import SWITCHED_OFF
from core.actor import Actor
from core.audit import trail
from core.db.models import EMAIL_LENGTH, User
from core.errors import Forbidden
from core.manage.users import find_by_email
from core.settings import get_settings
from core.sign_in import known_browsers, sessions, throttle
from core.sign_in.sessions import SignIn
from core.sign_in.throttle import Bucket

ACTION = "session.sign_in"
NOBODY = 0  # an id that no user has


@dataclass(frozen=True)
class Attempt:
    """One attempt to sign in; `wait` is the seconds before it may be tried, mostly 0.

    `is_known` says that the user has signed in with this browser before.
    """

    email: str
    address: str | None
    user_id: int | None
    hashed: str = field(repr=False)
    buckets: tuple[Bucket, ...]
    browser_token: str | None = field(default=None, repr=False)
    is_known: bool = False
    wait: float = 0.0

    def check(self, password: str) -> Checked:
        """Check the password; this is slow on purpose, so call it outside of transactions."""
        return check_password(password, self.hashed)


def begin(
    db: Session,
    *,
    email: str,
    address: str | None,
    browser_token: str | None = None,
) -> Attempt:
    """Count an attempt and read the stored hash; `Attempt.check` and `conclude` come next.

    If `wait` is not 0, the password must not be checked. The caller always commits: either the
    count, or the audit row of a throttled attempt. Raises `Forbidden` where passwords are switched
    off.
    """
    _require_passwords()
    user = find_by_email(db, email)
    known = known_browsers.find(db, token=browser_token, user=user)
    buckets = (
        (throttle.browser(known.id),)
        if known
        else (throttle.account(email), throttle.client(address))
    )
    attempt = Attempt(
        email=email,
        address=address,
        user_id=user.id if user else None,
        hashed=user.hashed_password if user else UNUSABLE_PASSWORD,
        buckets=buckets,
        browser_token=browser_token,
        is_known=known is not None,
        wait=throttle.claim(db, buckets),
    )
    if attempt.wait:
        note(db, attempt, user, action=ACTION, outcome="throttled")
    return attempt


def begin_proof(db: Session, *, user: User, actor: Actor, action: str) -> Attempt:
    """Count an attempt of a signed-in person to prove their password for `action`; see `begin`.

    It is counted per session, so that guessing elsewhere cannot block the owner.
    """
    _require_passwords()
    buckets = (throttle.session(user.id, actor.session_id),)
    attempt = Attempt(
        email=user.email,
        address=actor.address,
        user_id=user.id,
        hashed=user.hashed_password,
        buckets=buckets,
        wait=throttle.claim(db, buckets),
    )
    if attempt.wait:
        note(db, attempt, user, action=action, outcome="throttled")
    return attempt


def conclude(
    db: Session, *, attempt: Attempt, checked: Checked, user_agent: str | None
) -> SignIn | None:
    """Begin a session, or return None if the user is unknown or inactive or the password is wrong.

    All these take equally long. Each leaves an audit row, so the caller always commits.
    """
    user = db.get(User, attempt.user_id or NOBODY)  # same work for unknown users
    proven = user and prove(user, attempt=attempt, checked=checked)
    if user is None or not proven or not user.is_active or not user.is_staff:
        note(db, attempt, user, action=ACTION, outcome="refused")
        return None
    token = known_browsers.remember(db, token=attempt.browser_token, user=user)
    session = sessions.begin(
        db, user=user, address=attempt.address, user_agent=user_agent, browser_token=token
    )
    throttle.forgive(db, attempt.buckets)  # last, as buckets are locked after users
    return session


def prove(user: User, *, attempt: Attempt, checked: Checked) -> bool:
    """Tell whether the password was this user's; upgrade a hash with outdated parameters.

    If the password was changed since the attempt began, the answer is no.
    """
    same = user.id == attempt.user_id and user.hashed_password == attempt.hashed
    if not checked.matches or not same:
        return False
    if checked.new_hash:
        user.hashed_password = checked.new_hash
    return True


def _require_passwords() -> None:
    if not get_settings().password_sign_in:
        raise Forbidden(SWITCHED_OFF)


def note(db: Session, attempt: Attempt, user: User | None, *, action: str, outcome: str) -> None:
    """Add the audit row of an attempt that was throttled or refused."""
    stranger = Actor(
        id=user.id if user else None,
        email=sessions.printable(attempt.email)[:EMAIL_LENGTH],
        address=attempt.address,
    )
    trail.record(db, actor=stranger, action=action, subject=user, outcome=outcome)
