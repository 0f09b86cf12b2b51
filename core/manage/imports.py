"""Import of users and items from files: all of it or nothing, in one transaction."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC as NO_OFFSET
from datetime import datetime
from functools import cache
from pathlib import Path

from pydantic import BaseModel
from sqlalchemy import text
from sqlalchemy.orm import Session

from core.access.hashing import UNUSABLE_PASSWORD
from core.access.permissions import require_superuser
from core.actor import Actor
from core.audit import trail
from core.calendar.zones import UTC
from core.db.bulk_copy import Value, Watch, allow_long_statements, copy_rows
from core.db.fields import Description, Email, FullName, Title, parse
from core.errors import Invalid
from core.manage.past_times import Times, read_times
from core.manage.readers import Field, Problems, Record, as_text, read, show
from core.text.addresses import warn_of_lookalikes

TIMES = (
    Field("created_at", ("created", "createdon", "joined")),
    Field("updated_at", ("updated", "updatedon")),
)
USER_FIELDS = (
    Field("email", ("emailaddress", "mail"), required=True),
    Field("full_name", ("name", "displayname")),
    Field("is_active", ("active", "enabled")),
    *TIMES,
)
ITEM_FIELDS = (
    Field("title", required=True),
    Field("description"),
    Field("owner_email", ("owner", "owneremailaddress"), required=True),
    *TIMES,
)
SHOWN_WARNINGS = 5
YES, NO = {"true", "yes", "1", "active", "enabled"}, {"false", "no", "0", "inactive", "disabled"}
NOT_YES_OR_NO = "Write yes or no, true or false."
UNKNOWN_OWNER = "No user has this address, neither in the file of users nor in Tally: {}."

TEMPORARY_TABLES = """
    CREATE TEMPORARY TABLE import_user (
        line bigint, email text, full_name text, is_active boolean,
        created_at timestamptz, updated_at timestamptz) ON COMMIT DROP;
    CREATE TEMPORARY TABLE import_item (
        line bigint, title text, description text, owner_email text,
        created_at timestamptz, updated_at timestamptz) ON COMMIT DROP
"""
USER_COLUMNS = ("line", "email", "full_name", "is_active", "created_at", "updated_at")
ITEM_COLUMNS = ("line", "title", "description", "owner_email", "created_at", "updated_at")
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
    INSERT INTO "user" (email, full_name, hashed_password, is_active, created_at, updated_at)
    SELECT email, full_name, :password, is_active, coalesce(created_at, now()),
        coalesce(updated_at, now())
    FROM import_user i
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
    INSERT INTO item (title, description, owner_id, created_at, updated_at)
    SELECT i.title, i.description, o.id, coalesce(i.created_at, now()),
        coalesce(i.updated_at, now())
    FROM import_item i JOIN import_owner o USING (owner_email)
    ORDER BY i.line
"""


@dataclass(frozen=True)
class Imported:
    """What an import did; `names_filled` counts known users who had no name before.

    `warnings` say what of the files was left out, or read in another way than it may be meant.
    """

    users_added: int
    users_known: int
    names_filled: int
    items_added: int
    warnings: tuple[str, ...] = ()


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
    """Add the users and items of two files; raise `BadFiles` and change nothing if one is bad.

    A user who exists, whatever the address's case, keeps the account and gets a name if there is
    none; new users cannot sign in. Items are always added: they have no identity of their own.
    Times without a zone are UTC, unless the file names another one.
    """
    require_superuser(db, actor, "import.files")
    allow_long_statements(db)
    db.execute(text(TEMPORARY_TABLES))
    problems = Problems()
    user_lines = copy_rows(db, "import_user", USER_COLUMNS, _users(users, problems, watch))
    copy_rows(db, "import_item", ITEM_COLUMNS, _items(items, problems, watch))
    problems.refuse_any()
    imported = _store(db, items, user_lines, watch)
    changes = {name: [0, count] for name, count in asdict(imported).items() if name != "warnings"}
    trail.record(db, actor=actor, action="import.create", changes=changes)
    return replace(imported, warnings=tuple(problems.warnings))


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


def _users(path: Path, problems: Problems, watch: Watch) -> Iterator[Sequence[Value]]:
    first_line: dict[str, int] = {}
    now = datetime.now(NO_OFFSET)
    for record in read(path, USER_FIELDS, problems, _reading(path, watch)):
        try:
            user = parse(UserLine, _texts(record, "email", "full_name"))
            active = _is_active(record)
            times = read_times(record.cells, zone=record.zone or UTC, now=now)
        except Invalid as error:
            _note(error, path, record.line, problems)
            continue
        earlier = first_line.setdefault(user.email, record.line)
        if earlier != record.line:
            unit = problems.units[path.name].capitalize()
            twice = f"{unit} {earlier:,} has this address already."
            problems.add(path, record.line, "email", twice)
            continue
        yield record.line, user.email, user.full_name, active, *_stored(times)
    _warn_of_lookalikes(path, first_line, problems)


def _items(path: Path, problems: Problems, watch: Watch) -> Iterator[Sequence[Value]]:
    @cache
    def address(owner: str) -> str | Invalid:
        try:
            return parse(AddressLine, {"owner_email": owner}).owner_email
        except Invalid as error:
            return error

    now = datetime.now(NO_OFFSET)
    for record in read(path, ITEM_FIELDS, problems, _reading(path, watch)):
        owner = address(as_text(record.cells.get("owner_email")))
        if isinstance(owner, Invalid):
            _note(owner, path, record.line, problems)
        try:
            item = parse(ItemLine, _texts(record, "title", "description"))
            times = read_times(record.cells, zone=record.zone or UTC, now=now)
        except Invalid as error:
            _note(error, path, record.line, problems)
            continue
        if isinstance(owner, str):
            yield record.line, item.title, item.description, owner, *_stored(times)


def _warn_of_lookalikes(path: Path, lines: Mapping[str, int], problems: Problems) -> None:
    unit = problems.units.get(path.name, "line")
    found = ((line, warn_of_lookalikes(email)) for email, line in lines.items())
    warnings = [f"{unit} {line:,}: {warning}" for line, warning in found if warning]
    for warning in warnings[:SHOWN_WARNINGS]:
        problems.warn(path, warning)
    if len(warnings) > SHOWN_WARNINGS:
        problems.warn(path, f"{len(warnings):,} addresses in all mix letters of several scripts.")


def _texts(record: Record, *names: str) -> dict[str, str]:
    return {name: as_text(record.cells.get(name)) for name in names}


def _is_active(record: Record) -> str:
    text = as_text(record.cells.get("is_active")).strip().casefold()
    if text in NO:
        return "false"
    if text and text not in YES:
        raise Invalid({"is_active": NOT_YES_OR_NO})
    return "true"


def _stored(times: Times) -> Iterator[str | None]:
    return (None if at is None else at.isoformat() for at in (times.created, times.updated))


def _note(error: Invalid, path: Path, line: int, problems: Problems) -> None:
    for column, reason in error.fields.items():
        problems.add(path, line, column, reason)


def _reading(path: Path, watch: Watch) -> Callable[[int], None]:
    total = path.stat().st_size if path.exists() else 0

    def at_byte(done: int) -> None:
        watch(f"Reading {path.name}", done, total)

    return at_byte
