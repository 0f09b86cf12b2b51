"""The command `python -m benchmarks.sessions`: measures how long the dashboard's users wait."""

from core.telemetry import malloc

malloc.configure()  # before importing Arrow and Polars, which read the setting only once

import sys
from dataclasses import dataclass
from typing import Annotated

import typer

from benchmarks import calls, clicks, command, cost, machine, people, reruns, scratch, turnover
from benchmarks import server as servers
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
from benchmarks.people import People
from benchmarks.reruns import Load
from benchmarks.scratch import Place
from core.db.bulk_copy import Watch
from core.embedded.server import DATABASE
from core.errors import TallyError
from dashboard.command.progress import bars

NO_REFRESH = {"REFRESH_INTERVAL_MINUTES": "0", "API_REQUESTS_PER_MINUTE": "1000000"}
BACK_TO_BACK = {"REFRESH_INTERVAL_MINUTES": "0.02"}  # one at a time, so at once after the last


@dataclass(frozen=True)
class Plan:
    """The size of a benchmark: its load, connects, reruns, clicks, and seconds of API calls."""

    load: Load
    connects: int
    reruns: int
    clicks: int
    seconds: float


def main(
    users: Users = MANY_USERS,
    items: Items = MANY_ITEMS,
    json: JsonFile = None,
    data_path: DataPath = None,
    sessions: Annotated[int, typer.Option(min=1, help="How many people are there at once.")] = 200,
    think: Annotated[float, typer.Option(min=0.1, help="Seconds between two pages.")] = 10,
    minutes: Annotated[float, typer.Option(min=0.05, help="How long they are counted.")] = 10,
    connects: Annotated[int, typer.Option(min=5, help="How often to come and go.")] = 5000,
    reruns_: Annotated[
        int, typer.Option("--reruns", min=1, help="How many in a row, to weigh a page.")
    ] = 40,
    windows: Annotated[int, typer.Option(min=0, help="How many Chromium pages.")] = 5,
    clicks_: Annotated[int, typer.Option("--clicks", min=1, help="How many clicks there.")] = 100,
    seconds: Annotated[float, typer.Option(min=1, help="How long the API is called.")] = 60,
) -> None:
    """Measure the dashboard with so many users and items, and print the tables."""
    plan = Plan(Load(sessions, think, minutes, windows), connects, reruns_, clicks_, seconds)
    results, failure = Results(), ""
    try:
        with scratch.start(data_path) as server:
            with bars(err) as watch:
                place = server.place(DATABASE, users=users, items=items, watch=watch)
            say(*machine.describe(place.url), f"{users:,} users and {items:,} items")
            say(f"Load at the start: {machine.load()}")
            crowd = max(sessions, turnover.count_people(connects))
            with (
                bars(err) as watch,
                scratch.used(place),
                people.invited(place, many=crowd) as staff,
            ):
                command.run("dashboard.cli", "refresh", environment=place.environment())
                _measure(place, staff, plan, results, watch)
    except (scratch.OtherSize, command.Failed, TallyError) as error:
        failure = str(error)
    if results.figures:  # what was measured before a failure is worth as much
        say(f"Load at the end: {machine.load()}", "", to_tables(results))
    if failure:
        sys.exit(failure)
    if json is not None:
        json.write_text(to_json(results.figures))


def _measure(place: Place, staff: People, plan: Plan, results: Results, watch: Watch) -> None:
    with servers.tally(place, **NO_REFRESH) as server:
        quiet = reruns.measure(server, staff, plan.load, results, watch=watch)
    with servers.tally(place, **BACK_TO_BACK) as server:
        busy = reruns.measure_refreshing(
            server, place, staff, plan.load, results, quiet, watch=watch
        )
    reruns.measure_memory(quiet, busy, results)
    with servers.tally(place, **NO_REFRESH) as server:
        turnover.measure(server, staff, results, connects=plan.connects, watch=watch)
        cost.measure(server, staff, place.snapshots, results, times=plan.reruns, watch=watch)
        if windows := plan.load.windows:
            clicks.measure(server, staff, results, windows=windows, clicks=plan.clicks, watch=watch)
        calls.measure(server, staff, results, seconds=plan.seconds, watch=watch)


if __name__ == "__main__":
    typer.run(main)
