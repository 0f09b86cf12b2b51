"""Every request and every run of a page leaves a span; no secret leaves a trace."""

from collections.abc import Iterator

import pytest
import streamlit as st
from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from sqlalchemy import select
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from core.db import engine
from core.db.models import AuditEvent
from core.telemetry import setup
from dashboard.web import tracing
from etl import refresh
from tests.conftest import PASSWORD
from tests.dashboard.conftest import EMAIL, House, form, session_cookie, sign_in

FOREIGN = "0af7651916cd43dd8448eb211c80319c"


@pytest.fixture(scope="module")
def exporter() -> Iterator[InMemorySpanExporter]:
    """Where the spans of this process end up, until the tests of this module are done."""
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    with pytest.MonkeyPatch.context() as patch:  # a provider cannot be taken back otherwise
        patch.setattr(trace, "_TRACER_PROVIDER", provider)
        patch.setattr(setup.tracer, "_real_tracer", provider.get_tracer("tally"))
        yield exporter


@pytest.fixture
def spans(exporter: InMemorySpanExporter, house: House) -> Iterator[InMemorySpanExporter]:
    exporter.clear()
    yield exporter
    exporter.clear()


def named(spans: InMemorySpanExporter, name: str) -> ReadableSpan:
    """The one span of a name."""
    (found,) = [span for span in spans.get_finished_spans() if span.name == name]
    return found


def test_an_api_call_is_one_trace_from_request_to_query(
    spans: InMemorySpanExporter, insider: TestClient
) -> None:
    refresh.run(trigger="test")
    answer = insider.get("/api/v1/analytics/active_users")
    request = named(spans, "GET /api/v1/analytics/active_users")
    handler, query = named(spans, "api active_users"), named(spans, "duckdb active_users")
    assert handler.parent
    assert handler.parent.span_id == request.context.span_id
    assert query.parent
    assert query.parent.span_id == request.context.span_id
    assert handler.attributes
    assert handler.attributes["http.response.body.size"] == len(answer.content)


def test_a_trace_begins_at_our_door(spans: InMemorySpanExporter, insider: TestClient) -> None:
    headers = {"traceparent": f"00-{FOREIGN}-b7ad6b7169203331-01", "baggage": "a=b"}
    seen = insider.get("/users", headers=headers).json()["headers"]
    assert f"{named(spans, 'GET /users').context.trace_id:032x}" != FOREIGN
    assert "traceparent" not in seen
    assert "baggage" not in seen


def test_a_page_run_is_linked_to_its_websocket(
    spans: InMemorySpanExporter, insider: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    headers = {"Origin": "http://testserver", "traceparent": f"00-{FOREIGN}-b7ad6b7169203331-01"}
    with insider.websocket_connect("/_stcore/stream", headers=headers) as websocket:
        websocket.send_bytes(b"first")
        handshake = websocket.receive_json()
    context = type("Context", (), {"headers": handshake})
    monkeypatch.setattr(st, "context", context)
    with tracing.page_run("items"):
        pass
    connection = named(spans, "HTTP /_stcore/stream")
    (link,) = named(spans, "page items").links
    assert link.context.span_id == connection.context.span_id
    assert link.context.trace_id == connection.context.trace_id


def test_a_page_run_without_websocket_has_no_link(
    spans: InMemorySpanExporter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(st, "context", type("Context", (), {"headers": {}}))
    with tracing.page_run("items"):
        pass
    assert named(spans, "page items").links == ()


def test_audit_rows_name_the_trace(spans: InMemorySpanExporter, client: TestClient) -> None:
    sign_in(client)
    with engine.transaction() as db:
        row = db.scalars(select(AuditEvent).order_by(AuditEvent.id.desc()).limit(1)).one()
    assert row.trace_id == f"{named(spans, 'POST /sign-in').context.trace_id:032x}"


def test_no_secret_is_in_any_span(spans: InMemorySpanExporter, client: TestClient) -> None:
    secrets = {form(client)["form_token"], PASSWORD}
    sign_in(client)
    secrets.add(session_cookie(client))
    client.get("/users")
    client.post("/sign-out")
    text = " ".join(span.to_json() for span in spans.get_finished_spans())
    assert "POST /sign-in" in text
    assert EMAIL not in text
    for secret in secrets:
        assert secret not in text


def test_what_a_provider_sends_people_back_with_is_in_no_span(
    spans: InMemorySpanExporter, client: TestClient
) -> None:
    answer = client.get("/sign-in/with/acme/callback?code=c0de&state=st4te")
    assert answer.status_code == 404
    text = named(spans, "GET /sign-in/with/acme/callback").to_json()
    assert "c0de" not in text
    assert "st4te" not in text


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/sign-in/style.css", "/static/x.js"])
def test_what_is_asked_all_the_time_leaves_no_span(
    spans: InMemorySpanExporter, house: House, path: str
) -> None:
    with house.client() as client:
        client.get(path)
    assert not spans.get_finished_spans()


def test_an_unexpected_error_is_kept_in_its_span(
    spans: InMemorySpanExporter, insider: TestClient
) -> None:
    response = insider.get("/broken", headers={"Accept": "text/html"})
    span = named(spans, "GET /broken")
    assert f"{span.context.trace_id:032x}" in response.text
    assert [event.name for event in span.events] == ["exception"]


@pytest.mark.parametrize(
    "headers",
    [
        {b"User-Agent": b"\xff\\x"},
        {b"User-Agent": b"\\"},
        {b"Content-Length": b"\xb2"},
        {b"X-Other": b"\xff\\x"},
    ],
)
def test_bytes_that_are_no_text_do_no_harm(
    spans: InMemorySpanExporter, insider: TestClient, headers: dict[bytes, bytes]
) -> None:
    assert insider.get("/users", headers=headers).status_code == 200


def test_an_address_that_is_no_text_is_refused(
    spans: InMemorySpanExporter, house: House, insider: TestClient
) -> None:
    class Raw:
        """An application server that passes the query's bytes on as they came."""

        def __init__(self, app: object) -> None:
            self.app = app

        async def __call__(self, scope: dict[str, object], *channels: object) -> None:
            await self.app({**scope, "query_string": b"q=\xff"}, *channels)  # type: ignore[operator]

    raw = TestClient(Raw(house.app), cookies=insider.cookies)  # type: ignore[arg-type]
    assert raw.get("/users").status_code == 400
    with pytest.raises(WebSocketDisconnect), raw.websocket_connect("/_stcore/stream"):
        pass
