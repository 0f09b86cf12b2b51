"""Fills the database with any number of invented users and items, to try Tally at full size."""

from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from random import Random

from sqlalchemy import text
from sqlalchemy.orm import Session

from core.access.hashing import UNUSABLE_PASSWORD
from core.access.permissions import require_superuser
from core.actor import Actor
from core.audit import trail
from core.db.bulk_copy import Watch, allow_long_statements, copy_lines
from core.db.engine import get_engine
from core.errors import Forbidden
from core.provision.demo_words import (
    ADJECTIVES,
    FAMILY_NAMES,
    GIVEN_NAMES,
    NOTES,
    NOUNS,
    ascii_word,
)
from core.settings import get_settings

DOMAIN = "demo.example"
YEARS = 4
SECONDS_A_DAY = 86_400
ROWS_A_COPY = 262_144  # rows per COPY: bounds the memory of its queue of foreign key checks
IDLE_SHARE = 0.15  # share of the users who own nothing
TRIES = 30  # draws for an owner who has joined already, before a later one is taken
TAIL = 3  # the higher, the fewer users own most items
WEEKEND_MOVES = 0.7  # share of the weekend's rows that move to the Thursday or Friday before
DEMO_LOCK = 0x7A11_0003
QUOTE = '"'

USER_COLUMNS = ("email", "hashed_password", "full_name", "created_at", "updated_at")
ITEM_COLUMNS = ("title", "description", "owner_id", "created_at", "updated_at")


@dataclass(frozen=True)
class Clock:
    """Spreads rows over four years: more of them lately, few of them on weekends."""

    days: Sequence[str]
    weekends: Sequence[bool]
    last_second: int

    @classmethod
    def until(cls, now: datetime) -> "Clock":
        """Return the clock for the four years that end at `now`."""
        first = now - timedelta(days=365 * YEARS)
        days = [first + timedelta(days=i) for i in range(365 * YEARS + 1)]
        return cls(
            days=[day.date().isoformat() for day in days],
            weekends=[day.weekday() >= 5 for day in days],
            last_second=now.hour * 3600 + now.minute * 60 + now.second,
        )

    def moment(self, share: float, draw: Random) -> str:
        """Return a random time about `share` (0 to 1) of the way through, as text for COPY."""
        last = len(self.days) - 1
        day = int(last * share**0.5 + 0.5)
        if self.weekends[day] and day > 1 and draw.random() < WEEKEND_MOVES:
            day -= 2
        second = int(SECONDS_A_DAY * draw.random())
        if day == last:
            second = min(second, self.last_second)
        hour, rest = divmod(second, 3600)
        return f"{self.days[day]} {hour:02}:{rest // 60:02}:{rest % 60:02}+00"


class Owners:
    """Picks owners: a few own much, many own little, some nothing, and nobody before joining."""

    def __init__(self, ids: Sequence[int], draw: Random) -> None:
        self.ids = ids
        self.draw = draw
        order = array("q", range(len(ids)))
        draw.shuffle(order)
        self.order = order[: max(1, int(len(order) * (1 - IDLE_SHARE)))]

    def pick(self, share: float) -> int:
        """Return the id of an owner for an item created `share` (0 to 1) of the way through."""
        joined = int(share * len(self.ids))
        earliest = len(self.ids) - 1
        for _ in range(TRIES):
            position = self.order[int(len(self.order) * self.draw.random() ** TAIL)]
            if position <= joined:
                return self.ids[position]
            earliest = min(earliest, position)
        return self.ids[earliest]


def fill(
    db: Session, *, actor: Actor, user_count: int, item_count: int, force: bool, watch: Watch
) -> None:
    """Add invented users, who cannot sign in, and their items.

    Call `tidy` after the commit. Raises `Forbidden` outside `ENVIRONMENT=local` unless forced.
    """
    require_superuser(db, actor, "demo.fill")
    environment = get_settings().environment
    if environment != "local" and not force:
        raise Forbidden(
            f"This would mix invented users and items into the {environment} database; "
            "add --force if that is what you want."
        )
    allow_long_statements(db)
    # Addresses are numbered from the highest id, so two runs at once would make the same ones.
    db.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": DEMO_LOCK})
    base = _highest_id(db, '"user"')
    draw = Random(base)  # noqa: S311 - seeded, so that the same database gets the same data
    clock = Clock.until(datetime.now(UTC))
    people = _users(base, user_count, clock, draw)
    _copy(db, '"user"', USER_COLUMNS, people, total=user_count, watch=watch)
    owners = Owners(_new_ids(db, base), draw)
    things = _items(_highest_id(db, "item"), item_count, owners, clock)
    _copy(db, "item", ITEM_COLUMNS, things, total=item_count, watch=watch)
    changes = {"users": [0, user_count], "items": [0, item_count]}
    trail.record(db, actor=actor, action="demo.create", changes=changes)


def tidy() -> None:
    """VACUUM and ANALYZE both tables, so that plans and counts are fast."""
    engine = get_engine().execution_options(isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text("SET statement_timeout = 0"))
        connection.execute(text('VACUUM (ANALYZE) "user", item'))
        connection.invalidate()  # without a timeout, the connection must not return to the pool


def _copy(
    db: Session,
    table: str,
    columns: Sequence[str],
    lines: Iterator[str],
    *,
    total: int,
    watch: Watch,
) -> None:
    step = f"Adding {table.strip(QUOTE)}s"
    watch(step, 0, total)
    done = 0
    while done < total:
        done += copy_lines(db, table, columns, islice(lines, ROWS_A_COPY))
        watch(step, done, total)


def _highest_id(db: Session, table: str) -> int:
    return db.scalar(text(f"SELECT coalesce(max(id), 0) FROM {table}")) or 0  # noqa: S608


def _new_ids(db: Session, base: int) -> Sequence[int]:
    """Return the ids of this run's users, oldest first, as a compact array."""
    query = 'SELECT id FROM "user" WHERE id > :base AND email LIKE :pattern ORDER BY id'
    return array("q", db.scalars(text(query), {"base": base, "pattern": f"%@{DOMAIN}"}))


def _users(base: int, count: int, clock: Clock, draw: Random) -> Iterator[str]:
    given_names = [(name, ascii_word(name)) for name in GIVEN_NAMES]
    family_names = [(name, ascii_word(name)) for name in FAMILY_NAMES]
    for index in range(count):
        given, given_word = draw.choice(given_names)
        family, family_word = draw.choice(family_names)
        # Numbers above the highest id make new addresses, whatever was deleted before.
        email = f"{given_word}.{family_word}.{base + index + 1}@{DOMAIN}"
        at = clock.moment((index + 1) / count, draw)
        yield f"{email}\t{UNUSABLE_PASSWORD}\t{given} {family}\t{at}\t{at}\n"


def _items(base: int, count: int, owners: Owners, clock: Clock) -> Iterator[str]:
    draw = owners.draw
    for index in range(count):
        share = (index + 1) / count
        title = f"{draw.choice(ADJECTIVES)} {draw.choice(NOUNS)} {base + index + 1}"
        at = clock.moment(share, draw)
        yield f"{title}\t{draw.choice(NOTES)}\t{owners.pick(share)}\t{at}\t{at}\n"
