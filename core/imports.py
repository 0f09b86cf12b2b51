"""Import of users and items from CSV files: all of it or nothing, in one transaction."""

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

from pydantic import BaseModel
from sqlalchemy import text
from sqlalchemy.orm import Session

from core import audit
from core.actors import Actor, require_superuser
from core.bulk import Watch, allow_long_statements, copy_rows
from core.csv_files import Problems, read_records, show
from core.errors import Invalid
from core.fields import Description, Email, FullName, Title, parse
from core.security import UNUSABLE_PASSWORD

USER_COLUMNS = ("email", "full_name")
ITEM_COLUMNS = ("title", "description", "owner_email")
UNKNOWN_OWNER = "No user has this address, neither in the file of users nor in Tally: {}."

TEMPORARY_TABLES = """
    CREATE TEMPORARY TABLE import_user (line bigint, email text, full_name text) ON COMMIT DROP;
    CREATE TEMPORARY TABLE import_item (
        line bigint, title text, description text, owner_email text) ON COMMIT DROP
"""
FILL_MISSING_NAMES = """
    UPDATE "user" SET full_name = i.full_name, version = version + 1, updated_at = now()
    FROM import_user i
    WHERE lower("user".email) = i.email AND "user".full_name IS NULL AND i.full_name IS NOT NULL
"""
# Users are locked by id, as everywhere, and new addresses are claimed by one import at a time.
ONE_AT_A_TIME = "SELECT pg_advisory_xact_lock(:key)"
LOCK_KEY = 0x7A11_0005
LOCK_UNNAMED = """
    SELECT FROM "user" u JOIN import_user i ON lower(u.email) = i.email
    WHERE u.full_name IS NULL AND i.full_name IS NOT NULL
    ORDER BY u.id FOR NO KEY UPDATE OF u
"""
ADD_USERS = """
    INSERT INTO "user" (email, full_name, hashed_password)
    SELECT email, full_name, :password FROM import_user i
    WHERE NOT EXISTS (SELECT FROM "user" u WHERE lower(u.email) = i.email)
    ORDER BY line
    ON CONFLICT DO NOTHING
"""
# Locked until the commit, so that no owner is deleted between the check and the insert.
FIND_OWNERS = """
    CREATE TEMPORARY TABLE import_owner ON COMMIT DROP AS
    SELECT u.id, i.owner_email
    FROM (SELECT DISTINCT owner_email FROM import_item) i
    JOIN "user" u ON lower(u.email) = i.owner_email
    ORDER BY u.id
    FOR KEY SHARE OF u
"""
UNKNOWN_OWNERS = """
    SELECT line, owner_email FROM import_item i
    WHERE NOT EXISTS (SELECT FROM import_owner o WHERE o.owner_email = i.owner_email)
    ORDER BY line
"""
ADD_ITEMS = """
    INSERT INTO item (title, description, owner_id)
    SELECT i.title, i.description, o.id
    FROM import_item i JOIN import_owner o USING (owner_email)
    ORDER BY i.line
"""


@dataclass(frozen=True)
class Imported:
    """What an import did; `names_filled` counts known users who had no name before."""

    users_added: int
    users_known: int
    names_filled: int
    items_added: int


class UserLine(BaseModel):
    """One line of a file of users."""

    email: Email
    full_name: FullName


class ItemLine(BaseModel):
    """One line of a file of items, but for its owner, whose address recurs and is cached."""

    title: Title
    description: Description


class AddressLine(BaseModel):
    """An address that names an owner."""

    owner_email: Email


def import_files(db: Session, *, actor: Actor, users: Path, items: Path, watch: Watch) -> Imported:
    """Add the users and items of two CSV files; raise `BadFiles` and change nothing if one is bad.

    A user who exists, whatever the address's case, keeps the account and gets a name if there is
    none; new users cannot sign in. Items are always added: they have no identity of their own.
    """
    require_superuser(db, actor, "import.files")
    allow_long_statements(db)
    db.execute(text(TEMPORARY_TABLES))
    problems = Problems()
    user_lines = copy_rows(
        db, "import_user", ("line", *USER_COLUMNS), _users(users, problems, watch)
    )
    copy_rows(db, "import_item", ("line", *ITEM_COLUMNS), _items(items, problems, watch))
    problems.refuse_any()
    imported = _store(db, items, user_lines, watch)
    changes = {name: [0, count] for name, count in asdict(imported).items()}
    audit.record(db, actor=actor, action="import.create", changes=changes)
    return imported


def _store(db: Session, items: Path, user_lines: int, watch: Watch) -> Imported:
    step = "Storing"
    watch(step, 0, 3)
    _run(db, ONE_AT_A_TIME, key=LOCK_KEY)
    _run(db, LOCK_UNNAMED)
    filled = _run(db, FILL_MISSING_NAMES)
    added = _run(db, ADD_USERS, password=UNUSABLE_PASSWORD)
    watch(step, 1, 3)
    _run(db, FIND_OWNERS)
    _refuse_unknown_owners(db, items)
    item_count = _run(db, ADD_ITEMS)
    watch(step, 2, 3)
    _run(db, 'ANALYZE "user", item')
    watch(step, 3, 3)
    return Imported(
        users_added=added,
        users_known=user_lines - added,
        names_filled=filled,
        items_added=item_count,
    )


def _refuse_unknown_owners(db: Session, items: Path) -> None:
    problems = Problems()
    for line, address in db.execute(text(UNKNOWN_OWNERS)):
        problems.add(items, line, "owner_email", UNKNOWN_OWNER.format(show(address)))
    problems.refuse_any()


def _run(db: Session, statement: str, **values: object) -> int:
    return int(db.execute(text(statement), values).rowcount)  # type: ignore[attr-defined]


def _users(path: Path, problems: Problems, watch: Watch) -> Iterator[tuple[int, str, str | None]]:
    first_line: dict[str, int] = {}
    for record in read_records(path, USER_COLUMNS, problems, _reading(path, watch)):
        try:
            user = parse(UserLine, record.values)
        except Invalid as error:
            _note(error, path, record.line, problems)
            continue
        earlier = first_line.setdefault(user.email, record.line)
        if earlier != record.line:
            problems.add(path, record.line, "email", f"Line {earlier:,} has this address already.")
            continue
        yield record.line, user.email, user.full_name


def _items(
    path: Path, problems: Problems, watch: Watch
) -> Iterator[tuple[int, str, str | None, str]]:
    @cache
    def address(owner: str) -> str | Invalid:
        try:
            return parse(AddressLine, {"owner_email": owner}).owner_email
        except Invalid as error:
            return error

    for record in read_records(path, ITEM_COLUMNS, problems, _reading(path, watch)):
        owner = address(record.values["owner_email"])
        if isinstance(owner, Invalid):
            _note(owner, path, record.line, problems)
        try:
            item = parse(ItemLine, record.values)
        except Invalid as error:
            _note(error, path, record.line, problems)
            continue
        if isinstance(owner, str):
            yield record.line, item.title, item.description, owner


def _note(error: Invalid, path: Path, line: int, problems: Problems) -> None:
    for column, reason in error.fields.items():
        problems.add(path, line, column, reason)


def _reading(path: Path, watch: Watch) -> Callable[[int], None]:
    total = path.stat().st_size if path.exists() else 0

    def at_byte(done: int) -> None:
        watch(f"Reading {path.name}", done, total)

    return at_byte
