"""Explains a number on a page: its definition, the SQL that counts it, and the counted rows.

Each explained figure has a name here. The page's number comes from a view, which the refresh
computed. The explanation counts the rows themselves, so each confirms the other.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pyarrow as pa

from core.analytics import metrics, warehouse
from core.analytics.frames import to_table
from core.calendar.periods import Period
from core.errors import NotFound
from core.snapshots.reader import ITEMS, USERS, Snapshot

SHOWN = 100
INSTANT = timedelta(microseconds=1)  # the resolution of PostgreSQL's timestamps
UNKNOWN = "There is no explanation of {name}."
NO_USER = "This user is not in the snapshot."


@dataclass(frozen=True)
class Question:
    """Which rows a number counts: `kind` is users, items or owners; the other fields filter them.

    `since` is inclusive, `until` is exclusive; None does not filter.
    """

    title: str
    definition: str
    kind: str
    owner_id: int | None = None
    active: bool | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True)
class Explanation:
    """The answer from a snapshot: the number, the first 100 rows, and the query.

    `rows` has the column `id`. `sql` is the text of the counting query, `parameters` the values of
    its `$name`s without the lists of files.
    """

    question: Question
    count: int
    rows: pa.Table
    sql: str
    parameters: Mapping[str, object] = field(default_factory=dict)


def ask(snapshot: Snapshot, name: str, **about: object) -> Question:
    """Return what a figure counts; raise `NotFound` for an unknown figure or user.

    `about` are its parameters: `user_id` and `period` for the items of a user; `since`, `until` and
    `owner_id` for what was created in a time.
    """
    if name not in QUESTIONS:
        raise NotFound(UNKNOWN.format(name=name))
    return QUESTIONS[name](snapshot, **about)


def explain(snapshot: Snapshot, question: Question) -> Explanation:
    """Count and return the rows of a question; this scans whole columns, for about a second."""
    filters, files = parameters(question), _files(snapshot, question)
    name = f"count_rows_{question.kind}"
    counting = {key: files[key] for key in files if key != "files" or question.kind != "owners"}
    counted = warehouse.read(snapshot, name, **counting, **filters)
    rows = warehouse.read(snapshot, f"rows_{question.kind}", limit=SHOWN, **files, **filters)
    sql = warehouse.text(name)
    return Explanation(question, int(counted.item()), to_table(rows), sql, filters)


def parameters(question: Question) -> dict[str, object]:
    """Return the parameters of a question's SQL, by name."""
    if question.kind == "owners":
        return {}
    mine = {"active": question.active} if question.kind == "users" else {}
    theirs = {"owner_id": question.owner_id} if question.kind == "items" else {}
    return {**mine, **theirs, "since": question.since, "until": question.until}


def _files(snapshot: Snapshot, question: Question) -> dict[str, object]:
    if question.kind == "items":
        return {"files": snapshot.files(ITEMS)}
    if question.kind == "owners":
        return {"files": snapshot.files(USERS), "items": snapshot.files(ITEMS)}
    return {"files": snapshot.files(USERS)}


def _users(_: Snapshot) -> Question:
    return Question("Users", "Every row of the table of users, active or not.", "users")


def _active_users(_: Snapshot) -> Question:
    said = "Users whose account is active: not switched off by a superuser."
    return Question("Active users", said, "users", active=True)


def _items(_: Snapshot) -> Question:
    return Question("Items", "Every row of the table of items.", "items")


def _owners(_: Snapshot) -> Question:
    return Question("Owners of items", "Users who own at least one item.", "owners")


def _new(kind: str) -> Callable[..., Question]:
    def build(snapshot: Snapshot, *, period: str) -> Question:
        days = Period(period).days or 0
        said = (
            f"{kind.capitalize()} created in the {days} times 24 hours that end with the instant"
            " of the snapshot."
        )
        since = snapshot.taken_at - timedelta(days=days) + INSTANT
        until = snapshot.taken_at + INSTANT
        return Question(f"New {kind} in {days} days", said, kind, since=since, until=until)

    return build


def _created(kind: str) -> Callable[..., Question]:
    def build(
        _: Snapshot, *, since: datetime, until: datetime, owner_id: int | None = None
    ) -> Question:
        span = f"from {since:%Y-%m-%d %H:%M %Z} to before {until:%Y-%m-%d %H:%M %Z}"
        whose = "" if owner_id is None else " that one user owns,"
        said = f"{kind.capitalize()}{whose} created {span}."
        title = f"{kind.capitalize()} created"
        return Question(title, said, kind, owner_id, since=since, until=until)

    return build


def _items_of_user(snapshot: Snapshot, *, user_id: int, period: str = "all") -> Question:
    user = metrics.owner(snapshot, user_id)
    if user is None:
        raise NotFound(NO_USER)
    title = f"Items of {user['email']}"
    since = Period(period).since(snapshot.taken_at)
    if since is None:
        return Question(title, "Items that this user owns.", "items", owner_id=user_id)
    said = f"Items that this user owns, created in the last {Period(period).days} times 24 hours."
    until = snapshot.taken_at + INSTANT
    return Question(title, said, "items", user_id, since=since + INSTANT, until=until)


QUESTIONS: Mapping[str, Callable[..., Question]] = {
    "users": _users,
    "active_users": _active_users,
    "items": _items,
    "owners": _owners,
    "new_users": _new("users"),
    "new_items": _new("items"),
    "created_users": _created("users"),
    "created_items": _created("items"),
    "items_of_user": _items_of_user,
}
