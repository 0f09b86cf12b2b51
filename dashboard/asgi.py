"""The composition root of the server: everything that Tally serves is put together here."""

import gc
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from importlib import import_module

import anyio
import anyio.to_thread
import streamlit as st
from starlette.middleware import Middleware
from starlette.routing import Mount

from core import database, telemetry
from core.settings import ROOT
from dashboard import api, downloads, options
from dashboard.connections import Connections
from dashboard.gate import Gate
from dashboard.health import Health
from dashboard.sign_in import Door
from dashboard.tracing import Tracing
from dashboard.visitors import Visitors

STOP_SECONDS = 10.0
# What the first page would otherwise import while somebody waits for it.
HEAVY_MODULES = ("altair", "pandas", "polars", "pyarrow", "streamlit.dataframe_util")

telemetry.configure()
options.load()
visitors = Visitors()
connections = Connections()


@asynccontextmanager
async def lifespan(_: st.App) -> AsyncIterator[None]:
    """Open what serving needs, and release it in reverse order."""
    options.check()
    async with AsyncExitStack() as stack:
        stack.callback(telemetry.shutdown)
        await anyio.to_thread.run_sync(database.database_url)  # starts the embedded PostgreSQL
        stack.push_async_callback(anyio.to_thread.run_sync, database.close)
        watch = await stack.enter_async_context(anyio.create_task_group())
        watch.start_soon(connections.watch)
        stack.callback(watch.cancel_scope.cancel)
        await anyio.to_thread.run_sync(warm_up)
        yield


def warm_up() -> None:
    """Do now what the first visitor would wait for, and keep it out of garbage collections."""
    for name in HEAVY_MODULES:
        import_module(name)
    gc.collect()
    gc.freeze()


app = st.App(
    ROOT / "dashboard/main.py",
    lifespan=lifespan,
    routes=[
        *Door(visitors=visitors, connections=connections).routes(),
        *Health(visitors=visitors).routes(),
        *downloads.routes(),
        Mount(api.PREFIX, app=api.api),
    ],
    middleware=[
        Middleware(Tracing),
        Middleware(Gate, visitors=visitors, connections=connections),
    ],
)
