"""Imports: whole or not at all, and every bad line named."""

from pathlib import Path

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from core.access.hashing import UNUSABLE_PASSWORD
from core.actor import Actor
from core.db import engine
from core.db.bulk_copy import Watch
from core.db.models import AuditEvent, Item, User
from core.errors import Forbidden, TallyError
from core.manage.imports import Imported, import_files
from core.manage.readers import BadFiles
from tests.conftest import make_user

USERS = "email,full_name\n"
ITEMS = "title,description,owner_email\n"
ANN = USERS + "ann@example.com,Ann\n"


def nothing(step: str, done: int, total: int) -> None:
    """Watch nothing."""


def load(
    folder: Path,
    actor: Actor,
    users: str | bytes = USERS,
    items: str | bytes = ITEMS,
    watch: Watch = nothing,
) -> Imported:
    """Import two files with these contents, in one committed transaction."""
    paths = []
    for name, content in (("users.csv", users), ("items.csv", items)):
        path = folder / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        paths.append(path)
    with engine.transaction() as db:
        return import_files(db, actor=actor, users=paths[0], items=paths[1], watch=watch)


def refused(folder: Path, actor: Actor, **contents: str | bytes) -> list[str]:
    """Return the problems that an import is refused for, after checking that it left nothing."""
    before = everything()
    with pytest.raises(BadFiles) as caught:
        load(folder, actor, **contents)  # type: ignore[arg-type]
    assert everything() == before
    return [str(problem) for problem in caught.value.problems]


def everything() -> tuple[list[object], ...]:
    """All rows that an import may touch."""
    tables = ('"user"', "item", "audit_event")
    with engine.transaction() as db:
        return tuple(list(db.execute(text(f"SELECT * FROM {t} ORDER BY id"))) for t in tables)


def test_users_and_items_arrive(tmp_path: Path, system: Actor) -> None:
    done = load(
        tmp_path,
        system,
        USERS + "Ann@Example.com, Ann  \nbob@example.com,\n",
        ITEMS + 'Lamp,"two\nlines",ANN@example.com\nDesk,,bob@example.com\n',
    )

    assert done == Imported(users_added=2, users_known=0, names_filled=0, items_added=2)
    with engine.transaction() as db:
        ann, bob = db.scalars(select(User).order_by(User.id))
        lamp, desk = db.scalars(select(Item).order_by(Item.id))
        assert (ann.email, ann.full_name) == ("ann@example.com", "Ann")
        assert (bob.email, bob.full_name) == ("bob@example.com", None)
        assert {u.hashed_password for u in (ann, bob)} == {UNUSABLE_PASSWORD}
        assert not any(u.is_staff or u.is_superuser for u in (ann, bob))
        assert all(u.is_active and u.version == 1 for u in (ann, bob))
        assert (lamp.title, lamp.description, lamp.owner_id) == ("Lamp", "two\nlines", ann.id)
        assert (desk.description, desk.owner_id) == (None, bob.id)


def test_one_audit_row_tells_of_the_whole(tmp_path: Path, system: Actor) -> None:
    load(tmp_path, system, ANN, ITEMS + "Lamp,,ann@example.com\nDesk,,ann@example.com\n")

    with engine.transaction() as db:
        event = db.scalars(select(AuditEvent)).one()
        assert (event.action, event.actor) == ("import.create", system.email)
        assert event.changes["users_added"] == [0, 1]
        assert event.changes["items_added"] == [0, 2]


def test_known_users_keep_their_account_and_get_a_missing_name(
    tmp_path: Path, system: Actor
) -> None:
    named = make_user(system, "ann@example.com", full_name="Ann", is_staff=True)
    nameless = make_user(system, "bob@example.com")

    done = load(tmp_path, system, USERS + "ANN@example.com,Other\nbob@example.com,Bob\n")

    assert done == Imported(users_added=0, users_known=2, names_filled=1, items_added=0)
    with engine.transaction() as db:
        ann, bob = db.get_one(User, named.id), db.get_one(User, nameless.id)
        assert (ann.full_name, ann.is_staff, ann.version) == ("Ann", True, 1)
        assert ann.hashed_password == named.hashed_password
        assert (bob.full_name, bob.version) == ("Bob", 2)
        assert bob.updated_at > nameless.updated_at


def test_items_may_belong_to_users_who_are_not_in_the_file(tmp_path: Path, system: Actor) -> None:
    owner = make_user(system, "old@example.com")

    load(tmp_path, system, USERS, ITEMS + "Lamp,,old@example.com\n")

    with engine.transaction() as db:
        assert db.scalars(select(Item.owner_id)).all() == [owner.id]


def test_what_copy_would_read_as_syntax_is_kept_as_text(tmp_path: Path, system: Actor) -> None:
    odd = "a\\N\\t\tb\\\\ \\. é 漢 😀"
    load(tmp_path, system, ANN, ITEMS + f'Lamp,"{odd}\r\n\\.",ann@example.com\n')

    with engine.transaction() as db:
        assert db.scalars(select(Item.description)).one() == odd.replace("\t", " ") + "\n\\."


def test_byte_order_mark_column_order_line_ends_and_blank_lines(
    tmp_path: Path, system: Actor
) -> None:
    done = load(
        tmp_path,
        system,
        '\ufeff"full_name","email"\r\nAnn,ann@example.com\r\n\r\n',
        "owner_email,title,description\r\nann@example.com,Lamp,\r\n",
    )

    assert (done.users_added, done.items_added) == (1, 1)


def test_every_bad_line_is_named(tmp_path: Path, system: Actor) -> None:
    problems = refused(
        tmp_path,
        system,
        users=USERS + "ann@example.com,Ann\nnot an address,Bob\nAnn@example.com,Twin\n",
        items=ITEMS
        + 'Lamp,"a\nb",ann@example.com\n'
        + ",no title,ann@example.com\n"
        + f"Desk,{'x' * 1001},ann@example.com\n"
        + f"{'t' * 256},,nobody\n",
    )

    assert problems[0].startswith("users.csv, line 3, column email: This is not an e-mail address")
    assert problems[1] == "users.csv, line 4, column email: Line 2 has this address already."
    assert problems[2] == "items.csv, line 4, column title: Give it a title."
    assert problems[3].startswith("items.csv, line 5, column description: Use at most 1,000")
    assert problems[4].startswith("items.csv, line 6, column owner_email: This is not an e-mail")
    assert problems[5].startswith("items.csv, line 6, column title: Use at most 255 characters")
    assert len(problems) == 6


def test_unknown_owners_are_named(tmp_path: Path, system: Actor) -> None:
    problems = refused(
        tmp_path,
        system,
        users=ANN,
        items=ITEMS + "Lamp,,ann@example.com\nDesk,,eve@example.com\n",
    )

    assert len(problems) == 1
    assert problems[0].startswith("items.csv, line 3, column owner_email: No user has this address")
    assert "“eve@example.com”" in problems[0]


def test_many_problems_are_counted_and_the_first_are_shown(tmp_path: Path, system: Actor) -> None:
    with pytest.raises(BadFiles) as caught:
        load(tmp_path, system, USERS + "x,\n" * 50)

    assert caught.value.count == 50
    lines = caught.value.message.splitlines()
    assert len(lines) == 22
    assert lines[-2:] == ["... and 30 more.", "50 problems; nothing was imported."]


@pytest.mark.parametrize(
    ("users", "expected"),
    [
        (b"", "line 1: The file is empty; it needs the columns email and may have full_name"),
        (b"\r\n , ,\r\n", "line 1: The file is empty"),
        (
            b"ann@example.com,Ann\n",
            "line 1: There is no column “email”. This must name the columns",
        ),
        (b"email,E-Mail,email\n", "line 1: There is more than one column “email”."),
        (b"\x89PNG\r\n\x1a\n\x00\x00\xff", "line 1: This is a picture, not a table. Save the"),
        (b"%PDF-1.7", "This is a PDF, not a table."),
        (b"\x1f\x8b\x08", "This is a gzip archive. Unpack it first."),
        (b"<!DOCTYPE html><table>", "This is a web page or XML, not a table."),
        (b"PK\x03\x04 and no more", "This workbook or ZIP archive is damaged or not complete."),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "This workbook cannot be read"),
        (b"PAR1 and no more", "This Parquet file cannot be read"),
        (b'{"email": "a@example.com"', "line 1: This is not JSON"),
        (b'["a@example.com"]', "line 1: This is JSON, but not a list of objects."),
        ("email,full_name\na@example.com,Мир\n".encode("cp1251"), "not UTF-8 (byte 0xCC). Save"),
        ("email,full_name\na@example.com,Paweł\n".encode("cp1250"), "not UTF-8 (byte 0xB3). Save"),
        (b"email,full_name\na@example.com,\xc3\xa9 Ren\xe9e\n", "not UTF-8 (byte 0xE9)"),
        (b"email,full_name\na@example.com\n", "line 2: 1 value, where 2 are needed."),
        (b"email,full_name\na@example.com,A,B\n", "line 2: 3 values, where 2 are needed."),
        (b"email,full_name\na@example.com,A\x00B\n", "line 2, column full_name: This contains a"),
        (b'email,full_name\na@example.com,"A\n', "line 2: This is not CSV from here on"),
        (b'email,full_name\na@example.com,"A"B\n', "line 2: This is not CSV from here on"),
        (b"email,full_name\na@example.com," + b"x" * 200_000, "line 2: This is not CSV from here"),
        (b"email,full_name\n" + b"a" * 300 + b"@example.com,A\n", "column email: Use at most 255"),
        (b"sep=;\nemail;full_name\nx;A\n", "line 3, column email: This is not an e-mail"),
        (
            b"email,created_at\na@example.com,5/6/2024\n",
            "line 2, column created_at: This is no time",
        ),
        (
            b"email,created_at\na@example.com,2999-01-01\n",
            "column created_at: This is in the future",
        ),
        (b"email,created_at\na@example.com,1969-12-31\n", "column created_at: This is before 1970"),
        (
            b"email,created_at,updated_at\na@example.com,2024-02-01,2024-01-01\n",
            "column updated_at: This is before it was created.",
        ),
        (b"email,is_active\na@example.com,maybe\n", "column is_active: Write yes or no"),
    ],
)
def test_files_that_cannot_be_taken(
    tmp_path: Path, system: Actor, users: bytes, expected: str
) -> None:
    (problem,) = refused(tmp_path, system, users=users)

    assert expected in problem
    assert problem.isprintable()


def test_a_file_that_is_not_there(tmp_path: Path, system: Actor, db: Session) -> None:
    (tmp_path / "users.csv").write_text(ANN)

    with pytest.raises(TallyError, match=r"nowhere\.csv cannot be read: No such file"):
        import_files(
            db,
            actor=system,
            users=tmp_path / "users.csv",
            items=tmp_path / "nowhere.csv",
            watch=nothing,
        )


def test_only_superusers_import(tmp_path: Path, staff: Actor) -> None:
    with pytest.raises(Forbidden):
        load(tmp_path, staff, ANN)


def test_progress_ends_with_the_whole_of_each_step(tmp_path: Path, system: Actor) -> None:
    seen: dict[str, tuple[int, int]] = {}

    def watch(step: str, done: int, total: int) -> None:
        seen[step] = (done, total)

    load(tmp_path, system, ANN, watch=watch)

    assert list(seen) == ["Reading users.csv", "Reading items.csv", "Storing"]
    assert all(done == total > 0 for done, total in seen.values())
