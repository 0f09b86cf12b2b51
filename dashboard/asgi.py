"""The composition root of the server; it assembles everything that Tally serves."""

from core.telemetry import malloc

malloc.configure()  # before Arrow and Polars are imported, which read it once

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

from core.access import revocations
from core.analytics import metrics, warehouse
from core.calendar import zones
from core.db import engine
from core.errors import Unavailable
from core.settings import ROOT, get_settings
from core.sign_in import api_tokens
from core.snapshots import reader
from core.telemetry import setup, supervision
from dashboard import api, jobs, streamlit_options
from dashboard.auth.gate import Gate
from dashboard.auth.session_cache import Visitors
from dashboard.cache.warm_up import Warming
from dashboard.exports import routes
from dashboard.exports.uploads import Checks
from dashboard.process import gc_policy
from dashboard.process.health import Health
from dashboard.process.liveness import Liveness
from dashboard.process.page_runs import page_runs
from dashboard.process.scheduler import Scheduler
from dashboard.process.watchdog import Watchdog
from dashboard.process.worker_threads import WorkerThreads
from dashboard.shell import document
from dashboard.sign_in.routes import SignInRoutes
from dashboard.sign_in.sso_routes import SingleSignOn
from dashboard.web import script_errors
from dashboard.web.error_page import Unexpected
from dashboard.web.tracing import Tracing
from dashboard.websockets import page_closed, session_end
from dashboard.websockets.connections import Connections

STOP_SECONDS = 10.0
# Imported at startup; otherwise the first page would import them while somebody waits.
HEAVY_MODULES = ("altair", "pandas", "polars", "pyarrow", "streamlit.dataframe_util")

log = logging.getLogger(__name__)
setup.configure()
streamlit_options.load()
visitors = Visitors()
scripts = Visitors(api_tokens.find_open)
connections = Connections()
warming = Warming()
liveness = Liveness(Watchdog(get_settings().watchdog_seconds))
sign_in_routes = SignInRoutes(visitors=visitors, connections=connections)


@asynccontextmanager
async def lifespan(_: st.App) -> AsyncIterator[None]:
    """Open what serving needs, and release it in reverse order."""
    streamlit_options.check()
    setup.take_over("streamlit")
    in_thread = anyio.to_thread.run_sync
    async with AsyncExitStack() as stack:
        stack.callback(liveness.stop)
        stack.callback(setup.shutdown)
        await in_thread(engine.database_url)  # starts the embedded PostgreSQL
        stack.push_async_callback(in_thread, engine.close)
        await in_thread(stack.enter_context, engine.heartbeat().kept())
        stack.callback(warehouse.close)
        await in_thread(warm_up)
        stack.enter_context(gc_policy.held_back())
        stop = threading.Event()
        scheduler = await in_thread(jobs.build, stop)
        scheduler.start()
        stack.push_async_callback(stop_jobs, scheduler, stop)
        watches = connections.watch, warming.watch, liveness.watch
        await stack.enter_async_context(supervision.going_on(*watches))
        count_on(scheduler)
        for known in (visitors, scripts):
            stack.callback(revocations.connect(known.forget_all))
        yield


def count_on(scheduler: Scheduler) -> None:
    """Register the checks that must pass for the process to count as alive."""
    workers = WorkerThreads(anyio.to_thread.current_default_thread_limiter())
    watchers = [each.watcher.trouble for each in (connections, warming, scheduler)]
    liveness.expect(runtime_trouble, *watchers, page_runs.trouble, workers.trouble)


def runtime_trouble() -> str | None:
    """Return a message if Streamlit's event loop task has ended, else None.

    Its own state does not tell: it does not change when an exception ends the loop.
    """
    task = get_instance()._loop_coroutine_task
    return "Streamlit's runtime has stopped" if task is None or task.done() else None


def warm_up() -> None:
    """Do in advance what the first visitor would have to wait for."""
    for name in HEAVY_MODULES:
        import_module(name)
    zones.names()
    with suppress(Unavailable):  # there is no snapshot before the first refresh
        metrics.totals(reader.current())


async def stop_jobs(scheduler: Scheduler, stop: threading.Event) -> None:
    """Ask a running refresh to end, and wait up to `STOP_SECONDS` for it."""
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
        *sign_in_routes.routes(),
        *SingleSignOn(sign_in_routes=sign_in_routes).routes(),
        *Health(visitors=visitors, liveness=liveness).routes(),
        *routes.routes(),
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
