"""The OpenAPI description: adds authentication and errors to what the routes declare."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute

from dashboard.api.protocol.problems import Problem

TEXT = """
Send a token in `Authorization: Bearer`; make one on the page **API tokens**. Every error is
answered as `application/problem+json`. To change or delete a row, send the `ETag` that you read it
with in `If-Match`.
"""
SCHEMES = {
    "token": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "tally_...",
        "description": "An API token. The scopes that an operation needs are listed with it.",
    },
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": "__Host-tally_session",
        "description": "The session of a signed-in browser; without https, the cookie is called "
        "`tally_session_` and the port.",
    },
}


def scoped(*scopes: str) -> dict[str, Any]:
    """Return an operation's security requirement: a token with `scopes`, or a session."""
    return {"security": [{"token": list(scopes)}, {"session": []}]}


def operation_id(route: APIRoute) -> str:
    """Return an operation's name for generated clients, which is its route's name."""
    return route.name


def complete(api: FastAPI) -> None:
    """Add the security schemes and the error schema to the API's OpenAPI document."""

    def describe() -> dict[str, Any]:
        if api.openapi_schema is None:
            document = get_openapi(
                title=api.title,
                version=api.version,
                summary=api.summary,
                description=api.description,
                routes=api.routes,
                servers=api.servers,
            )
            components = document.setdefault("components", {})
            components["securitySchemes"] = SCHEMES
            components.setdefault("schemas", {})["Problem"] = Problem.model_json_schema()
            api.openapi_schema = document
        return api.openapi_schema

    api.openapi = describe  # type: ignore[method-assign]
