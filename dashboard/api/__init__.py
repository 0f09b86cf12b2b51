"""The JSON API, mounted at `/api/v1` behind the gate."""

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware

from core.errors import TallyError
from dashboard.api import analytics, exports, items, users
from dashboard.api.protocol import description, problems
from dashboard.api.protocol.rates import Rates
from dashboard.api.protocol.responses import PREFIX

__all__ = ["PREFIX", "api"]

api = FastAPI(
    title="Tally",
    version="1",
    summary="Users, the items they own, and analytics of both",
    description=description.TEXT,
    docs_url=None,  # its page would load scripts from a CDN
    redoc_url=None,
    redirect_slashes=False,  # one address per resource
    generate_unique_id_function=description.operation_id,
    # FastAPI's own spans would start a second trace next to the request's.
    telemetry={"tracing": False, "metrics": False, "logs": False},
    middleware=[Middleware(Rates)],
    responses=problems.documented(401, 403, 429, 503),
    exception_handlers={
        TallyError: problems.tally_error,
        RequestValidationError: problems.invalid_request,
        HTTPException: problems.http_error,
        Exception: problems.unexpected,
    },
)
for noun in (users, items, analytics, exports):
    api.include_router(noun.router)
description.complete(api)
