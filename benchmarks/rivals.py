"""Measures the alternatives to Tally's export on the same tables."""

import json
from dataclasses import dataclass

from benchmarks import command
from benchmarks.figures import Beside, Results
from benchmarks.scratch import Place
from core.db.bulk_copy import Watch
from etl.extract.datasets import TABLES, Table

ROWS_AS_OBJECTS = 1_000_000


@dataclass(frozen=True)
class Rival:
    """Another way to export; `rows` limits a rival that would take many minutes for all."""

    key: str
    name: str
    rows: int | None = None

    def query(self, table: Table) -> str:
        """Return the query by which this rival reads a table."""
        limit = "" if self.rows is None else f" LIMIT {self.rows}"
        return f'SELECT {table.columns} FROM "{table.name}"{limit}'


RIVALS = (
    Rival("adbc", "one ADBC connection, pyarrow's defaults"),
    Rival("duckdb", "DuckDB's postgres scanner"),
    Rival("connectorx", "connectorx"),
    Rival("polars", "`polars.read_database`, SQLAlchemy", rows=ROWS_AS_OBJECTS),
)


def measure(place: Place, results: Results, *, watch: Watch) -> None:
    """Measure each rival's export of both tables, in a separate process."""
    for done, rival in enumerate(RIVALS):
        watch("What one would use instead", done, len(RIVALS))
        queries = [rival.query(table) for table in TABLES]
        try:
            finished = command.run("benchmarks.rival_exports", rival.key, place.url, *queries)
        except command.Failed as error:
            results.beside.append(Beside(rival.name, "not available here", str(error)))
        else:
            results.beside.append(_tell(rival, finished, place))
    watch("What one would use instead", len(RIVALS), len(RIVALS))


def _tell(rival: Rival, finished: command.Finished, place: Place) -> Beside:
    due = (place.users, place.items)
    read = [min(rows, rival.rows or rows) for rows in due]
    if max(due) == max(read):
        return Beside(rival.name, finished.cost, "the export alone: no views, no hashes, no fsync")
    took = zip(json.loads(finished.output), due, read, strict=True)
    seconds = sum(one * rows_due / rows_read for one, rows_due, rows_read in took)
    detail = f"for {max(read):,} rows a table; all would take about {seconds:,.0f} s"
    return Beside(rival.name, finished.cost, detail)
