"""Spans for HTTP requests and websockets, and for each run of a page, which is no request."""

from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st
from opentelemetry import propagate, trace
from opentelemetry.instrumentation.asgi import OpenTelemetryMiddleware
from opentelemetry.trace import Link, Span
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from core.telemetry.setup import tracer

QUIET_PREFIXES = (
    "/static/",
    "/sign-in/style.css",
    "/healthz",
    "/readyz",
    "/_stcore/health",
    "/favicon",
)
TRACE_HEADERS = frozenset({b"traceparent", b"tracestate", b"baggage"})
HIDDEN_QUERIES = "/sign-in/with/"  # the query holds the credentials from a provider
QUERY = "tally.query_string"
SEEN_HEADERS = frozenset({b"host", b"user-agent", b"content-length"})


class Tracing:
    """ASGI middleware: one span per request or websocket, with OpenTelemetry's instrumentation.

    Each request starts a new trace and ignores trace headers of the browser, as audit rows refer
    to trace ids. A websocket gets its trace in a `traceparent` header, for `page_run`.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.traced = OpenTelemetryMiddleware(_handing_on(app), exclude_spans=["receive", "send"])

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in {"http", "websocket"}:
            await self.app(scope, receive, send)
        elif not scope["query_string"].isascii():
            await _refuse(scope, receive, send)
        elif scope["path"].startswith(QUIET_PREFIXES):
            await self.app(_without_trace(scope), receive, send)
        else:
            await self.traced(_without_secrets(_without_trace(scope)), receive, send)


@contextmanager
def page_run(page: str) -> Iterator[Span]:
    """Open a span for one run of a page, linked to the span of its websocket."""
    carrier = {"traceparent": st.context.headers.get("traceparent", "")}
    connection = trace.get_current_span(propagate.extract(carrier)).get_span_context()
    links = [Link(connection)] if connection.is_valid else []
    attributes = {"tally.page": page}
    with tracer.start_as_current_span(f"page {page}", links=links, attributes=attributes) as span:
        yield span


def _handing_on(app: ASGIApp) -> ASGIApp:
    async def hand_on(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            carrier: dict[str, str] = {}
            propagate.inject(carrier)
            ours = [(key.encode(), value.encode()) for key, value in carrier.items()]
            scope = {**scope, "headers": [*scope["headers"], *ours]}
        if QUERY in scope:
            scope = {**scope, "query_string": scope[QUERY]}
        await app(scope, receive, send)

    return hand_on


def _without_trace(scope: Scope) -> Scope:
    headers = [
        # The instrumentation fails on bytes that are not ASCII.
        (key, value.decode("latin-1").encode("ascii", "replace") if key in SEEN_HEADERS else value)
        for key, value in scope["headers"]
        if key not in TRACE_HEADERS
    ]
    return {**scope, "headers": headers}


def _without_secrets(scope: Scope) -> Scope:
    if not scope["path"].startswith(HIDDEN_QUERIES):
        return scope
    return {**scope, "query_string": b"", QUERY: scope["query_string"]}


async def _refuse(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008})
    else:
        await PlainTextResponse("The address is not ASCII.", 400)(scope, receive, send)
