"""Pictures: by themselves they say what they show, they run nothing, and they are drawn apart."""

import struct
import threading
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET
from zoneinfo import ZoneInfo

import polars as pl
import pytest

from core.analytics.owner_filter import OwnerFilter
from core.analytics.trend_filter import TrendFilter, Window
from core.calendar.periods import Period
from core.calendar.steps import Step
from core.errors import Invalid, NotFound, Unavailable
from core.exports.parameters import Everything, OwnersPage, Ranks, Recent
from dashboard import streamlit_options
from dashboard.charts import owners as owner_charts
from dashboard.exports import picture_frame, pictures, svg_process, svg_safety
from dashboard.exports.pictures import LOOKS, PICTURES
from dashboard.exports.svg_process import NotDrawn
from dashboard.exports.svg_safety import NotInert

SVG = "{http://www.w3.org/2000/svg}"
PNG = b"\x89PNG\r\n\x1a\n"
AS_OF = datetime(2026, 11, 23, 10, 7, tzinfo=UTC)
HOSTILE = [
    "<img src=x onerror=alert(1)>",
    "![](http://evil.example/p.png)",
    "<script>alert(1)</script>",
    "</text></svg><a href='#'>",
    "&lt; ]]> url(//evil.example)",
    "currentColor",
    "datum.label",
    "שלום 👩‍👩‍👧‍👦",
]
SPEC: dict[str, Any] = {
    "data": {"values": [{"a": 1}]},
    "mark": "bar",
    "encoding": {"x": {"field": "a", "type": "quantitative"}},
}


@pytest.fixture(autouse=True)
def _theme() -> None:
    streamlit_options.load()


def owners(names: list[str]) -> pl.DataFrame:
    """One owner a name."""
    counts = list(range(len(names), 0, -1))
    return pl.DataFrame(
        {
            "rank": range(1, len(names) + 1),
            "email": names,
            "full_name": names,
            "item_count": counts,
        }
    )


def framed(names: list[str], *remarks: str) -> dict[str, Any]:
    """A ranking in its frame."""
    return picture_frame.framed(owner_charts.ranking(owners(names)), "Items owned", remarks)


def parsed(svg: bytes) -> ET.Element:
    """A drawing as a tree."""
    return ET.fromstring(svg)  # noqa: S314 - it is our own


def texts(svg: bytes) -> list[str]:
    """All that is written in a drawing."""
    return [
        found.text or "" for found in parsed(svg).iter() if found.tag.endswith(("text", "span"))
    ]


def extent(svg: bytes) -> tuple[float, float]:
    """Width and height of a drawing."""
    width, height = (float(parsed(svg).attrib[each]) for each in ("width", "height"))
    return width, height


def size(png: bytes) -> tuple[int, int]:
    """Width and height, in pixels (RFC 2083, 11.2.1)."""
    assert png.startswith(PNG)
    width, height = struct.unpack(">II", png[16:24])
    return width, height


def test_hostile_texts_are_written_as_they_are() -> None:
    svg = svg_process.render(framed(HOSTILE, *HOSTILE[:2]), "svg")
    written = texts(svg)
    assert set(HOSTILE) <= set(written)
    assert written.count(HOSTILE[0]) == written.count(HOSTILE[1]) == 2
    assert b"<img" not in svg
    assert b"<script" not in svg


def test_the_picture_stands_by_itself_on_a_light_ground() -> None:
    said = picture_frame.moment(AS_OF, ZoneInfo("Asia/Kathmandu"))
    spec = framed(["ann@example.com"], said, "All users")
    svg, png = (svg_process.render(spec, kind) for kind in ("svg", "png"))
    written = texts(svg)
    assert "Items owned" in written
    assert {"As of 2026-11-23 15:52 (Asia/Kathmandu)", "All users"} <= set(written)
    assert parsed(svg).find(f"{SVG}rect").attrib["fill"] == "#ffffff"  # type: ignore[union-attr]
    assert b"currentColor" not in svg
    width, height = extent(svg)
    assert width > picture_frame.WIDTH
    assert size(png) == (2 * width, 2 * height)


def test_long_texts_are_wrapped_and_what_no_xml_can_hold_is_replaced() -> None:
    svg = svg_process.render(framed(["a\x01b\ufffe"], "x" * 1000), "svg")
    written = texts(svg)
    assert "a\ufffdb\ufffd" in written
    lines = [line for line in written if line.startswith("x")]
    assert len(lines) == picture_frame.MOST_LINES - 1
    assert written.count("…") == 1


def test_the_same_rows_are_the_same_picture() -> None:
    for kind in ("png", "svg"):
        assert svg_process.render(framed(["a"]), kind) == svg_process.render(framed(["a"]), kind)


@pytest.fixture
def stranger() -> Iterator[tuple[str, list[str]]]:
    """A server that notes who asks it for anything."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b'[{"a": 1}]')

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/", asked
    server.shutdown()
    thread.join()
    server.server_close()


def test_nothing_is_fetched(stranger: tuple[str, list[str]], tmp_path: Path) -> None:
    address, asked = stranger
    secret = tmp_path / "secret.json"
    secret.write_text('[{"a": 12345}]')
    for url in (f"{address}rows.json", secret.as_uri(), str(secret)):
        try:
            drawn = svg_process.render({**SPEC, "data": {"url": url}}, "svg")
        except NotDrawn:
            continue
        assert b"12,345" not in drawn
    picture = {"type": "image", "width": 9, "height": 9}
    for kind in ("png", "svg"):
        marked = {**SPEC, "mark": picture, "encoding": {"url": {"value": f"{address}p.png"}}}
        with pytest.raises(NotDrawn):
            svg_process.render(marked, kind)
    assert asked == []


def test_a_drawing_that_takes_too_long_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(svg_process, "SECONDS", 0.05)
    began = time.monotonic()
    with pytest.raises(Unavailable, match="took too long to draw"):
        svg_process.render(SPEC, "png")
    assert time.monotonic() - began < 2
    monkeypatch.undo()
    assert svg_process.render(SPEC, "png").startswith(PNG)  # the place is free again


def test_one_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(svg_process, "WAIT_SECONDS", 0.05)
    with svg_process._one, pytest.raises(Unavailable, match="Other pictures are being drawn"):
        svg_process.render(SPEC, "svg")


def test_what_cannot_be_drawn_is_said_in_words() -> None:
    with pytest.raises(NotDrawn, match="could not be drawn"):
        svg_process.render({"mark": "no such mark"}, "svg")


@pytest.mark.parametrize(
    "inside",
    [
        "<script>1</script>",
        "<image href='http://evil.example/p.png'/>",
        "<g onload='1'/>",
        "<a href='#x'/>",
        "<foreignObject/>",
        "<style>@import url(http://evil.example)</style>",
        "<rect fill='url(http://evil.example/#x)'/>",
        "<path href='http://evil.example'/>",
        "<g xmlns='http://www.w3.org/1999/xhtml'/>",
        "<?xml-stylesheet href='x'?>",
        "<g>",
    ],
)
def test_a_drawing_with_anything_that_runs_or_leads_out_is_not_let_out(inside: str) -> None:
    drawing = "<svg xmlns='http://www.w3.org/2000/svg'>{}</svg>"
    svg_safety.require_inert(
        drawing.format("<rect fill='url(#a)'/><text>url(x) on</text>").encode()
    )
    with pytest.raises(NotInert):
        svg_safety.require_inert(drawing.format(inside).encode())


def test_a_drawing_with_a_type_is_not_let_out() -> None:
    with pytest.raises(NotInert):
        svg_safety.require_inert(b"<!DOCTYPE svg [<!ENTITY a 'b'>]><svg/>")


DAYS = [date(2026, 3, day) for day in (1, 2, 3)]
TREND = pl.DataFrame(
    {
        "day": DAYS,
        "users": [1, 0, 2],
        "users_in_all": [1, 1, 3],
        "items": [5, 6, 7],
        "items_in_all": [5, 11, 18],
        "partial": [False, False, True],
    }
)
SOME_DAYS = TrendFilter(Step.DAY, window=Window(DAYS[0], DAYS[-1]))
SHOWN: dict[str, tuple[pl.DataFrame, Any, list[str]]] = {
    "new_users": (TREND, SOME_DAYS, ["New users by day", "All users, from 2026-03-01 until"]),
    "new_items": (TREND, SOME_DAYS, ["New items by day"]),
    "users_by_step": (TREND, SOME_DAYS, ["New users by day"]),
    "items_by_step": (TREND, SOME_DAYS, ["New items by day"]),
    "users_in_all": (TREND, SOME_DAYS, ["Users in all", "All users"]),
    "items_in_all": (TREND, SOME_DAYS, ["Items in all", "16"]),
    "top_owners": (
        owners(["ann@example.com"]),
        Recent(Period.DAYS_7),
        ["Items created in the last 7 days", "The ten users who", "ann@example.com"],
    ),
    "spread": (
        pl.DataFrame({"bucket": ["0", "2-5"], "users": [1234, 5]}),
        Everything(),
        ["Users by items owned", "2-5 items", "1,234"],
    ),
    "page_of_owners": (
        owners(["ann@example.com", "bo@example.com"]),
        OwnersPage(OwnerFilter("<b>", least=2), 3),
        ["Items owned by user", "Page 3 of “<b>”, at least 2 items", "Rank"],
    ),
    "ranks": (
        pl.DataFrame({"item_count": [9, 1], "users": [1, 200]}),
        Ranks(Period.ALL, 51, 100),
        ["Items owned by rank", "All owners; ranks 51 to 100 are marked", "100"],
    ),
}


@pytest.mark.parametrize("name", PICTURES)
def test_every_picture_says_what_it_shows(name: str) -> None:
    rows, filters, said = SHOWN[name]
    picture = PICTURES[name]
    drawing = picture.draw(rows, filters)
    spec = picture_frame.framed(drawing, picture.title(filters), [picture.remark(filters)])
    written = "\n".join(texts(svg_process.render(spec, "svg")))
    for text in said:
        assert text in written


def test_what_there_is_no_picture_of_is_refused() -> None:
    with pytest.raises(NotFound, match="no picture of this name"):
        pictures.read_order("cats", LOOKS["png"], {})
    for name, query in [
        ("new_users", {"step": "hour"}),
        ("new_users", {"owner": "x"}),
        ("page_of_owners", {"page": "0"}),
        ("page_of_owners", {"page": "x"}),
        ("ranks", {"first": "1", "last": "9" * 13}),
        ("spread", {"zone": "Nowhere/Else"}),
        ("spread", {"q": "x"}),
    ]:
        with pytest.raises(Invalid):
            pictures.read_order(name, LOOKS["svg"], query)


def test_the_drawing_program_needs_nothing_of_the_server() -> None:
    source = svg_process.PROGRAM.read_text()
    for package in ("core", "dashboard", "streamlit", "altair"):
        assert f"import {package}" not in source
        assert f"from {package}" not in source
