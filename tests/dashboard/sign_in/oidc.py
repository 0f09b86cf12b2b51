"""A provider of single sign-on that others wrote: `oidc-provider-mock`, as a process of its own."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import httpx2 as httpx

from tests.dashboard.conftest import START_SECONDS, free_port

NAME = "Example ID"


@contextmanager
def providing(*people: dict[str, object]) -> Iterator[str]:
    """Run the provider, which knows people by their claims; yield its issuer."""
    port = free_port()
    issuer = f"http://localhost:{port}"
    known = [f"--user-claims={json.dumps(claims)}" for claims in people]
    process = subprocess.Popen(
        [sys.executable, "-m", "oidc_provider_mock", f"--port={port}", "--require-nonce=y", *known],
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_for(issuer, process)
        yield issuer
    finally:
        process.kill()
        process.wait()


def wait_for(issuer: str, process: subprocess.Popen[bytes]) -> None:
    """Return when the provider answers."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            httpx.get(f"{issuer}/.well-known/openid-configuration").raise_for_status()
            return
        except httpx.TransportError:
            time.sleep(0.1)
    raise AssertionError("The provider did not come up.")


def setting(issuer: str, **options: object) -> str:
    """The value of `SSO_PROVIDERS` that makes Tally know the provider, which takes any client."""
    known = {
        "id": "example",
        "name": NAME,
        "issuer": issuer,
        "client_id": "tally",
        "client_secret": "any",
    }
    return json.dumps([known | options])
