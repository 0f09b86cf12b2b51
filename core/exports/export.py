"""Exports: the whole answer to a question as one file, which is either whole or visibly is not.

The rows are counted against how many there are, and the receipt is written, before the last part
leaves. So nobody gets a complete file that is cut short, or that left no trace.
"""

import hashlib
import logging
from collections.abc import Generator, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain
from zoneinfo import ZoneInfo

import polars as pl

from core.actor import Actor
from core.calendar.zones import UTC
from core.db import engine
from core.db.models import AuditEvent
from core.errors import TallyError, Unavailable
from core.exports import receipts
from core.exports.dataset import Question
from core.exports.formats import Format, Sheet, raw_csv
from core.exports.parameters import Filters
from core.exports.places import Places
from core.exports.result import Answer

MOST_AT_ONCE = 16  # each that waits for a slow reader keeps a few megabytes
MOST_EACH = 4  # of one person
MOST_PICTURES_EACH = 2  # one is drawn at a time, and the next person waits for no more than these
PART_ROWS = 8_192  # to write rows takes several times their size for a moment
BUSY = "Many exports are under way. Please try again when some of them have ended."
OWN = "You already have {} downloads under way. Please try again when one of them has ended."
TOO_LONG = (
    "{} holds at most {:,} rows, and this has {:,}. Narrow it down, or choose another format."
)

log = logging.getLogger(__name__)
_files = Places(MOST_AT_ONCE, MOST_EACH, BUSY, OWN.format(MOST_EACH))
_pictures = Places(MOST_AT_ONCE, MOST_PICTURES_EACH, BUSY, OWN.format(MOST_PICTURES_EACH))


class TooLong(TallyError):
    """More rows than the format can hold."""

    status = 422


@dataclass(frozen=True)
class Order:
    """What somebody wants exported, in which format, and in whose time zone.

    `picture` is the title of the chart that is drawn of the rows; without it they are written.
    """

    question: Question
    filters: Filters
    format: Format
    zone: ZoneInfo = UTC
    picture: str | None = None

    @property
    def title(self) -> str:
        """What the file shows."""
        return self.picture or self.question.title

    @property
    def name(self) -> str:
        """What the file is called."""
        return "_".join(self.picture.lower().split()) if self.picture else self.question.name


@dataclass
class Seal:
    """What is counted and hashed of an export while it passes; `derived` columns are no content."""

    derived: frozenset[str]
    rows: int = 0
    size: int = 0
    _file: "hashlib._Hash" = field(default_factory=hashlib.sha256)
    _content: "hashlib._Hash" = field(default_factory=hashlib.sha256)

    def over(self, frames: Iterable[pl.DataFrame]) -> Iterator[pl.DataFrame]:
        """Yield the batches in smaller ones, once they are counted and hashed."""
        for frame in chain.from_iterable(batch.iter_slices(PART_ROWS) for batch in frames):
            self.rows += frame.height
            self._content.update(raw_csv.encode(frame.drop(self.derived)))
            yield frame

    def add(self, part: bytes) -> None:
        """Count and hash a part of the file."""
        self.size += len(part)
        self._file.update(part)

    @property
    def content(self) -> str:
        """The hash of the rows, whatever the format."""
        return self._content.hexdigest()

    def facts(self) -> dict[str, object]:
        """Return what a receipt says of it."""
        return {
            "rows": self.rows,
            "bytes": self.size,
            "sha256": self._file.hexdigest(),
            "content": self.content,
        }


@dataclass(frozen=True)
class Export:
    """An export that may begin."""

    order: Order
    answer: Answer
    actor: Actor

    @property
    def as_of(self) -> datetime:
        """The instant that the rows show."""
        return self.answer.as_of

    @property
    def file_name(self) -> str:
        """A name that says which data it is, and as of when (UTC)."""
        name, format = self.order.name, self.order.format.name
        return f"tally_{name}_{self.as_of:%Y-%m-%dT%H%MZ}.{format}"

    def parts(self) -> Generator[bytes, None, None]:
        """Yield the file; close the iterator when nobody wants the rest.

        Raises `TooMany` when the actor has too many exports under way, `Unavailable` when all
        people together have or the audit cannot be written, and `CutShort` when the source gives
        another number of rows than there are.
        """
        with _places(self.order).taken(self.actor.id):
            yield from self._noted()

    def _noted(self) -> Generator[bytes, None, None]:
        with engine.transaction() as db:
            begun = receipts.begin(db, actor=self.actor, facts=self._facts())
        seal, outcome, trouble = Seal(self.order.question.derived), "failed", None
        try:
            held = b""
            for part in self.order.format.write(self._sheet(seal)):
                if held:
                    seal.add(held)
                    yield held
                held = part
            seal.add(held)
            self._end(begun, seal, "success")
            outcome = "success"
            yield held
        except GeneratorExit:
            outcome = outcome if outcome == "success" else "aborted"
            raise
        except TallyError as error:
            trouble = error.message
            raise
        finally:
            if outcome != "success":
                self._note_trouble(begun, seal, outcome, trouble)

    def _sheet(self, seal: Seal) -> Sheet:
        return Sheet(
            title=self.order.title,
            as_of=self.as_of,
            schema=self.answer.schema,
            rows=self.answer.rows,
            frames=seal.over(self.answer.counted()),
            zone=self.order.zone,
            identities=self.answer.identities,
            about=self._about(),
        )

    def _facts(self) -> dict[str, object]:
        order = self.order
        return {
            "question": order.question.name,
            "picture": order.picture,
            "filters": order.filters.to_query(),
            "format": order.format.name,
            "time_zone": order.zone.key if order.format.localised else None,
            "generation": self.answer.generation,
            "as_of": self.as_of,
            "rows": self.answer.rows,
            "columns": self.answer.schema.names(),
        }

    def _about(self) -> Mapping[str, str]:
        given = self.order.filters.to_query()
        filters = ", ".join(f"{name}: {value}" for name, value in given.items())
        about = {
            "Question": self.order.question.title,
            "As of": f"{self.as_of:%Y-%m-%d %H:%M:%S} UTC",
            "Filters": filters or "none",
            "Rows": f"{self.answer.rows:,}",
        }
        if self.order.format.localised:
            about["Time zone"] = self.order.zone.key
        return about

    def _end(self, begun: AuditEvent, seal: Seal, outcome: str, error: str | None = None) -> None:
        facts = {**self._facts(), **seal.facts(), "error": error}
        with engine.transaction() as db:
            receipts.end(db, actor=self.actor, begun=begun, outcome=outcome, facts=facts)

    def _note_trouble(self, begun: AuditEvent, seal: Seal, outcome: str, error: str | None) -> None:
        try:
            self._end(begun, seal, outcome, error)
        except Unavailable:
            # That it began is in the audit, and that it has no receipt says that it did not end.
            log.exception("Export %s was %s, which could not be noted", begun.id, outcome)


def prepare(order: Order, *, actor: Actor) -> Export:
    """Return the export of an order, ready to begin; nothing has been read but how many rows.

    Raises `Forbidden`, `TooLong`, `TooMany`, and `Unavailable` when there is no snapshot.
    """
    _places(order).check(actor.id)  # who has no place need not wait in line to learn it
    with engine.transaction() as db:
        order.question.allow(db, actor)
    answer = order.question.ask(order.filters, None)
    most = order.format.most_rows
    if most is not None and answer.rows > most:
        raise TooLong(TOO_LONG.format(order.format.label, most, answer.rows))
    return Export(order, answer, actor)


def _places(order: Order) -> Places:
    return _pictures if order.picture else _files
