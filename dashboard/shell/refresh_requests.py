"""What people request of refreshes; each request is committed before anybody is told."""

from core.actor import Actor
from core.db.engine import transaction
from core.db.refresh_models import RefreshRun
from core.refreshes import requests, rollback, verifications
from dashboard.cache import pinned_snapshot
from dashboard.shell import freshness


def request(actor: Actor) -> RefreshRun:
    """Request a refresh or join the open one; raise `Forbidden`, `Conflict` or `Unavailable`."""
    with transaction() as db:
        run = requests.request_refresh(db, actor=actor)
    tell()
    return run


def request_full(actor: Actor) -> None:
    """Request a refresh of all partitions; raise `Forbidden`, `Conflict` or `Unavailable`."""
    with transaction() as db:
        requests.request_full(db, actor=actor)
    tell()


def request_check(actor: Actor) -> None:
    """Request a verification of the snapshot; raise `Forbidden` or `Unavailable`."""
    with transaction() as db:
        verifications.request_check(db, actor=actor)
    tell()


def resume(actor: Actor, *, seen: int) -> None:
    """Make the newest snapshot current again and request a refresh; see `rollback.resume`."""
    rollback.resume(actor=actor, seen=seen)
    request(actor)


def release(actor: Actor) -> None:
    """Request that the data held back is published; raise `Forbidden` or `NotFound`."""
    with transaction() as db:
        requests.release_held(db, actor=actor)
    tell()


def tell() -> None:
    """Wake the scheduler and drop cached states, after a request was committed."""
    requests.wake()
    freshness.forget()
    # An older snapshot may have been made current, for somebody who looks now.
    pinned_snapshot.offer(None)
