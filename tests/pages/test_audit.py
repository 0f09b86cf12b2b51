"""The Audit page and its CSV file: for superusers, narrowed by the address, shown as text."""

from dataclasses import replace

import pytest
from sqlalchemy import select
from starlette.testclient import TestClient

from core.actor import Actor
from core.audit import trail as audit_trail
from core.db.engine import transaction
from core.db.models import AuditEvent
from core.sign_in import api_tokens
from tests.dashboard.conftest import House, client, house, insider, sign_in
from tests.pages.conftest import Open, choose, shown

__all__ = ["client", "house", "insider"]
EVIL = "<img src=x onerror=alert(1)>"


@pytest.fixture
def trail(superuser: Actor, staff: Actor) -> Actor:
    """A trail in which somebody was renamed and somebody refused; returns the superuser."""
    with transaction() as db:
        changes = {"full_name": ["Ann", EVIL], "is_active": [True, False]}
        audit_trail.record(db, actor=staff, action="user.update", changes=changes)
        evil = Actor(id=None, email="=HYPERLINK(1)", address="192.0.2.1")
        audit_trail.record(db, actor=evil, action="session.sign_in", outcome="refused")
    return superuser


def test_events_read_well_newest_first(trail: Actor, open_page: Open) -> None:
    table = shown(open_page(trail, "audit"))
    assert table["action"].to_list()[:2] == ["session.sign_in", "user.update"]
    assert table["changes"][1] == f"full_name: Ann → {EVIL}; is_active: yes → no"
    assert table["outcome"][0] == "refused"
    assert table["address"][0] == "192.0.2.1"


@pytest.mark.parametrize(
    ("query", "actions"),
    [
        ({"q": "onerror"}, ["user.update"]),
        ({"who": "STAFF@"}, ["user.update"]),
        ({"q": "%"}, []),
        ({"q": '\'; drop table "user"; --'}, []),
        (
            {"page": "999999999999"},
            ["session.sign_in", "user.update", "user.create", "user.create"],
        ),
        ({"page": "-1"}, ["session.sign_in", "user.update", "user.create", "user.create"]),
    ],
)
def test_the_address_narrows(
    trail: Actor, open_page: Open, query: dict[str, str], actions: list[str]
) -> None:
    at = open_page(trail, "audit", **query)
    assert not at.exception
    found = shown(at)["action"].to_list() if at.dataframe else []
    assert found == actions


def test_a_chosen_event_shows_its_changes_a_field_a_line(trail: Actor, open_page: Open) -> None:
    at = choose(open_page(trail, "audit"), 1)
    assert at.dataframe[1].value.to_numpy().tolist() == [
        ["full_name", "Ann", EVIL],
        ["is_active", "yes", "no"],
    ]
    at = choose(at, 0)
    assert "This event changed no fields." in [c.value for c in at.caption]


def test_filters_narrow(trail: Actor, open_page: Open) -> None:
    at = open_page(trail, "audit")
    at.selectbox(key="outcome").set_value("refused").run()
    assert shown(at)["action"].to_list() == ["session.sign_in"]
    at.selectbox(key="outcome").set_value("all").run()
    at.selectbox(key="action").set_value("user.update").run()
    at.selectbox(key="period").set_value("week").run()
    assert shown(at)["action"].to_list() == ["user.update"]


def test_staff_see_neither_page_nor_file(trail: Actor, open_page: Open, house: House) -> None:
    staff = Actor(id=trail.id, email="staff@example.com", is_staff=True)
    at = open_page(staff, "audit")
    assert [t.value for t in at.title] != ["Audit"]
    client = house.client()
    sign_in(client, "staff@example.com")
    assert client.get("/downloads/audit.csv").status_code == 403
    with transaction() as db:
        last = db.scalars(select(AuditEvent).order_by(AuditEvent.id.desc()).limit(1)).one()
    assert (last.action, last.outcome, last.actor) == (
        "export.audit",
        "refused",
        "staff@example.com",
    )


def test_the_file_holds_what_is_asked_for_and_is_noted(trail: Actor, insider: TestClient) -> None:
    answer = insider.get(
        "/downloads/audit.csv?outcome=refused&period=day&q=%00&zone=Asia/Kathmandu"
    )
    assert answer.status_code == 200
    lines = answer.content.decode("utf-8-sig").splitlines()
    assert lines[0] == (
        '"at (Asia/Kathmandu)","actor","action","subject","changes","outcome","address",'
        '"trace_id","token","details"'
    )
    assert len(lines) == 2
    assert '"\'=HYPERLINK(1)","session.sign_in"' in lines[1]
    everything = insider.get("/downloads/audit.csv").text
    assert "export.begin" in everything
    assert EVIL in everything
    assert answer.headers["cache-control"] == "no-store"


def test_the_file_needs_a_session(client: TestClient) -> None:
    assert client.get("/downloads/audit.csv").status_code == 401


def test_a_change_by_token_names_the_token_also_when_it_is_revoked(
    superuser: Actor, open_page: Open, insider: TestClient
) -> None:
    assert "token" not in shown(open_page(superuser, "audit")).columns
    form = {"name": "Nightly report", "days": 1, "scopes": ["items:write"]}
    with transaction() as db:
        token_id = api_tokens.create_token(db, actor=superuser, values=form).row.id
    with transaction() as db:
        audit_trail.record(db, actor=replace(superuser, token_id=token_id), action="item.create")
        audit_trail.record(db, actor=replace(superuser, token_id=999), action="item.delete")
        api_tokens.revoke_token(db, actor=superuser, token_id=token_id)
    told = shown(open_page(superuser, "audit")).set_index("action")["token"].dropna().to_dict()
    assert told == {"item.create": f"{token_id}: Nightly report", "item.delete": "999"}
    assert f'"{token_id}: Nightly report"' in insider.get("/downloads/audit.csv").text
