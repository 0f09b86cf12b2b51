"""The composition root of the server; it assembles everything that Tally serves."""

from core import process
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
from core.analytics import metrics
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
from dashboard.process.page_runs import PageRuns
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


class Served:
    """The parts of the server that know each other; the lifespan starts and ends them."""

    def __init__(self) -> None:
        self.visitors = Visitors()
        self.scripts = Visitors(api_tokens.find_open)
        self.connections = Connections()
        self.warming = Warming()
        self.liveness = Liveness(Watchdog(get_settings().watchdog_seconds))
        self.sign_in_routes = SignInRoutes(visitors=self.visitors, connections=self.connections)


process.begin()  # `tally serve` has; uvicorn, which imports this to run it, has not
setup.configure()
streamlit_options.load()
served = process.resource(Served)


@asynccontextmanager
async def lifespan(_: st.App) -> AsyncIterator[None]:
    """Open what serving needs, and release it in reverse order."""
    streamlit_options.check()
    setup.take_over("streamlit")
    in_thread = anyio.to_thread.run_sync
    async with AsyncExitStack() as stack:
        stack.callback(served.liveness.stop)
        stack.callback(setup.shutdown)
        await in_thread(engine.database_url)  # starts the embedded PostgreSQL
        stack.push_async_callback(in_thread, process.current().close)
        await in_thread(stack.enter_context, engine.heartbeat().kept())
        await in_thread(warm_up)
        stack.enter_context(gc_policy.held_back())
        stop = threading.Event()
        scheduler = await in_thread(jobs.build, stop)
        scheduler.start()
        stack.push_async_callback(stop_jobs, scheduler, stop)
        watched = served.connections, served.warming, served.liveness
        await stack.enter_async_context(supervision.going_on(*(each.watch for each in watched)))
        count_on(scheduler)
        for known in (served.visitors, served.scripts):
            stack.callback(revocations.connect(known.forget_all))
        yield


def count_on(scheduler: Scheduler) -> None:
    """Register the checks that must pass for the process to count as alive."""
    workers = WorkerThreads(anyio.to_thread.current_default_thread_limiter())
    watchers = [each.watcher.trouble for each in (served.connections, served.warming, scheduler)]
    runs = process.resource(PageRuns)
    served.liveness.expect(runtime_trouble, *watchers, runs.trouble, workers.trouble)


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
        *served.sign_in_routes.routes(),
        *SingleSignOn(sign_in_routes=served.sign_in_routes).routes(),
        *Health(visitors=served.visitors, liveness=served.liveness).routes(),
        *routes.routes(),
        *Checks().routes(),
        *page_closed.routes(),
        *document.routes(),
        *session_end.routes(),
        Mount(api.PREFIX, app=api.api),
    ],
    middleware=[
        Middleware(Tracing),
        Middleware(
            Gate,
            visitors=served.visitors,
            scripts=served.scripts,
            connections=served.connections,
        ),
        Middleware(Unexpected),
    ],
)
