"""Kills in short form, and that the harness would notice if a safeguard were left out."""

import random
from pathlib import Path

import pytest

from tests.faults.harness import Harness, Report
from tests.faults.kill import plan, run
from tests.faults.moments import Moment
from tests.faults.nursery import Nursery

SEED = 20261123


def try_build(build: str, nursery: Nursery, url: str, root: Path, *, until: str) -> Report:
    harness = Harness(nursery, url, root, build)
    with harness.under_load(seed=SEED, moves=True):
        harness.refresh_until(until, seconds=40)
    return harness.report


def test_kills_leave_nothing_behind_and_are_never_seen(
    nursery: Nursery, environment: str, root: Path
) -> None:
    moments = plan(random.Random(SEED), moments=3, each_step=1, changes=5)  # noqa: S311
    report = run(nursery, environment, root, moments, seed=SEED)
    assert not report.findings, report
    assert report.kills.total() == 13
    assert report.transactions > 50
    assert min(report.looks[way] for way in ("pointer", "path", "core")) > 20
    assert report.looks["generations"] >= 5


def test_a_build_without_the_exported_snapshot_is_found_out(
    nursery: Nursery, environment: str, root: Path
) -> None:
    """The gate before publication counts rows, so it cannot see that items moved."""
    report = try_build("without_exported_snapshot", nursery, environment, root, until="mixed")
    assert report.count("mixed"), report
    assert not report.count("torn"), report


def test_a_build_that_writes_the_pointer_first_is_found_out(
    nursery: Nursery, environment: str, root: Path
) -> None:
    report = try_build("pointer_first", nursery, environment, root, until="torn")
    assert report.count("torn"), report
    assert not report.count("mixed"), report


def test_a_build_that_does_not_clean_up_is_found_out(
    nursery: Nursery, environment: str, root: Path
) -> None:
    harness = Harness(nursery, environment, root, "without_cleaning")
    with harness.under_load(seed=SEED):
        harness.kill(Moment("compute"), recover=True)
        harness.kill(Moment("prepare"), recover=True)
    assert harness.report.count("leftover"), harness.report


@pytest.mark.parametrize("changes", [0, 3, 60])
def test_the_plan_has_what_was_asked_for(changes: int) -> None:
    planned = plan(random.Random(SEED), moments=7, each_step=2, changes=changes)  # noqa: S311
    assert sum(moment.change is not None for moment in planned) == changes
    assert sum(moment.step == "export" for moment in planned) == 2
    assert len(planned) == 7 + 10 + changes
