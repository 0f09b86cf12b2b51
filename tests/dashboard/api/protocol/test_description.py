"""The API's description of itself is true: schemathesis takes it at its word, on a real server."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update
from starlette.testclient import TestClient

from core.actor import Actor
from core.db import engine
from core.db.models import User
from core.sign_in import api_tokens
from dashboard.api import api
from dashboard.api.protocol import problems
from etl import refresh
from tests.conftest import make_user
from tests.dashboard.conftest import House, running, script

SECONDS = 25
# What a schema cannot say: that an address is taken, a password easily guessed, an owner unknown,
# or a version outdated.
CONFIG = """
[checks]
positive_data_acceptance.expected-statuses = ["2xx", "403", "404", "412", "422"]
missing_required_header.expected-statuses = ["428"]
"""
OUT_OF_REACH = 2_000_000_000  # longer than the versions that If-Match is described to take
EXPORTED = {"items": "items", "users": "users"}
WORDS = {"get": "read", "post": "write", "patch": "write", "delete": "write"}


def operations() -> list[tuple[str, str, dict[str, Any]]]:
    """Every operation of the description: its path, method and contents."""
    paths = api.openapi()["paths"]
    return [(path, verb, told) for path, verbs in paths.items() for verb, told in verbs.items()]


def test_it_does_what_it_says_and_never_fails(
    superuser: Actor, system: Actor, tmp_path: Path
) -> None:
    for number in range(3):
        make_user(system, f"user{number}@example.com")
    with engine.transaction() as db:  # else a change could take the token's owner's rights
        owner = update(User).where(User.id == superuser.id)
        db.execute(owner.values(version=OUT_OF_REACH))
    refresh.run(trigger="test")
    form = {"name": "schemathesis", "days": 1, "scopes": api_tokens.allowed_scopes(superuser)}
    with engine.transaction() as db:
        token = api_tokens.create_token(db, actor=superuser, values=form).token
    (tmp_path / "schemathesis.toml").write_text(CONFIG)
    with running(tmp_path, API_REQUESTS_PER_MINUTE="1000000") as server:
        done = subprocess.run(
            [
                Path(sys.executable).with_name("schemathesis"),
                "run",
                f"{server.url}/api/v1/openapi.json",
                f"--header=Authorization: Bearer {token}",
                f"--max-time={SECONDS}",
                "--checks=all",
                "--seed=1",
                "--no-color",
                "--generation-database=none",
                "--suppress-health-check=all",
            ],
            cwd=tmp_path,
            capture_output=True,
            text=True,
        )
        log = server.log.read_text()
    assert done.returncode == 0, done.stdout[-20_000:] + done.stderr
    assert "Traceback" not in log


def test_the_openapi_document_is_served_to_tokens(house: House, staff: Actor) -> None:
    client: TestClient = script(house, staff, "items:read")
    document = client.get("/api/v1/openapi.json").json()
    assert document["openapi"].startswith("3.1")
    assert document["servers"] == [{"url": "/api/v1"}]
    assert set(document["components"]["securitySchemes"]) == {"token", "session"}


@pytest.mark.parametrize(("path", "verb", "told"), operations())
def test_each_operation_tells_its_scope_and_its_errors(
    path: str, verb: str, told: dict[str, Any]
) -> None:
    noun = path.split("/")[1]
    by_token, by_session = told["security"]
    read = EXPORTED.get(path.split("/")[-1], "analytics") if noun == "exports" else noun
    expected = [] if path == "/users/me" else [f"{read}:{WORDS[verb]}"]
    assert (by_token, by_session) == ({"token": expected}, {"session": []})
    assert set(expected) <= set(api_tokens.SCOPES)
    assert {"401", "403", "429", "503"} <= set(told["responses"])
    assert told["tags"] == [noun]
    for status, answer in told["responses"].items():
        if int(status) >= 400:
            assert answer["description"] == problems.REASONS[int(status)]
            assert set(answer["content"]) == {"application/problem+json"}
    assert "Retry-After" in told["responses"]["429"]["headers"]


@pytest.mark.parametrize(("path", "verb", "told"), operations())
def test_what_changes_a_row_asks_for_its_version(
    path: str, verb: str, told: dict[str, Any]
) -> None:
    asked = {p["name"] for p in told.get("parameters", []) if p["in"] == "header"}
    assert asked == ({"If-Match"} if verb in {"patch", "delete"} else set())
    if verb in {"post", "patch"}:
        assert "example" in told["requestBody"]["content"]["application/json"]
