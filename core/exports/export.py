"""Exports a whole dataset as one file, which is either complete or visibly broken.

Before the last chunk is sent, the rows are checked against the expected number and the receipt is
written. So nobody gets a truncated file that looks complete, or a complete file without a receipt.
"""

import hashlib
import logging
from collections.abc import Generator, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain
from zoneinfo import ZoneInfo

import polars as pl

from core import process
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

MOST_AT_ONCE = 16  # an export that waits for a slow client keeps a few megabytes
MOST_EACH = 4  # per person
MOST_PICTURES_EACH = 2  # pictures are drawn one at a time, so others wait for at most two of these
PART_ROWS = 8_192  # encoding rows briefly takes several times their size
BUSY = "Many exports are under way. Please try again when some of them have ended."
OWN = "You already have {} downloads under way. Please try again when one of them has ended."
TOO_LONG = (
    "{} holds at most {:,} rows, and this has {:,}. Narrow it down, or choose another format."
)

log = logging.getLogger(__name__)


class Exports:
    """The places of the exports that are under way in this process."""

    def __init__(self) -> None:
        self.files = Places(MOST_AT_ONCE, MOST_EACH, BUSY, OWN.format(MOST_EACH))
        self.pictures = Places(
            MOST_AT_ONCE, MOST_PICTURES_EACH, BUSY, OWN.format(MOST_PICTURES_EACH)
        )

    def places(self, order: "Order") -> Places:
        """Return those that an export has to have one of."""
        return self.pictures if order.picture else self.files


class TooLong(TallyError):
    """The dataset has more rows than the format can hold."""

    status = 422


@dataclass(frozen=True)
class Order:
    """What to export: the dataset, its filters, the format and the reader's time zone.

    If `picture` is set, it is the title of the chart to draw from the rows.
    """

    question: Question
    filters: Filters
    format: Format
    zone: ZoneInfo = UTC
    picture: str | None = None

    @property
    def title(self) -> str:
        """The title of the file's content."""
        return self.picture or self.question.title

    @property
    def name(self) -> str:
        """The base of the file's name."""
        return "_".join(self.picture.lower().split()) if self.picture else self.question.name


@dataclass
class Seal:
    """Counts and hashes an export while it streams; `derived` columns are not hashed as content."""

    derived: frozenset[str]
    rows: int = 0
    size: int = 0
    _file: "hashlib._Hash" = field(default_factory=hashlib.sha256)
    _content: "hashlib._Hash" = field(default_factory=hashlib.sha256)

    def over(self, frames: Iterable[pl.DataFrame]) -> Iterator[pl.DataFrame]:
        """Split the batches into smaller ones, count and hash them, and yield them."""
        for frame in chain.from_iterable(batch.iter_slices(PART_ROWS) for batch in frames):
            self.rows += frame.height
            self._content.update(raw_csv.encode(frame.drop(self.derived)))
            yield frame

    def add(self, part: bytes) -> None:
        """Count and hash a chunk of the file."""
        self.size += len(part)
        self._file.update(part)

    @property
    def content(self) -> str:
        """The SHA-256 of the rows; it does not depend on the format."""
        return self._content.hexdigest()

    def facts(self) -> dict[str, object]:
        """Return the totals and hashes for the receipt."""
        return {
            "rows": self.rows,
            "bytes": self.size,
            "sha256": self._file.hexdigest(),
            "content": self.content,
        }


@dataclass(frozen=True)
class Export:
    """An export that is allowed and ready to stream."""

    order: Order
    answer: Answer
    actor: Actor

    @property
    def as_of(self) -> datetime:
        """The time as of which the rows are."""
        return self.answer.as_of

    @property
    def file_name(self) -> str:
        """The file's name, with the dataset and the time of its data (UTC)."""
        name, format = self.order.name, self.order.format.name
        return f"tally_{name}_{self.as_of:%Y-%m-%dT%H%MZ}.{format}"

    def parts(self) -> Generator[bytes, None, None]:
        """Yield the file in chunks; close the iterator to abort.

        Raises `TooMany` if the actor has too many exports under way, `Unavailable` if everybody
        together has or the audit cannot be written, and `CutShort` if the number of rows read
        differs from the expected one.
        """
        with process.resource(Exports).places(self.order).taken(self.actor.id):
            yield from self._audited()

    def _audited(self) -> Generator[bytes, None, None]:
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
        query = self.order.filters.to_query()
        filters = ", ".join(f"{name}: {value}" for name, value in query.items())
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
            # The audit has the beginning; without a receipt, the export counts as unfinished.
            log.exception("Export %s was %s, which could not be noted", begun.id, outcome)


def prepare(order: Order, *, actor: Actor) -> Export:
    """Check an order and return the export, ready to stream; it has only counted the rows so far.

    Raises `Forbidden`, `TooLong`, `TooMany`, and `Unavailable` if there is no snapshot.
    """
    # Refuse early, before any query has to wait.
    process.resource(Exports).places(order).check(actor.id)
    with engine.transaction() as db:
        order.question.allow(db, actor)
    answer = order.question.ask(order.filters, None)
    most = order.format.most_rows
    if most is not None and answer.rows > most:
        raise TooLong(TOO_LONG.format(order.format.label, most, answer.rows))
    return Export(order, answer, actor)
