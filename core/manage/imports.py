"""Imports users and items from files, all or nothing, in one transaction."""

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
from core.db.bulk_copy import Value, Watch, allow_long_statements, copy_rows
from core.db.fields import Email, parse
from core.errors import Invalid
from core.manage.import_lines import ITEMS, USERS
from core.manage.import_tables import (
    ADD_ITEMS,
    ADD_USERS,
    FILL_MISSING_NAMES,
    FIND_OWNERS,
    LOCK_KEY,
    LOCK_UNNAMED,
    ONE_AT_A_TIME,
    OWNER,
    TEMPORARY_TABLES,
    UNKNOWN_OWNERS,
)
from core.manage.readers import Problems, as_text, read, show
from core.text.addresses import warn_of_lookalikes

SHOWN_WARNINGS = 5
UNKNOWN_OWNER = "No user has this address, neither in the file of users nor in Tally: {}."


@dataclass(frozen=True)
class Imported:
    """The result of an import; `names_filled` counts existing users who had no name before.

    `warnings` say what was ignored in the files, or may have been misread.
    """

    users_added: int
    users_known: int
    names_filled: int
    items_added: int
    warnings: tuple[str, ...] = ()


class AddressLine(BaseModel):
    """The form for an owner's address; results are cached, as addresses recur."""

    owner_email: Email


def import_files(db: Session, *, actor: Actor, users: Path, items: Path, watch: Watch) -> Imported:
    """Add the users and items of two files; raise `BadFiles` and change nothing if a line is bad.

    An existing user, whatever the case of the address, keeps the account and gets a name if it has
    none. New users cannot sign in. Items are always added, as nothing in the file identifies them.
    Times without a zone are UTC, unless the file names another zone.
    """
    require_superuser(db, actor, "import.files")
    allow_long_statements(db)
    db.execute(text(TEMPORARY_TABLES))
    problems = Problems()
    user_lines = copy_rows(
        db, "import_user", ("line", *USERS.names), _users(users, problems, watch)
    )
    copy_rows(db, "import_item", ("line", OWNER, *ITEMS.names), _items(items, problems, watch))
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
        problems.add(items, line, OWNER, UNKNOWN_OWNER.format(show(address)))
    problems.refuse_any()


def _run(db: Session, statement: str, **values: object) -> int:
    return int(db.execute(text(statement), values).rowcount)  # type: ignore[attr-defined]


def _users(path: Path, problems: Problems, watch: Watch) -> Iterator[Sequence[Value]]:
    first_line: dict[str, int] = {}
    now = datetime.now(NO_OFFSET)
    for record in read(path, USERS.fields, problems, _reading(path, watch)):
        try:
            values = USERS.read(record, now)
        except Invalid as error:
            _note(error, path, record.line, problems)
            continue
        email = str(values["email"])
        earlier = first_line.setdefault(email, record.line)
        if earlier != record.line:
            unit = problems.units[path.name].capitalize()
            twice = f"{unit} {earlier:,} has this address already."
            problems.add(path, record.line, "email", twice)
            continue
        yield record.line, *values.values()
    _warn_of_lookalikes(path, first_line, problems)


def _items(path: Path, problems: Problems, watch: Watch) -> Iterator[Sequence[Value]]:
    @cache
    def address(owner: str) -> str | Invalid:
        try:
            return parse(AddressLine, {OWNER: owner}).owner_email
        except Invalid as error:
            return error

    now = datetime.now(NO_OFFSET)
    for record in read(path, ITEMS.fields, problems, _reading(path, watch)):
        owner = address(as_text(record.cells.get(OWNER)))
        if isinstance(owner, Invalid):
            _note(owner, path, record.line, problems)
        try:
            values = ITEMS.read(record, now)
        except Invalid as error:
            _note(error, path, record.line, problems)
            continue
        if isinstance(owner, str):
            yield record.line, owner, *values.values()


def _warn_of_lookalikes(path: Path, lines: Mapping[str, int], problems: Problems) -> None:
    unit = problems.units.get(path.name, "line")
    checked = ((line, warn_of_lookalikes(email)) for email, line in lines.items())
    warnings = [f"{unit} {line:,}: {warning}" for line, warning in checked if warning]
    for warning in warnings[:SHOWN_WARNINGS]:
        problems.warn(path, warning)
    if len(warnings) > SHOWN_WARNINGS:
        problems.warn(path, f"{len(warnings):,} addresses in all mix letters of several scripts.")


def _note(error: Invalid, path: Path, line: int, problems: Problems) -> None:
    for column, reason in error.fields.items():
        problems.add(path, line, column, reason)


def _reading(path: Path, watch: Watch) -> Callable[[int], None]:
    total = path.stat().st_size if path.exists() else 0

    def at_byte(done: int) -> None:
        watch(f"Reading {path.name}", done, total)

    return at_byte
