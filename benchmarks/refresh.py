"""The command `python -m benchmarks.refresh`: measures all figures of the refresh."""

from core.telemetry import malloc

malloc.configure()  # before importing Arrow and Polars, which read the setting only once

import sys
from dataclasses import dataclass
from typing import Annotated

import typer

from benchmarks import command, exports, machine, reads, rivals, scratch, writers
from benchmarks.command_line import (
    MANY_ITEMS,
    MANY_USERS,
    DataPath,
    Items,
    JsonFile,
    Users,
    err,
    say,
)
from benchmarks.figures import Results, to_json, to_tables
from benchmarks.pgbench import Pgbench
from benchmarks.scratch import Place, Scratch
from core.embedded.server import DATABASE
from core.errors import TallyError
from dashboard.command.progress import bars

FEWER = 10


def main(
    users: Users = MANY_USERS,
    items: Items = MANY_ITEMS,
    json: JsonFile = None,
    data_path: DataPath = None,
    repeat: Annotated[int, typer.Option(min=1, help="How often to repeat each measurement.")] = 3,
    seconds: Annotated[int, typer.Option(min=1, help="How long pgbench runs each time.")] = 20,
) -> None:
    """Measure the refresh with so many users and items, and print the tables."""
    try:
        with scratch.start(data_path) as server:
            places = _fill(server, users, items)
            results = _measure(server, places, repeat, seconds)
    except (scratch.OtherSize, command.Failed, TallyError) as error:
        sys.exit(str(error))
    say(to_tables(results))
    if json is not None:
        json.write_text(to_json(results.figures))


@dataclass(frozen=True)
class Places:
    """The measured database, and two smaller ones to compare memory with."""

    whole: Place
    tenth: Place
    tenth_of_both: Place


def _fill(server: Scratch, users: int, items: int) -> Places:
    fewer = items // FEWER
    with bars(err) as watch:
        return Places(
            whole=server.place(DATABASE, users=users, items=items, watch=watch),
            tenth=server.place("tally_tenth", users=users, items=fewer, watch=watch),
            tenth_of_both=server.place(
                "tally_tenth_of_both", users=users // FEWER, items=fewer, watch=watch
            ),
        )


def _measure(server: Scratch, places: Places, repeat: int, seconds: int) -> Results:
    whole, results = places.whole, Results()
    say(*machine.describe(whole.url))
    say(f"{whole.users:,} users and {whole.items:,} items")
    say(f"Load at the start: {machine.load()}")
    with bars(err) as watch, scratch.used(whole), writers.restored(whole):
        full = exports.measure_full(whole, results, repeat=repeat, watch=watch)
        exports.measure_memory(full, places.tenth, places.tenth_of_both, results, watch=watch)
        rivals.measure(whole, results, watch=watch)
        exports.measure_changes(whole, full, results, repeat=repeat, watch=watch)
        exports.measure_unchanged(whole, results, watch=watch)
        reads.measure_pages(results, watch=watch)
        reads.measure_top(whole, results, watch=watch)
        pgbench = Pgbench.on(server, whole, seconds=seconds)
        writers.measure_refreshes(pgbench, results, pairs=min(repeat, 2), watch=watch)
        writers.measure_triggers(pgbench, results, pairs=repeat, watch=watch)
    say(f"Load at the end: {machine.load()}", "")
    return results


if __name__ == "__main__":
    typer.run(main)
