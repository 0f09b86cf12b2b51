"""The composition root of the server: everything that Tally serves is put together here."""

import logging
import threading
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from importlib import import_module

import anyio
import anyio.to_thread
import streamlit as st
from starlette.middleware import Middleware
from starlette.routing import Mount
from streamlit.runtime import get_instance

from core import (
    database,
    endings,
    metrics,
    snapshots,
    supervision,
    telemetry,
    tokens,
    warehouse,
    zones,
)
from core.errors import Unavailable
from core.settings import ROOT, get_settings
from dashboard import (
    api,
    document,
    downloads,
    garbage,
    options,
    page_closed,
    script_errors,
    session_end,
)
from dashboard.checks import Checks
from dashboard.connections import Connections
from dashboard.gate import Gate
from dashboard.health import Health
from dashboard.liveness import Liveness
from dashboard.page_runs import page_runs
from dashboard.sign_in import Door
from dashboard.single_sign_on import SingleSignOn
from dashboard.tracing import Tracing
from dashboard.unexpected import Unexpected
from dashboard.visitors import Visitors
from dashboard.warming import Warming
from dashboard.watchdog import Watchdog
from dashboard.worker_threads import WorkerThreads
from etl import schedule
from etl.scheduler import Scheduler

STOP_SECONDS = 10.0
# What the first page would otherwise import while somebody waits for it.
HEAVY_MODULES = ("altair", "pandas", "polars", "pyarrow", "streamlit.dataframe_util")

log = logging.getLogger(__name__)
telemetry.configure()
options.load()
visitors = Visitors()
scripts = Visitors(tokens.find_open)
connections = Connections()
warming = Warming()
liveness = Liveness(Watchdog(get_settings().watchdog_seconds))
door = Door(visitors=visitors, connections=connections)


@asynccontextmanager
async def lifespan(_: st.App) -> AsyncIterator[None]:
    """Open what serving needs, and release it in reverse order."""
    options.check()
    telemetry.take_over("streamlit")
    in_thread = anyio.to_thread.run_sync
    async with AsyncExitStack() as stack:
        stack.callback(liveness.stop)
        stack.callback(telemetry.shutdown)
        await in_thread(database.database_url)  # starts the embedded PostgreSQL
        stack.push_async_callback(in_thread, database.close)
        await in_thread(stack.enter_context, database.heartbeat().kept())
        stack.callback(warehouse.close)
        await in_thread(warm_up)
        stack.enter_context(garbage.held_back())
        stop = threading.Event()
        scheduler = await in_thread(schedule.build, stop)
        scheduler.start()
        stack.push_async_callback(stop_jobs, scheduler, stop)
        watches = connections.watch, warming.watch, liveness.watch
        await stack.enter_async_context(supervision.going_on(*watches))
        count_on(scheduler)
        for known in (visitors, scripts):
            stack.callback(endings.connect(known.forget_all))
        yield


def count_on(scheduler: Scheduler) -> None:
    """Say what has to go on for the process to be alive."""
    workers = WorkerThreads(anyio.to_thread.current_default_thread_limiter())
    watchers = [each.watcher.trouble for each in (connections, warming, scheduler)]
    liveness.expect(runtime_trouble, *watchers, page_runs.trouble, workers.trouble)


def runtime_trouble() -> str | None:
    """Return in words that Streamlit sends no page anything any more, or None.

    Its own state does not tell: it stays as it was when an exception ended its loop.
    """
    task = get_instance()._loop_coroutine_task
    return "Streamlit's runtime has stopped" if task is None or task.done() else None


def warm_up() -> None:
    """Do now what the first visitor would wait for."""
    for name in HEAVY_MODULES:
        import_module(name)
    zones.names()
    with suppress(Unavailable):  # before the first refresh there is nothing to read
        metrics.totals(snapshots.current())


async def stop_jobs(scheduler: Scheduler, stop: threading.Event) -> None:
    """Ask a running refresh to end, and wait for it for so long and no longer."""
    stop.set()
    with anyio.move_on_after(STOP_SECONDS) as waiting:
        await anyio.to_thread.run_sync(scheduler.shutdown, abandon_on_cancel=True)
    if waiting.cancelled_caught:
        log.warning("A job did not end within %s s, so it is left behind.", STOP_SECONDS)


app = st.App(
    ROOT / "dashboard/main.py",
    lifespan=lifespan,
    on_script_error=script_errors.show,
    routes=[
        *door.routes(),
        *SingleSignOn(door=door).routes(),
        *Health(visitors=visitors, liveness=liveness).routes(),
        *downloads.routes(),
        *Checks().routes(),
        *page_closed.routes(),
        *document.routes(),
        *session_end.routes(),
        Mount(api.PREFIX, app=api.api),
    ],
    middleware=[
        Middleware(Tracing),
        Middleware(Gate, visitors=visitors, scripts=scripts, connections=connections),
        Middleware(Unexpected),
    ],
)
