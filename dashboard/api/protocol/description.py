"""The API's description of itself (OpenAPI): who may ask what, beside what the routes tell."""

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
    """Return what an operation asks for, for `openapi_extra`: a token with scopes, or a session."""
    return {"security": [{"token": list(scopes)}, {"session": []}]}


def operation_id(route: APIRoute) -> str:
    """Return the name of an operation for generated clients: that of its route."""
    return route.name


def complete(api: FastAPI) -> None:
    """Let the API describe what the routes cannot tell: how to authenticate, and its errors."""

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
