"""Known browsers (device cookies): guessing elsewhere cannot lock people out of their own browser.

See https://owasp.org/www-community/Slow_Down_Online_Guessing_Attacks_with_Device_Cookies.
"""

from datetime import UTC, datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.access.hashing import hash_token, new_token
from core.db.leftovers import delete_free
from core.db.models import KnownBrowser, User

REMEMBERED = timedelta(days=180)


def find(db: Session, *, token: str | None, user: User | None) -> KnownBrowser | None:
    """Return the browser that `token` belongs to, if this user has signed in with it before."""
    if token is None:
        return None
    return db.scalar(
        select(KnownBrowser).where(
            KnownBrowser.token_hash == hash_token(token),
            KnownBrowser.user_id == (user.id if user else 0),  # same work for unknown users
            KnownBrowser.used_at > datetime.now(UTC) - REMEMBERED,
        )
    )


def remember(db: Session, *, token: str | None, user: User) -> str:
    """Record a sign-in and return the browser's token, a new one unless it has one of this user.

    A token of another user is replaced, so that nobody can plant theirs.
    """
    known = find(db, token=token, user=user)
    if known is not None and token is not None:
        known.used_at = func.now()
        return token
    token = new_token()
    db.add(KnownBrowser(token_hash=hash_token(token), user_id=user.id))
    return token


def delete_old(db: Session) -> None:
    """Delete the browsers that were not used for 180 days."""
    delete_free(db, KnownBrowser.id, KnownBrowser.used_at < datetime.now(UTC) - REMEMBERED)
