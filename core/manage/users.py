"""The service for users, their roles and passwords."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import delete, func, insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from core.access import revocations, superusers
from core.access.hashing import UNUSABLE_PASSWORD, hash_password
from core.access.password_strength import refuse_guessable
from core.access.permissions import require_staff, require_superuser
from core.access.superusers import ROLE_FIELDS
from core.actor import Actor, Refused
from core.calendar.periods import Span
from core.columns.forms import change, new_row
from core.columns.users import USER_COLUMNS
from core.db import word_search
from core.db.fields import Password, parse
from core.db.models import ApiToken, AuthSession, Item, User
from core.db.paging import SEARCH_COUNT_CAP, Page, created_in, read_page
from core.db.word_search import has_words
from core.errors import Forbidden, Invalid
from core.manage.row_editor import RowEditor
from core.manage.row_service import RowService
from core.text.addresses import find_form
from core.text.folding import split_words

FIELDS = tuple(column.name for column in USER_COLUMNS if column.typed)
UNDO_ITEMS = 10_000


class UserEditor(RowEditor[User]):
    """Edits users; translates a taken address into a message for its field."""

    def flush(self, db: Session) -> None:
        """Send changes to the database; raise `Invalid` for an address that another user has."""
        try:
            db.flush()
        except IntegrityError as error:
            if "uq_user_lower_email" in str(error.orig):
                raise Invalid({"email": "Another user has this address already."}) from error
            raise


EDITOR = UserEditor(User, FIELDS)


PASSWORD = (Password | None, None)
UserForm = new_row(
    "UserForm",
    "The fields of a new user; without a password they own items but cannot sign in.",
    USER_COLUMNS,
    password=PASSWORD,
)
UserChange = change(
    "UserChange",
    "The fields of a change; those left out stay as they are.",
    USER_COLUMNS,
    password=PASSWORD,
)


@dataclass(frozen=True)
class RemovedUser:
    """A deleted user, for `restore_user`; `items` is None if there were too many to keep."""

    user: Mapping[str, Any] = field(repr=False)  # holds the password's hash
    items: Sequence[Mapping[str, Any]] | None = field(repr=False)
    item_count: int


def list_users(
    db: Session,
    *,
    actor: Actor,
    search: str = "",
    active: bool | None = None,
    created: Span | None = None,
    skip: int = 0,
    limit: int = 50,
) -> Page[Sequence[User]]:
    """Return a page of users, newest first, filtered by activity and creation time.

    Each word of `search` must occur in the address or name.
    """
    require_superuser(db, actor, "user.list")
    query = select(User).order_by(User.id.desc())
    if active is not None:
        query = query.where(User.is_active.is_(active))
    if created is not None:
        query = query.where(created_in(User.created_at, created))
    words = split_words(search)
    if words:
        query = query.where(has_words(word_search.USERS, words))
    return read_page(db, query, skip=skip, limit=limit, cap=SEARCH_COUNT_CAP if words else None)


def get_user(db: Session, user_id: int, *, actor: Actor) -> User:
    """Return one user; raise `NotFound`."""
    require_superuser(db, actor, "user.read", user_id)
    return EDITOR.require(db.get(User, user_id))


def get_own(db: Session, *, actor: Actor) -> User:
    """Return the actor's own user; a token needs no scope for this."""
    require_staff(db, actor, "user.read_own")
    return EDITOR.require(db.get(User, actor.id or 0))


def create_user(db: Session, *, actor: Actor, values: Mapping[str, object]) -> User:
    """Create a user from the fields of `UserForm`; raise `Invalid`, also for a taken address."""
    require_superuser(db, actor, "user.create")
    columns = _stored(parse(UserForm, values).model_dump())
    password = columns.pop("password")
    if password:
        refuse_guessable(password, email=columns["email"])
    hashed = hash_password(password) if password else UNUSABLE_PASSWORD
    user = User(**columns, hashed_password=hashed)
    return EDITOR.add(db, user, actor=actor, action="user.create")


def update_user(
    db: Session, user_id: int, *, actor: Actor, version: int | None, values: Mapping[str, object]
) -> User:
    """Change a user that is still at `version`.

    Raises `VersionNeeded` without a `version`, and `Conflict` when somebody was faster. A change of
    role, activity or password ends the user's sessions; losing a role also ends the API tokens.
    """
    require_superuser(db, actor, "user.update", user_id)
    changes = _stored(parse(UserChange, values).model_dump(exclude_unset=True))
    password = changes.pop("password", None)
    if password:
        changes["hashed_password"] = hash_password(password)
    if superusers.takes_rights(changes):
        superusers.lock_first(db, Refused(actor, "user.update", user_id))
    user = EDITOR.lock(db, user_id, version)
    if password:
        refuse_guessable(password, email=changes.get("email", user.email))
    if superusers.loses_role(user, changes):
        superusers.require_another(db, user, Refused(actor, "user.update", user_id))
    difference = EDITOR.change(db, user, changes, actor=actor, action="user.update")
    if difference.keys() & {*ROLE_FIELDS, "hashed_password"}:
        revocations.end_sessions(db, AuthSession.user_id == user.id)
    if any(after is False for _, after in difference.values()):
        db.execute(delete(ApiToken).where(ApiToken.user_id == user.id))
    return user


def count_items(db: Session, *, actor: Actor, user_id: int) -> int:
    """Return how many items would be deleted with the user."""
    require_superuser(db, actor, "user.read", user_id)
    return _count_items(db, user_id)


def delete_user(db: Session, user_id: int, *, actor: Actor, version: int | None) -> RemovedUser:
    """Delete a user with all items; return what `restore_user` needs to bring them back.

    Raises `VersionNeeded` without a `version`, and `Conflict` when somebody was faster.
    """
    require_superuser(db, actor, "user.delete", user_id)
    refused = Refused(actor, "user.delete", user_id)
    superusers.lock_first(db, refused)
    user = EDITOR.lock(db, user_id, version)
    if user.id == actor.id:
        raise Forbidden("You cannot delete yourself; ask another superuser.", refused=refused)
    if user.is_superuser and user.is_active:
        superusers.require_another(db, user, refused)
    count = _count_items(db, user_id)
    items = _undoable(db, user, count)
    stored = EDITOR.delete(db, user, actor=actor, action="user.delete", items=[count, 0])
    revocations.announce(db)
    return RemovedUser(user=stored, items=items, item_count=count)


def restore_user(db: Session, *, actor: Actor, removed: RemovedUser) -> User:
    """Restore a deleted user with the same id, and the items if they were kept.

    Raises `Invalid` if another user has the address now.
    """
    require_superuser(db, actor, "user.restore")
    existing = db.get(User, removed.user["id"])
    if existing is not None:
        return existing
    count = len(removed.items or ())
    user = User(**removed.user)
    EDITOR.add(db, user, actor=actor, action="user.restore", items=[0, count])
    if removed.items:
        db.execute(insert(Item), list(removed.items))
    return user


def ensure_first_superuser(db: Session, *, email: str, password: str | None) -> bool:
    """Create the first superuser if there is none; tell whether it did."""
    if db.scalar(select(User.id).where(User.is_superuser).limit(1)) is not None:
        return False
    actor = Actor.system("setup")
    values: dict[str, object] = {"is_staff": True, "is_superuser": True}
    values |= {"password": password} if password else {}
    existing = find_by_email(db, email)
    if existing is None:
        create_user(db, actor=actor, values={"email": email, **values})
    else:
        update_user(
            db,
            actor=actor,
            user_id=existing.id,
            version=existing.version,
            values={"is_active": True, **values},
        )
    return True


def find_by_email(db: Session, email: str) -> User | None:
    """Return the user with this address, whatever its case, width and Unicode form."""
    return db.scalar(select(User).where(func.lower(User.email) == find_form(email)))


def _count_items(db: Session, user_id: int) -> int:
    return db.scalar(select(func.count()).where(Item.owner_id == user_id)) or 0


def _stored(values: dict[str, Any]) -> dict[str, Any]:
    return values | {"is_staff": True} if values.get("is_superuser") else values


def _undoable(db: Session, user: User, count: int) -> list[dict[str, Any]] | None:
    if count > UNDO_ITEMS:
        return None
    return [item.stored() for item in db.scalars(select(Item).where(Item.owner_id == user.id))]


SERVICE = RowService(
    get=get_user,
    create=create_user,
    update=update_user,
    delete=delete_user,
    restore=restore_user,
)
