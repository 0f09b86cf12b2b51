"""Files to check: hashed and not kept, only for those who are signed in, and of a bearable size."""

import hashlib

import pytest
from starlette.testclient import TestClient

from dashboard import checks
from tests.dashboard.conftest import HTML

CONTENT = b"a,b\r\n" * 500_000  # more than stays in memory


def test_a_file_leads_to_what_is_known_of_it(insider: TestClient) -> None:
    response = insider.post(checks.PATH, files={"file": ("tally.csv", CONTENT)})
    assert response.status_code == 303
    digest = hashlib.sha256(CONTENT).hexdigest()
    assert response.headers["location"] == f"/check_file?sha256={digest}"


def test_without_a_session_or_from_elsewhere_nothing_is_hashed(
    client: TestClient, insider: TestClient
) -> None:
    files = {"file": ("tally.csv", b"a")}
    assert client.post(checks.PATH, files=files).status_code == 401
    evil = {"Origin": "https://evil.example"}
    assert insider.post(checks.PATH, files=files, headers=evil).status_code == 403


def test_what_is_no_file_or_too_large_is_refused_in_words(
    insider: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    response = insider.post(checks.PATH, data={"file": "text"}, headers=HTML)
    assert (response.status_code, checks.NO_FILE in response.text) == (422, True)
    monkeypatch.setattr(checks, "LARGEST", 10)
    response = insider.post(checks.PATH, files={"file": ("x", b"a")}, headers=HTML)
    assert (response.status_code, "paste its SHA-256" in response.text) == (413, True)
