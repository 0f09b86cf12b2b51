"""Exports: counted before they end, with a receipt before the last byte, and only for some."""

import hashlib
import io
import json
from collections.abc import Iterator
from dataclasses import replace
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from sqlalchemy import select

from core.actor import Actor
from core.analytics import columns, table_rows
from core.analytics.row_filter import RowFilter
from core.db import engine
from core.db.models import AuditEvent
from core.errors import Forbidden, Invalid, TooMany, Unavailable
from core.exports import comparison, receipts
from core.exports import export as exporting
from core.exports.catalog import QUESTIONS
from core.exports.export import Export, Order, Seal, TooLong
from core.exports.formats import FORMATS
from core.exports.result import Answer, CutShort
from core.manage import items
from core.snapshots import reader
from etl import refresh
from tests.conftest import actor_for, execute, make_user

KATHMANDU = ZoneInfo("Asia/Kathmandu")


@pytest.fixture
def snapshot(superuser: Actor, staff: Actor, system: Actor) -> reader.Snapshot:
    """Ann with two items and Bo with one, in a published snapshot."""
    for email, count in (("ann@example.com", 2), ("bo@example.com", 1)):
        make_user(system, email, full_name=email.partition("@")[0].capitalize())
        for number in range(count):
            values = {"title": f"Lamp {number}", "owner_email": email}
            with engine.transaction() as db:
                items.create_item(db, actor=system, values=values)
    refresh.run(trigger="test")
    return reader.current()


def order(question: str = "items_by_user", format: str = "csv", **query: str) -> Order:
    """What somebody in Kathmandu orders."""
    found = QUESTIONS[question]
    return Order(found, found.parse(query, KATHMANDU), FORMATS[format], KATHMANDU)


def taken(actor: Actor, filters: Order) -> bytes:
    """The whole file."""
    return b"".join(exporting.prepare(filters, actor=actor).parts())


def noted() -> list[AuditEvent]:
    """What the audit says of exports, oldest first."""
    query = select(AuditEvent).where(AuditEvent.action.in_(["export.begin", "export.end"]))
    with engine.transaction() as db:
        return list(db.scalars(query.order_by(AuditEvent.id)))


def found(actor: Actor, content: bytes) -> list[receipts.Receipt]:
    """The receipts of a file."""
    digest = hashlib.sha256(content).hexdigest()
    with engine.transaction() as db:
        return receipts.find(db, actor=actor, sha256=digest.upper())


def broken(filters: Order, error: Exception | None = None, *, rows: int = 3) -> Order:
    """An order whose source breaks, or ends, after two of so many rows."""

    def frames() -> Iterator[pl.DataFrame]:
        yield pl.DataFrame({"name": ["Ann"]})
        yield pl.DataFrame({"name": ["Bo"]})
        if error is not None:
            raise error

    def ask(*_: object) -> Answer:
        schema = pl.Schema({"name": pl.String})
        return Answer(schema, rows, frames(), as_of=reader.current().taken_at)

    return replace(filters, question=replace(filters.question, ask=ask, derived=frozenset()))


@pytest.mark.parametrize("format", FORMATS)
def test_a_receipt_tells_what_left(
    snapshot: reader.Snapshot, superuser: Actor, format: str
) -> None:
    content = taken(superuser, order(format=format))
    (receipt,) = found(superuser, content)
    begun, ended = noted()
    assert (receipt.number, ended.subject_id) == (begun.id, begun.id)
    assert (receipt.who, receipt.outcome, receipt.at) == (superuser.email, "success", ended.at)
    assert (receipt.question, receipt.filters, receipt.format) == ("items_by_user", {}, format)
    assert (receipt.generation, receipt.as_of) == (snapshot.generation, snapshot.taken_at)
    assert (receipt.rows, receipt.bytes) == (2, len(content))
    localised = format in {"csv", "semicolon.csv", "xlsx"}
    assert receipt.time_zone == ("Asia/Kathmandu" if localised else None)
    assert begun.changes["rows"] == [None, 2]
    assert "sha256" not in begun.changes


def test_the_content_is_the_same_in_every_format(
    snapshot: reader.Snapshot, superuser: Actor
) -> None:
    files = [taken(superuser, order(format=name)) for name in FORMATS]
    other = taken(superuser, order("active_users"))
    contents = {receipt.content for file in files for receipt in found(superuser, file)}
    assert len(contents) == 1
    assert found(superuser, other)[0].content not in contents


def test_the_same_file_has_a_receipt_for_each_who_took_it(
    snapshot: reader.Snapshot, superuser: Actor, staff: Actor
) -> None:
    content = taken(superuser, order())
    assert taken(staff, order()) == content
    assert [receipt.who for receipt in found(staff, content)] == [staff.email, superuser.email]
    assert found(staff, content + b"\r\n") == []


def test_it_begins_with_a_note_and_ends_with_one(
    snapshot: reader.Snapshot, superuser: Actor
) -> None:
    parts = exporting.prepare(order(), actor=superuser).parts()
    assert noted() == []
    seen = [next(parts)]
    assert [event.action for event in noted()] == ["export.begin"]
    seen.append(next(parts))
    while len(noted()) == 1:
        seen.append(next(parts))
    # The receipt is there before the last part is.
    assert list(parts) == []
    assert found(superuser, b"".join(seen))


@pytest.mark.parametrize(("format", "rows"), [(name, 3) for name in FORMATS] + [("csv", 1)])
def test_another_number_of_rows_than_there_are_breaks_it_off(
    snapshot: reader.Snapshot, superuser: Actor, format: str, rows: int
) -> None:
    with pytest.raises(CutShort, match=f"There are {rows} rows, and 2 were read"):
        taken(superuser, broken(order(format=format), rows=rows))
    _, ended = noted()
    assert ended.outcome == "failed"
    assert "were read" in ended.changes["error"][1]


def test_what_nobody_foresaw_is_noted_too(snapshot: reader.Snapshot, superuser: Actor) -> None:
    with pytest.raises(ZeroDivisionError):
        taken(superuser, broken(order(), ZeroDivisionError()))
    assert [event.outcome for event in noted()] == ["success", "failed"]


def test_who_goes_away_leaves_a_receipt_of_what_was_sent(
    snapshot: reader.Snapshot, superuser: Actor
) -> None:
    parts = exporting.prepare(broken(order(), rows=2), actor=superuser).parts()
    sent = next(parts)
    parts.close()
    (receipt,) = found(superuser, sent)
    assert (receipt.outcome, receipt.bytes) == ("aborted", len(sent))


def test_without_a_receipt_there_is_no_whole_file(
    snapshot: reader.Snapshot, superuser: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object, **__: object) -> None:
        raise Unavailable(engine.AWAY)

    whole = taken(superuser, order())
    monkeypatch.setattr(receipts, "end", away)
    got = bytearray()
    with pytest.raises(Unavailable):  # noqa: PT012
        for part in exporting.prepare(order(), actor=superuser).parts():
            got += part
    assert whole.startswith(got)
    assert len(got) < len(whole)


def test_large_batches_leave_in_small_parts(snapshot: reader.Snapshot, superuser: Actor) -> None:
    count = 3 * exporting.PART_ROWS + 1
    names = pl.DataFrame({"name": [f"Ann {number}" for number in range(count)]})

    def ask(*_: object) -> Answer:
        return Answer(names.schema, count, iter([names]), as_of=snapshot.taken_at)

    filters = order(format="raw.csv")
    question = replace(filters.question, ask=ask, derived=frozenset())
    parts = list(exporting.prepare(replace(filters, question=question), actor=superuser).parts())
    assert max(part.count(b"\r\n") for part in parts) <= exporting.PART_ROWS
    assert b"".join(parts) == b'"name"\r\n' + b"".join(
        b'"%s"\r\n' % n.encode() for n in names["name"]
    )


def test_so_many_at_once_and_no_more(
    snapshot: reader.Snapshot, superuser: Actor, system: Actor
) -> None:
    people = [
        actor_for(make_user(system, f"{number}@example.com", is_staff=True))
        for number in range(exporting.MOST_AT_ONCE // exporting.MOST_EACH)
    ]
    under_way = [
        exporting.prepare(order(), actor=person).parts() for person in people * exporting.MOST_EACH
    ]
    for parts in under_way:
        next(parts)
    with pytest.raises(Unavailable, match="Many exports"):
        exporting.prepare(order(), actor=superuser)
    under_way.pop().close()
    assert taken(superuser, order())
    for parts in under_way:
        assert list(parts)


def test_one_person_has_so_many_and_leaves_the_others_theirs(
    snapshot: reader.Snapshot, superuser: Actor, staff: Actor
) -> None:
    waiting = exporting.prepare(order(), actor=superuser).parts()
    mine = [exporting.prepare(order(), actor=superuser).parts() for _ in range(exporting.MOST_EACH)]
    for parts in mine:
        next(parts)
    for late in (waiting, None):
        with pytest.raises(TooMany, match="You already have 4 downloads") as error:
            next(late or exporting.prepare(order(), actor=superuser).parts())
        assert error.value.seconds > 0
    assert taken(staff, order())
    for parts in mine:
        parts.close()
    assert taken(superuser, order())


def test_more_rows_than_a_sheet_holds_are_refused_before_the_first_byte(
    snapshot: reader.Snapshot, superuser: Actor
) -> None:
    filters = broken(order(format="xlsx"), rows=1_048_576)
    with pytest.raises(TooLong, match="1,048,575 rows, and this has 1,048,576"):
        exporting.prepare(filters, actor=superuser)
    assert noted() == []
    exporting.prepare(broken(order(format="xlsx"), rows=1_048_575), actor=superuser)


def test_users_and_the_audit_are_for_superusers(
    snapshot: reader.Snapshot, superuser: Actor, staff: Actor
) -> None:
    for name in ("users", "audit"):
        assert taken(superuser, order(name))
        with pytest.raises(Forbidden):
            taken(staff, order(name))
    assert taken(staff, order("items"))


@pytest.mark.parametrize(
    ("question", "scope"),
    [
        ("items_by_user", "analytics:read"),
        ("created_per_day", "analytics:read"),
        ("items", "items:read"),
        ("users", "users:read"),
        ("audit", None),
    ],
)
def test_a_token_needs_the_scope_of_what_it_reads(
    snapshot: reader.Snapshot, superuser: Actor, question: str, scope: str | None
) -> None:
    scopes = {"analytics:read", "items:read", "users:read"}
    with pytest.raises(Forbidden):
        taken(replace(superuser, scopes=frozenset(scopes - {scope})), order(question))
    if scope:
        assert taken(replace(superuser, scopes=frozenset({scope})), order(question))


def test_searches_find_what_the_pages_find(snapshot: reader.Snapshot, superuser: Actor) -> None:
    def rows(question: str, q: str) -> int:
        return taken(superuser, order(question, "raw.csv", q=q)).count(b"\r\n") - 1

    assert rows("items", "lAMP") == 3
    assert rows("items", "lamp 1") == 1
    assert rows("items", "ANN@example.com") == 2
    assert rows("items", "ann@example") == 2
    assert rows("items", "1 LAMP example.com") == 1
    assert rows("items", "ann@example zz") == 0
    assert rows("users", "BO") == 1
    assert rows("users", "%") == 0
    assert rows("items_by_user", "ann") == 1


def test_what_makes_no_sense_is_refused() -> None:
    with pytest.raises(Invalid, match="no such filter"):
        order("items", colour="red")
    with pytest.raises(Invalid, match="no such filter"):
        order("created_per_day", q="x")
    with pytest.raises(Invalid, match="at most 255"):
        order("items", q="x" * 256)


def test_raw_rows_are_all_there_whatever_the_gaps(
    environment: str, superuser: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    execute(
        environment,
        """INSERT INTO "user" (id, email, hashed_password) OVERRIDING SYSTEM VALUE
           SELECT n * 999, n || '@example.com', '!' FROM generate_series(1, 1000) AS n""",
    )
    refresh.run(trigger="test")
    monkeypatch.setattr(table_rows, "BATCH", 64)
    taken = reader.current()
    batches = list(table_rows.stream_users(taken))
    assert max(batch.height for batch in batches) == 64
    read = pl.concat(batches)
    assert read["user_id"].to_list() == [1, *(n * 999 for n in range(1, 1001))]
    assert read.height == table_rows.count_users(taken)
    found = pl.concat(table_rows.stream_users(taken, RowFilter("9@")))
    assert found["user_id"].to_list() == [n * 999 for n in range(9, 1001, 10)]


def test_items_come_with_their_owners_and_as_the_page_narrows_them(
    snapshot: reader.Snapshot, superuser: Actor, environment: str
) -> None:
    execute(environment, "UPDATE item SET created_at = now() - interval '20 days' WHERE id = 1")
    execute(environment, "UPDATE item SET updated_at = '2026-01-02 03:04:05Z' WHERE id = 2")
    execute(environment, "UPDATE \"user\" SET is_active = false WHERE email = 'bo@example.com'")
    refresh.run(trigger="test")
    rows = pl.read_json(io.BytesIO(taken(superuser, order("items", "json"))))
    assert rows.columns == columns.ITEMS.names()
    assert rows["owner_email"].to_list() == ["ann@example.com"] * 2 + ["bo@example.com"]
    assert rows["updated_at"][1] == "2026-01-02T03:04:05.000000Z"
    ann = str(rows["owner_id"][0])
    for narrowed, ids in (
        ({"owner": ann}, [1, 2]),
        ({"owner": ann, "period": "7d"}, [2]),
        ({"owner": ann, "q": "lamp 1"}, [2]),
        ({"owner": ann, "q": "bo@example.com"}, []),
        ({"period": "7d"}, [2, 3]),
        ({"owner": "999"}, []),
    ):
        found = json.loads(taken(superuser, order("items", "json", **narrowed)))
        assert [row["item_id"] for row in found] == ids
    users = json.loads(taken(superuser, order("users", "json", active="no")))
    assert [(u["email"], u["is_staff"]) for u in users] == [("bo@example.com", False)]
    assert list(users[0]) == columns.USERS.names()


@pytest.mark.parametrize(
    "query", [{"owner": "x"}, {"owner": "0"}, {"period": "1y"}, {"active": "yes"}]
)
def test_what_no_item_can_be_narrowed_by_is_refused(query: dict[str, str]) -> None:
    with pytest.raises(Invalid):
        order("items", **query)


def test_a_receipt_of_fewer_columns_is_compared_by_these(
    snapshot: reader.Snapshot, superuser: Actor, environment: str
) -> None:
    (receipt,) = found(superuser, taken(superuser, order("items", "json")))
    assert receipt.columns == tuple(columns.ITEMS.names())
    seal = Seal(frozenset())
    for _ in seal.over(f.select(columns.FIRST["items"]) for f in table_rows.stream_items(snapshot)):
        pass
    older = replace(receipt, columns=None, content=seal.content)
    execute(environment, "UPDATE item SET updated_at = '2026-01-02 03:04:05Z' WHERE id = 2")
    refresh.run(trigger="test")
    assert comparison.compare(receipt, reader.current()).differ == 1
    assert comparison.compare(older, reader.current()).same


def test_an_export_keeps_its_snapshot(
    snapshot: reader.Snapshot, superuser: Actor, system: Actor
) -> None:
    export: Export = exporting.prepare(order("users", "raw.csv"), actor=superuser)
    parts = export.parts()
    content = next(parts)
    folder = snapshot.folder
    for number in range(4):
        make_user(system, f"new{number}@example.com")
        refresh.run(trigger="test")
    del snapshot
    assert folder.exists()
    content += b"".join(parts)
    assert content.count(b"\r\n") == 1 + 4
