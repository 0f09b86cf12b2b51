"""Freshness: the newest moment at which the data shown is known to have been true."""

from core.actors import Actor
from core.database import transaction
from core.models import RefreshRun
from dashboard import freshness
from etl import refresh
from tests.conftest import make_user


def test_a_refresh_that_finds_nothing_changed_makes_the_data_current(superuser: Actor) -> None:
    refresh.run(trigger="manual")
    before = freshness.read()
    assert before.snapshot is not None
    assert before.as_of == before.snapshot.taken_at
    refresh.run(trigger="manual")
    after = freshness.read()
    assert after.snapshot == before.snapshot
    assert after.latest is not None
    assert after.as_of == after.latest.started_at
    assert not after.outdates(before)


def test_a_failed_refresh_proves_nothing(superuser: Actor) -> None:
    refresh.run(trigger="manual")
    with transaction() as db:
        db.add(RefreshRun(status="failed", trigger="manual", mode="incremental"))
    state = freshness.read()
    assert state.snapshot is not None
    assert state.as_of == state.snapshot.taken_at


def test_new_data_and_a_refresh_that_begins_outdate_a_page(superuser: Actor, system: Actor) -> None:
    refresh.run(trigger="manual")
    shown = freshness.read()
    freshness.request(superuser)
    assert freshness.read().outdates(shown)
    with transaction() as db:
        db.query(RefreshRun).filter_by(status="requested").delete()
    make_user(system, "new@example.com")
    refresh.run(trigger="manual")
    assert freshness.read(newest=True).outdates(shown)


def test_without_a_snapshot_there_is_no_moment(environment: str) -> None:
    assert freshness.read().as_of is None
