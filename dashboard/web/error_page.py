"""What nobody foresaw: logged in full under its trace id, and told without its insides."""

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
    """ASGI middleware, inside of tracing and gate so that its answer carries what theirs do."""

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
            return  # in the middle of what it sent: nobody is there to be told
        except Exception as error:
            if started:
                raise  # half an answer is out: the server has to break it off
            log.exception("Unexpected error")
            trace.get_current_span().record_exception(error)
            identity = trace_id()
            text = TEXT.format(f", with the trace id {identity}" if identity else "")
            answer = html_pages.message(Request(scope), 500, TITLE, text)
            await answer(scope, receive, send)
