"""What is said about freshness, word for word."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest

from core.db.refresh_models import RefreshRun
from core.refreshes.requests import Outlook, Situation
from core.snapshots.change_log import Newer, Rows
from core.snapshots.manifest import Manifest
from core.snapshots.reader import Snapshot
from dashboard.shell import freshness_words as words
from dashboard.shell.freshness import Freshness

NOW = datetime(2026, 11, 23, 10, 7, tzinfo=UTC)
SOON = Outlook("due", NOW + timedelta(minutes=7, seconds=30))
TEN = datetime(2026, 11, 23, 10, tzinfo=UTC)


def snapshot(generation: int = 7) -> Snapshot:
    """One of ten o'clock."""
    return Snapshot(Path("x"), generation, TEN, 5, 6, cast(Manifest, None))


def state(newer: Newer | None = None, **situation: Any) -> Freshness:
    """What is known of that snapshot."""
    return Freshness(snapshot(), Situation(**situation), newer or Newer())


def run(status: str = "succeeded", **values: object) -> RefreshRun:
    """A refresh that began at 10:05 and was asked for a minute before."""
    begun = TEN + timedelta(minutes=5)
    known = {"trigger": "manual", "requested_at": begun - timedelta(minutes=1), "started_at": begun}
    return RefreshRun(status=status, **{**known, **values})


def test_the_line_of_the_design() -> None:
    newer = Newer(item=Rows(inserted=14), user=Rows(inserted=2))
    assert words.line(state(newer), SOON, now=NOW) == (
        "As of 10:00 (7 min ago). 14 items and 2 users newer in the database."
        " Next refresh in 8 min."
    )


@pytest.mark.parametrize(
    ("newer", "said"),
    [
        (Newer(), "Nothing newer in the database."),
        (Newer(item=Rows(inserted=1)), "1 item newer in the database."),
        (Newer(user=Rows(inserted=2000)), "2,000 users newer in the database."),
        (Newer(item=Rows(updated=1)), "1 edit in the database."),
        (
            Newer(item=Rows(3, 2, 1), user=Rows(1, 4, 1)),
            "3 items and 1 user newer, 6 edits, 2 deletions in the database.",
        ),
        (
            Newer(item=Rows(inserted=2, whole=True)),
            "2 items newer, all items removed once in the database.",
        ),
        (
            Newer(item=Rows(inserted=9_000, updated=1_000), more=True),
            "More than 10,000 changes in the database.",
        ),
    ],
)
def test_what_is_newer_in_words(newer: Newer, said: str) -> None:
    assert words.ahead(state(newer)) == said


@pytest.mark.parametrize(
    ("outlook", "said"),
    [
        (Outlook("due", NOW + timedelta(seconds=59)), "Next refresh in less than a minute."),
        (Outlook("due", NOW + timedelta(minutes=90)), "Next refresh in 90 min."),
        (Outlook("due", NOW - timedelta(seconds=1)), "The next refresh is due."),
        (Outlook("off"), "Refreshes run only when asked for."),
        (Outlook("paused"), "Automatic refreshes are paused."),
        (Outlook("unknown"), "When the next refresh comes is not known here."),
    ],
)
def test_when_the_next_one_comes(outlook: Outlook, said: str) -> None:
    assert words.line(state(), outlook, now=NOW).endswith(f"in the database. {said}")


def test_a_check_that_found_nothing_new_is_said_to_be_one() -> None:
    checked = run(mode="unchanged", generation=7)
    assert words.as_of(state(latest=checked), now=NOW) == (
        "As of 10:05 (2 min ago), unchanged since 10:00."
    )
    other = run(mode="unchanged", generation=6)
    assert words.as_of(state(latest=other), now=NOW) == "As of 10:00 (7 min ago)."


def test_what_cannot_be_known_is_not_claimed() -> None:
    unmarked = Freshness(snapshot(), Situation(), None)
    assert words.ahead(unmarked) == "How much newer the database is, is not known."
    away = Freshness(snapshot(), away="The database is away.")
    assert words.line(away, SOON, now=NOW) == (
        "As of 10:00 (7 min ago). What is newer in the database cannot be told while it is away."
        " Next refresh in 8 min."
    )
    assert words.line(Freshness(None), Outlook("off"), now=NOW) == (
        "No data yet. Refreshes run only when asked for."
    )


def test_a_refresh_that_runs_is_said_to() -> None:
    running = run("running", step="export", parts_done=3, parts_total=12, requested_by="a@b.de")
    assert words.line(state(running=running), SOON, now=NOW).endswith(" A refresh is running.")
    assert words.progress(running) == "Export: 3 of 12"
    assert words.asked_by(running, now=NOW).startswith("Asked for by a")
    assert words.asked_by(running, now=NOW).endswith(", 2 min ago")
    assert words.progress(run("requested")) == "Waiting to start"
    for trigger, said in (
        ("schedule", "Started by the schedule, 2 min ago"),
        ("command", "Started at the command line, 2 min ago"),
        ("start", "Started as Tally was, 2 min ago"),
    ):
        assert words.asked_by(run("running", trigger=trigger), now=NOW) == said


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"mode": "unchanged"}, "Nothing has changed: the data is current."),
        (
            {"mode": "full", "users": 5, "items": 6},
            "5 users and 6 items, all parts written.",
        ),
        (
            {
                "mode": "incremental",
                "changes": {"item": [3, 0, 0], "user": [1, 0, 0]},
                "parts_written": 2,
            },
            "3 items and 1 user new, 2 parts rewritten.",
        ),
        (
            {"mode": "incremental", "changes": {"item": [0, 1, 2]}, "parts_written": 1},
            "1 edit, 2 deletions, 1 part rewritten.",
        ),
    ],
)
def test_what_a_refresh_brought(values: dict[str, Any], said: str) -> None:
    assert words.outcome(run(**values)) == said


def test_a_failure_says_since_when_why_and_what_is_shown() -> None:
    failed = run("failed", finished_at=TEN + timedelta(minutes=6), error="The disk is full")
    once = state(latest=failed, failures=1, since=failed.finished_at)
    assert words.trouble(once, now=NOW) == (
        "The refresh at 10:06 failed. The disk is full Analytics show the data of 10:00."
    )
    often = state(
        latest=failed, failures=3, since=TEN + timedelta(minutes=2), running=run("running")
    )
    assert words.trouble(often, now=NOW) == (
        "The refresh at 10:06 failed. That makes 3 in a row, the first at 10:02."
        " The disk is full Analytics show the data of 10:00. Another one runs now."
    )
    held = run("held", finished_at=TEN + timedelta(minutes=6), error="Items fell")
    assert str(words.trouble(state(latest=held), now=NOW)).startswith(
        "The refresh at 10:06 was held back. Items fell"
    )
    assert words.trouble(state(latest=run()), now=NOW) is None
    assert words.trouble(Freshness(None, away="Away"), now=NOW) == "Away"
