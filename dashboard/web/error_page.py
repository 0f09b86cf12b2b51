"""Unexpected errors: the log gets all details with the trace id, the client only the trace id."""

import logging

from opentelemetry import trace
from starlette.requests import ClientDisconnect, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from core.telemetry.setup import trace_id
from dashboard.web import html_pages

TITLE = "Something went wrong in Tally"
TEXT = "Nothing more was done. Please try again; if it happens again, tell whoever runs Tally{}."
log = logging.getLogger(__name__)


class Unexpected:
    """ASGI middleware; it runs inside tracing and the gate, so its response gets their headers."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = scope["type"] != "http"

        async def send_noting(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            await self.app(scope, receive, send_noting)
        except ClientDisconnect:
            return  # the client left while sending, so there is nobody to answer
        except Exception as error:
            if started:
                raise  # half a response was sent, so the server has to abort it
            log.exception("Unexpected error")
            trace.get_current_span().record_exception(error)
            identity = trace_id()
            text = TEXT.format(f", with the trace id {identity}" if identity else "")
            answer = html_pages.message(Request(scope), 500, TITLE, text)
            await answer(scope, receive, send)
