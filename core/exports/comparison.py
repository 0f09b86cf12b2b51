"""Compares an earlier export with current data and counts the rows that differ."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import polars as pl

from core.analytics import columns
from core.calendar import zones
from core.exports.catalog import find_question
from core.exports.dataset import Question
from core.exports.export import Seal
from core.exports.parameters import Filters
from core.exports.receipts import Receipt
from core.exports.result import Answer
from core.snapshots import reader
from core.snapshots.reader import Snapshot


@dataclass(frozen=True)
class Comparison:
    """The rows of an export compared with the same dataset now.

    `differ` counts rows that are new, gone or changed; it is None if the export's snapshot no
    longer exists.
    """

    same: bool
    rows_then: int
    rows_now: int
    differ: int | None


def compare(receipt: Receipt, now: Snapshot) -> Comparison:
    """Read the dataset of a receipt again from another snapshot, with the same filters.

    Reads all rows of both. If they differ, it needs 16 bytes of memory per row. Raises
    `Unavailable`, and `Invalid` for filters that no longer exist.
    """
    question = find_question(receipt.question)
    ask = _asking(question, receipt)
    if receipt.generation == now.generation:
        return Comparison(True, receipt.rows, receipt.rows, 0)
    answer = ask(now)
    if answer.rows == receipt.rows and _content(question, answer) == receipt.content:
        return Comparison(True, receipt.rows, answer.rows, 0)
    then = next((s for s in reader.kept() if s.generation == receipt.generation), None)
    differ = None if then is None else _differing(question, ask(then), ask(now))
    return Comparison(False, receipt.rows, answer.rows, differ)


def _asking(question: Question, receipt: Receipt) -> Callable[[Snapshot], Answer]:
    """Return a function that reads the receipt's dataset, limited to the columns it covers."""
    filters = _filters(question, receipt)
    covered = receipt.columns or columns.FIRST.get(question.name)

    def ask(snapshot: Snapshot) -> Answer:
        answer = question.ask(filters, snapshot)
        return answer if covered is None else _only(answer, covered)

    return ask


def _only(answer: Answer, covered: tuple[str, ...]) -> Answer:
    names = [name for name in covered if name in answer.schema]
    schema = pl.Schema({name: answer.schema[name] for name in names})
    return replace(answer, schema=schema, frames=(f.select(names) for f in answer.frames))


def _filters(question: Question, receipt: Receipt) -> Filters:
    given = dict(receipt.filters)
    zone = zones.read_zone(given.pop(zones.FIELD, "UTC"))
    return question.parse(given, zone)


def _content(question: Question, answer: Answer) -> str:
    seal = Seal(question.derived)
    for _ in seal.over(answer.counted()):
        pass
    return seal.content


def _differing(question: Question, then: Answer, now: Answer) -> int:
    before, after = _rows(question, then), _rows(question, now)
    both = before.join(after, on=question.key, how="full", suffix="_after")
    return both.filter(pl.col("row").ne_missing(pl.col("row_after"))).height


def _rows(question: Question, answer: Answer) -> pl.DataFrame:
    parts = [
        frame.select(question.key, row=frame.drop(question.derived).hash_rows())
        for frame in answer.counted()
    ]
    return (
        pl.concat(parts)
        if parts
        else answer.schema.to_frame().select(question.key, row=pl.lit(0, pl.UInt64))
    )
