"""The PostgreSQL that is measured: a server of the benchmark's own, and filled databases on it."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg2
from sqlalchemy import make_url

from core.actor import Actor
from core.db import engine, schema
from core.db.bulk_copy import Watch
from core.embedded import postmaster, server
from core.process import Process
from core.provision import demo

SETTINGS = {
    "ENVIRONMENT": "local",
    "OTEL_TRACES_EXPORTER": "none",
    "LOG_LEVEL": "ERROR",
    "KEEP_SNAPSHOTS_HOURS": "0",  # refreshes without a pause would fill the disk otherwise
}
SPARE_USERS = 10  # a kept database may have people who sign in
OTHER_SIZE = (
    "{database} holds {users:,} users and {items:,} items, not the {due_users:,} and {due_items:,} "
    "that were asked for. Choose another --data-path, or remove that one."
)


class OtherSize(Exception):
    """A kept database is not of the size that was asked for; the message is for people."""


@dataclass(frozen=True)
class Place:
    """One database, by its libpq URL, and the folder for its snapshots."""

    url: str
    snapshots: Path
    users: int
    items: int

    def environment(self) -> dict[str, str]:
        """Return the variables that point Tally at this place."""
        folder = str(self.snapshots)
        there = {"DATABASE_URL": self.url, "DATA_PATH": folder, "PARQUET_DATA_PATH": folder}
        return SETTINGS | there


@dataclass(frozen=True)
class Scratch:
    """A running server of our own, its programs, and a folder that goes with the benchmark."""

    url: str
    programs: Path
    folder: Path

    def place(self, name: str, *, users: int, items: int, watch: Watch) -> Place:
        """Return a database with so many invented users and items, filled unless it is already.

        Raises `OtherSize` when it has others.
        """
        if not ask(self.url, "SELECT 1 FROM pg_database WHERE datname = %s", name):
            execute(self.url, f'CREATE DATABASE "{name}"')
        url = make_url(self.url).set(database=name).render_as_string(hide_password=False)
        place = Place(url, self.folder / name, users, items)
        with used(place):
            schema.upgrade()
            found = _count(place)
            if found == (0, 0):
                _fill(place, name, watch)
            elif not (users <= found[0] <= users + SPARE_USERS and found[1] == items):
                sizes = {"users": found[0], "items": found[1]}
                due = {"due_users": users, "due_items": items}
                raise OtherSize(OTHER_SIZE.format(database=name, **sizes, **due))
        execute(url, "CHECKPOINT")
        return place


@contextmanager
def start(data_path: Path | None) -> Iterator[Scratch]:
    """Start a server under `data_path`, which is kept, or under a temporary folder, which is not.

    Snapshots are always temporary.
    """
    kept = data_path or Path(tempfile.mkdtemp(prefix="tally-benchmark-"))
    postgres = (kept / "postgres").absolute()
    hold = server.hold(postgres)
    folder = Path(tempfile.mkdtemp(prefix="benchmark-", dir=kept))
    try:
        yield Scratch(hold.url, postmaster.programs(), folder)
    finally:
        shutil.rmtree(folder)
        hold.end()
        if data_path is None:
            shutil.rmtree(kept)


@contextmanager
def used(place: Place) -> Iterator[None]:
    """Let Tally in this process, and the commands it starts, work in a place."""
    os.environ.update(place.environment())
    with Process():
        yield


def ask(url: str, query: str, *parameters: object) -> tuple[object, ...]:
    """Return the first row of a query's answer, empty without one."""
    with closing(psycopg2.connect(url)) as connection, connection.cursor() as cursor:
        cursor.execute(query, parameters)
        return cursor.fetchone() or ()


def execute(url: str, *statements: str) -> None:
    """Run statements, each in a transaction of its own."""
    with closing(psycopg2.connect(url)) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)


def _count(place: Place) -> tuple[int, int]:
    users, items = ask(place.url, 'SELECT (SELECT count(*) FROM "user"), count(*) FROM item')
    return (int(str(users)), int(str(items)))


def _fill(place: Place, name: str, watch: Watch) -> None:
    with engine.transaction() as db:
        demo.fill(
            db,
            actor=Actor.system("benchmark"),
            user_count=place.users,
            item_count=place.items,
            force=False,
            watch=lambda step, done, total: watch(f"{step} to {name}", done, total),
        )
    demo.tidy()
