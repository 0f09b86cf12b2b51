"""Health checks for load balancers and operators: is the process alive, and can it serve?"""

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial

import anyio.to_thread
from anyio import CapacityLimiter
from opentelemetry.instrumentation.utils import suppress_instrumentation
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from core.db import engine
from core.embedded import disk
from core.errors import Unavailable
from core.refreshes import requests, rollback
from core.settings import get_settings
from core.snapshots import reader
from dashboard.auth import cookies
from dashboard.auth.session_cache import Visitors
from dashboard.process.liveness import Liveness

WRITE_SECONDS = 30.0  # between two test writes, while they succeed
FRESH_SECONDS = 1.0  # results are cached, as anybody may call this
FINE = "fine"
# Writes a block, so that it fails on a full disk or a read-only server.
WRITE = "CREATE TEMP TABLE tally_writes ON COMMIT DROP AS SELECT 'something'::text AS written"
LOW = "The disk of {path} has only {free:,} MB left. Free some before edits and refreshes fail."
DAMAGED = "Snapshot {name} is damaged and not served: {reason}."
SET_BACK = "{by} set the data back to snapshot {folder}; refreshes wait."


@dataclass(frozen=True)
class State:
    """What Tally needs to serve: each field is "fine", or a message that says what is wrong.

    `trouble` lists what needs attention although Tally can serve.
    """

    database: str
    snapshot: str
    trouble: list[str] = field(default_factory=list)

    @property
    def ready(self) -> bool:
        """Whether database and snapshot are fine."""
        return self.database == self.snapshot == FINE


class Health:
    """The two health routes: everybody gets yes or no, staff also the reasons."""

    def __init__(self, *, visitors: Visitors, liveness: Liveness) -> None:
        self.visitors = visitors
        self.liveness = liveness
        self._state: State | None = None
        self._checked = 0.0
        self._wrote = -WRITE_SECONDS
        self._checking = asyncio.Lock()
        self._thread = CapacityLimiter(1)

    def routes(self) -> list[Route]:
        """Return the routes `/healthz` and `/readyz`."""
        return [Route("/healthz", self.lives), Route("/readyz", self.ready)]

    async def lives(self, _: Request) -> Response:
        """Answer 200 if all background work is running, else 503; the log has the reason."""
        if self.liveness.troubles():
            return PlainTextResponse("not alive", status_code=503)
        return PlainTextResponse("alive")

    async def ready(self, request: Request) -> Response:
        """Answer 200 if the process is alive and has a database and a snapshot, else 503."""
        state, stopped = await self._find_state(), self.liveness.troubles()
        ready = state.ready and not stopped
        body: dict[str, object] = {"ready": ready}
        if await self._is_staff(request):
            body |= {"database": state.database, "snapshot": state.snapshot}
            trouble = [*stopped, *state.trouble]
            body |= {"trouble": trouble} if trouble else {}
        return JSONResponse(body, status_code=200 if ready else 503)

    async def _find_state(self) -> State:
        async with self._checking:
            if self._state is None or time.monotonic() - self._checked > FRESH_SECONDS:
                self._state = await self._look()
                self._checked = time.monotonic()
            return self._state

    async def _look(self) -> State:
        writes = time.monotonic() - self._wrote >= WRITE_SECONDS
        look = partial(check, writes=writes)
        state = await anyio.to_thread.run_sync(look, limiter=self._thread)
        if writes and state.database == FINE:
            self._wrote = time.monotonic()
        return state

    async def _is_staff(self, request: Request) -> bool:
        token = cookies.read_token(request.scope, cookies.session_cookie(request.scope))
        address = request.client.host if request.client else None
        try:
            return (
                token is not None and await self.visitors.find(token, address=address) is not None
            )
        except Unavailable:
            return False


def check(*, writes: bool = True) -> State:
    """Check PostgreSQL and the current snapshot now.

    With `writes`, PostgreSQL must also write a block, into a temporary table.
    """
    with suppress_instrumentation():  # no spans, as it runs every few seconds
        return State(
            database=_find_problem(_write if writes else _ask_database),
            snapshot=_find_problem(_open_snapshot),
            trouble=_find_trouble(),
        )


def _find_problem(ask: Callable[[], None]) -> str:
    try:
        ask()
    except Unavailable as error:
        return error.message
    return FINE


def _ask_database() -> None:
    with engine.transaction() as db:
        db.execute(text("SELECT 1"))


def _write() -> None:
    with suppress(ProgrammingError), engine.transaction() as db:  # a role may lack TEMPORARY
        db.execute(text(WRITE))


def _open_snapshot() -> None:
    reader.current()


def _find_trouble() -> list[str]:
    """Return what needs somebody's attention although Tally can serve."""
    troubles = [
        DAMAGED.format(name=folder.name, reason=reason)
        for folder, reason in reader.broken().items()
    ]
    troubles += _find_low_disks()
    decision = rollback.find()
    troubles += [SET_BACK.format(by=decision.by, folder=decision.folder)] if decision else []
    with suppress(Unavailable), engine.transaction() as db:
        run = requests.trouble(db)
        troubles += [f"The last refresh was {run.status}: {run.error}"] if run else []
    return troubles


def _find_low_disks() -> list[str]:
    settings = get_settings()
    paths = {settings.parquet_path}
    if settings.database_url is None:
        paths.add(settings.postgres_path)
    free = {path: disk.free_bytes(path) for path in sorted(paths)}
    return [
        LOW.format(path=path, free=room // disk.MEGABYTE)
        for path, room in free.items()
        if room < disk.LOW_BYTES
    ]
