"""Drawings, made of a few owners and read back."""

from typing import Any
from xml.etree import ElementTree as ET

import polars as pl

from dashboard.charts import owners as owner_charts
from dashboard.pictures import frame

PNG = b"\x89PNG\r\n\x1a\n"
SPEC: dict[str, Any] = {
    "data": {"values": [{"a": 1}]},
    "mark": "bar",
    "encoding": {"x": {"field": "a", "type": "quantitative"}},
}


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
    return frame.framed(owner_charts.ranking(owners(names)), "Items owned", remarks)


def parsed(svg: bytes) -> ET.Element:
    """A drawing as a tree."""
    return ET.fromstring(svg)  # noqa: S314 - it is our own


def texts(svg: bytes) -> list[str]:
    """All that is written in a drawing."""
    return [
        found.text or "" for found in parsed(svg).iter() if found.tag.endswith(("text", "span"))
    ]
