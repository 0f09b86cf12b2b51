"""The frame: a picture says by itself what it shows, whatever the texts in it are."""

import struct
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from dashboard.pictures import frame
from dashboard.pictures.renderer import Renderer
from tests.dashboard.pictures.drawings import PNG, framed, parsed, texts

SVG = "{http://www.w3.org/2000/svg}"
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
    svg = Renderer().render(framed(HOSTILE, *HOSTILE[:2]), "svg")
    written = texts(svg)
    assert set(HOSTILE) <= set(written)
    assert written.count(HOSTILE[0]) == written.count(HOSTILE[1]) == 2
    assert b"<img" not in svg
    assert b"<script" not in svg


def test_the_picture_stands_by_itself_on_a_light_ground() -> None:
    said = frame.as_of(AS_OF, ZoneInfo("Asia/Kathmandu"))
    spec = framed(["ann@example.com"], said, "All users")
    svg, png = (Renderer().render(spec, kind) for kind in ("svg", "png"))
    written = texts(svg)
    assert "Items owned" in written
    assert {"As of 2026-11-23 15:52 (Asia/Kathmandu)", "All users"} <= set(written)
    assert parsed(svg).find(f"{SVG}rect").attrib["fill"] == "#ffffff"  # type: ignore[union-attr]
    assert b"currentColor" not in svg
    width, height = extent(svg)
    assert width > frame.WIDTH
    assert size(png) == (2 * width, 2 * height)


def test_long_texts_are_wrapped_and_what_no_xml_can_hold_is_replaced() -> None:
    svg = Renderer().render(framed(["a\x01b\ufffe"], "x" * 1000), "svg")
    written = texts(svg)
    assert "a\ufffdb\ufffd" in written
    lines = [line for line in written if line.startswith("x")]
    assert len(lines) == frame.MOST_LINES - 1
    assert written.count("…") == 1


def test_the_same_rows_are_the_same_picture() -> None:
    for kind in ("png", "svg"):
        assert Renderer().render(framed(["a"]), kind) == Renderer().render(framed(["a"]), kind)
