"""After a session has ended: why, and back to the same page for the same person alone."""

from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import delete
from starlette.testclient import TestClient

from core.actor import Actor
from core.db import engine
from core.db.models import AuthSession
from core.sign_in.sessions import Ended
from dashboard.ui import form_tickets
from dashboard.ui.form_tickets import Ticket
from dashboard.web.signatures import person
from dashboard.websockets import session_end
from tests.conftest import PASSWORD
from tests.dashboard.conftest import EMAIL, HTML, form

PAGE = "/items?q=lamp&page=2"
ITEM = Ticket("items", "edit", 7, 3)


@pytest.mark.parametrize("why", list(Ended))
def test_the_sign_in_says_why(client: TestClient, why: Ended) -> None:
    answer = client.get(
        f"/sign-in?ended={why}&for=x", headers={"Referer": f"http://testserver{PAGE}"}
    )
    assert session_end.WHY[why] in answer.text
    assert 'role="status"' in answer.text


def test_nothing_is_said_to_who_comes_by_themselves(client: TestClient) -> None:
    for address in ("/sign-in", "/sign-in?ended=why"):
        assert 'role="status"' not in client.get(address).text


def test_a_session_that_another_process_ended_does_not_lead_back(insider: TestClient) -> None:
    assert insider.get("/users", headers=HTML).status_code == 200  # and is known from now on
    with engine.transaction() as db:
        db.execute(delete(AuthSession))
    answer = insider.get("/sign-in?ended=elsewhere&for=x")
    assert answer.status_code == 200
    assert session_end.WHY[Ended.ELSEWHERE] in answer.text


@pytest.mark.parametrize(("whose", "leads_to"), [("own", PAGE), ("other", "/")])
def test_only_the_same_person_is_led_to_the_page_that_ended(
    client: TestClient, superuser: Actor, whose: str, leads_to: str
) -> None:
    own = superuser.id or 0
    known = person(own if whose == "own" else own + 1)
    client.headers["Referer"] = f"http://testserver{PAGE}"
    fields = form(client, **{"ended": "expired", "for": known})
    answer = client.post("/sign-in", data={**fields, "email": EMAIL, "password": PASSWORD})
    assert answer.status_code == 303
    assert client.get(answer.headers["Location"]).headers["Location"] == leads_to


@pytest.mark.parametrize(
    "hostile",
    [
        "//evil.example",
        "https://evil.example/x",
        "/\\evil.example",
        "/sign-out",
        "/back?to=/items",
        "",
    ],
)
def test_a_hostile_way_back_leads_to_the_first_page(
    insider: TestClient, superuser: Actor, hostile: str
) -> None:
    query = {"for": person(superuser.id), "to": hostile}
    assert insider.get("/back", params=query).headers["Location"] == "/"


def test_another_site_cannot_say_where_somebody_was(client: TestClient) -> None:
    client.headers["Referer"] = "https://evil.example//evil.example/x"
    found = urlsplit(form(client, **{"ended": "expired", "for": "x"})["next"])
    assert found.path == "/back"
    assert parse_qs(found.query)["to"] == ["/"]


def test_a_form_is_known_again_to_who_opened_it(superuser: Actor, staff: Actor) -> None:
    issued = form_tickets.issue(superuser, ITEM)
    assert form_tickets.read(superuser, issued) == ITEM
    assert form_tickets.read(staff, issued) is None
    assert form_tickets.read(superuser, issued.replace(".", "A.")) is None
    assert form_tickets.read(superuser, "") is None
