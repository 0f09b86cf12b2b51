"""What tests of downloads share: a browser over real sockets, what came and what was noted."""

import csv
import io
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import httpx2 as httpx
import uvicorn
from sqlalchemy import select

from core.db import engine
from core.db.models import AuditEvent
from core.exports.formats.spreadsheet_csv import BYTE_ORDER_MARK
from tests.dashboard.conftest import House, free_port, sign_in

OWNERS = "/downloads/items_by_user.csv"
WAIT_SECONDS = 20


@contextmanager
def served(house: House) -> Iterator[httpx.Client]:
    """A browser that is signed in to the house over real sockets."""
    port = free_port()
    config = uvicorn.Config(
        house.app, port=port, log_level="critical", ws="none", timeout_graceful_shutdown=3
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        wait_until(lambda: server.started)
        with httpx.Client(base_url=f"http://localhost:{port}") as client:
            sign_in(client)
            yield client
    finally:
        server.should_exit = True
        thread.join()


def wait_until(condition: Callable[[], object]) -> None:
    """Return when a condition holds."""
    deadline = time.monotonic() + WAIT_SECONDS
    while not condition():
        assert time.monotonic() < deadline, "this never came to be"
        time.sleep(0.02)


def read(content: bytes) -> list[dict[str, str]]:
    """The rows as a spreadsheet would read them."""
    assert content.startswith(BYTE_ORDER_MARK)
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def noted(action: str = "export.end") -> list[AuditEvent]:
    """The events of an action, oldest first."""
    found = select(AuditEvent).where(AuditEvent.action == action).order_by(AuditEvent.id)
    with engine.transaction() as db:
        return list(db.scalars(found))
