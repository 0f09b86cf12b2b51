"""Makes a database ready for Tally: reachable, migrated, with a first superuser."""

import secrets
import time
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.orm import Session

from core.actor import Actor
from core.db import schema
from core.db.engine import transaction
from core.db.models import User
from core.errors import Invalid, TallyError, Unavailable
from core.manage import users
from core.settings import get_settings

WAIT_SECONDS = 60.0
RANDOM_PASSWORD_BYTES = 12


@dataclass(frozen=True)
class FirstSuperuser:
    """The superuser just created; `random_password` is the only copy of a generated password.

    `providers` are the names of the single sign-on providers that they can use.
    """

    email: str
    random_password: str | None
    has_password: bool
    providers: tuple[str, ...] = ()


def prepare() -> FirstSuperuser | None:
    """Wait for the database, migrate it, and create the first superuser if there is none.

    Returns that superuser only if this call created it. Raises `TallyError`.
    """
    wait_for_database()
    schema.upgrade()
    return create_first_superuser()


def wait_for_database() -> None:
    """Wait until PostgreSQL answers; raise `Unavailable` after a minute."""
    deadline = time.monotonic() + WAIT_SECONDS
    while True:
        try:
            with transaction() as db:
                db.execute(text("SELECT 1"))
            return
        except Unavailable:
            if time.monotonic() > deadline:
                raise
        time.sleep(0.5)


def create_first_superuser() -> FirstSuperuser | None:
    """Create the superuser that the settings name, unless there is a superuser already."""
    settings = get_settings()
    configured = settings.first_superuser_password
    password = (
        configured.get_secret_value()
        if configured
        else secrets.token_urlsafe(RANDOM_PASSWORD_BYTES)
    )
    try:
        with transaction() as db:
            created = users.ensure_first_superuser(
                db,
                email=settings.first_superuser,
                password=password if settings.password_sign_in else None,
            )
    except Invalid as error:
        raise TallyError(_name_settings(error)) from error
    if not created:
        return None
    return FirstSuperuser(
        email=settings.first_superuser,
        random_password=password if settings.password_sign_in and not configured else None,
        has_password=settings.password_sign_in,
        providers=tuple(provider.name for provider in settings.sso_providers),
    )


def create_superuser(
    db: Session,
    *,
    actor: Actor,
    email: str,
    password: str | None,
    full_name: str | None,
    promote: bool,
) -> User:
    """Create a superuser; with `promote`, an existing user becomes one and gets the new password.

    Raises `Invalid`, also if the address is taken and `promote` is False.
    """
    values: dict[str, object] = {"is_active": True, "is_staff": True, "is_superuser": True}
    values |= {"password": password} if password is not None else {}
    if full_name:
        values["full_name"] = full_name
    existing = users.find_by_email(db, email) if promote else None
    if existing is None:
        return users.create_user(db, actor=actor, values={"email": email, **values})
    return users.update_user(
        db, actor=actor, user_id=existing.id, version=existing.version, values=values
    )


def _name_settings(error: Invalid) -> str:
    names = {"email": "FIRST_SUPERUSER", "password": "FIRST_SUPERUSER_PASSWORD"}
    return "\n".join(f"{names.get(f, f)}: {reason}" for f, reason in error.fields.items())
