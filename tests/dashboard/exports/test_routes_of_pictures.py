"""Pictures over HTTP: noted like any export, and with words where there is nothing to draw."""

import hashlib

import pytest
from starlette.testclient import TestClient

from core import process
from core.actor import Actor
from core.snapshots.reader import Snapshot
from dashboard.pictures.renderer import TOO_SLOW, Renderer
from tests.dashboard.conftest import HTML
from tests.dashboard.exports.downloading import noted


@pytest.mark.parametrize(("kind", "begins"), [("png", b"\x89PNG\r\n\x1a\n"), ("svg", b"<svg ")])
def test_a_picture_leaves_a_receipt_like_any_export(
    snapshot: Snapshot, insider: TestClient, superuser: Actor, kind: str, begins: bytes
) -> None:
    response = insider.get(f"/downloads/page_of_owners.{kind}?page=2&q=9&zone=Asia/Kathmandu")
    assert response.content.startswith(begins)
    assert response.headers["content-type"].startswith(f"image/{kind}")
    name = f"tally_items_owned_by_user_{snapshot.taken_at:%Y-%m-%dT%H%MZ}.{kind}"
    assert response.headers["content-disposition"] == f'attachment; filename="{name}"'
    begun, ended = noted("export.begin") + noted()
    assert (ended.actor_id, ended.outcome, ended.subject_id) == (superuser.id, "success", begun.id)
    facts = {key: value[1] for key, value in ended.changes.items()}
    assert facts["sha256"] == hashlib.sha256(response.content).hexdigest()
    assert (facts["picture"], facts["format"]) == ("Items owned by user", kind)
    assert facts["filters"] == {"q": "9", "page": "2"}
    assert (facts["rows"], facts["time_zone"]) == (50, "Asia/Kathmandu")
    assert (facts["generation"], facts["as_of"]) == (
        snapshot.generation,
        snapshot.taken_at.isoformat(),
    )


def test_the_rows_of_a_picture_count_as_those_of_a_table(
    snapshot: Snapshot, insider: TestClient
) -> None:
    for name in ("top_owners.svg", "active_users.json"):
        assert insider.get(f"/downloads/{name}").status_code == 200
    picture, table = noted()
    assert picture.changes["content"] == table.changes["content"]


def test_a_picture_that_fails_says_why_on_a_page(
    snapshot: Snapshot, insider: TestClient, client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert client.get("/downloads/spread.png").status_code == 401
    response = insider.get("/downloads/page_of_owners.svg?page=9999")
    assert response.status_code == 404
    assert "nothing to draw" in response.json()["detail"]
    monkeypatch.setattr(process.resource(Renderer), "seconds", 0.01)
    response = insider.get("/downloads/spread.png", headers=HTML)
    assert response.status_code == 503
    assert "took too long to draw" in response.text
    assert [event.outcome for event in noted()] == ["failed", "failed"]
    assert noted()[-1].changes["error"] == [None, TOO_SLOW]
