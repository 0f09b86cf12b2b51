"""Values of a kind that no widget sends: a line in the log, and a page that says so."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.sync.client import ClientConnection

from core.actor import Actor
from dashboard.web import script_errors
from etl import refresh
from tests.conftest import make_user
from tests.dashboard.conftest import running, sign_in
from tests.dashboard.test_asgi import messages, open_page
from tests.pages.conftest import make_item

PAGES = ("", "items", "trends")
WRONG: dict[str, Any] = {
    "bool_value": True,
    "double_value": float("nan"),
    "int_value": 2**62,
    "string_value": '{"selection": {"rows": [999999, -1, "x"], "columns": 7, "cells": [[1]]}}',
    "json_value": "[{]",
    "bytes_value": b"\xff",
    "trigger_value": True,
}
LINE = re.compile(r"\d{4}-\d\d-\d\d |INFO: |span |WARNING: ")


def run_page(page: ClientConnection, name: str, *states: WidgetState) -> list[ForwardMsg]:
    rerun = BackMsg()
    rerun.rerun_script.query_string = ""
    rerun.rerun_script.page_name = name
    rerun.rerun_script.widget_states.widgets.extend(states)
    page.send(rerun.SerializeToString())
    sent: list[ForwardMsg] = []
    for message in messages(page):
        sent.append(message)
        if message.WhichOneof("type") == "script_finished":
            return sent
    raise AssertionError


def widgets(sent: list[ForwardMsg]) -> Iterator[str]:
    for message in sent:
        kind = message.delta.new_element.WhichOneof("type")
        shown = getattr(message.delta.new_element, kind) if kind else None
        identity = getattr(shown, "id", "")
        if identity:
            yield identity


@pytest.fixture
def _data(superuser: Actor, system: Actor) -> None:
    make_user(system, "ann@example.com")
    make_item(system, "ann@example.com", "Lamp")
    refresh.run(trigger="test")


@pytest.mark.usefixtures("_data")
def test_values_of_a_wrong_kind_are_one_line_in_the_log(tmp_path: Path) -> None:
    said = set()
    with running(tmp_path) as server, server.client() as client:
        sign_in(client)
        for name in PAGES:
            with open_page(server, client) as page:
                found = sorted(set(widgets(run_page(page, name))))
                for field, value in WRONG.items():
                    states = [WidgetState(id=each, **{field: value}) for each in found]
                    for message in run_page(page, name, *states):
                        said.add(message.delta.new_element.alert.body)
                        said.add(message.delta.new_element.exception.message)
        log = server.log.read_text()
    torn = [line for line in log.splitlines() if not LINE.match(line)]
    assert torn == []
    assert any(text.startswith(script_errors.TEXT[:40]) for text in said)
    assert max(map(len, log.splitlines())) < 2000
