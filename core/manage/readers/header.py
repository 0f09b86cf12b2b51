"""Matches the columns of a file to fields, by the names that people use."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from unicodedata import normalize
from zoneinfo import ZoneInfo

from core.calendar import zones

_ZONE = re.compile(r"\s*\(([A-Za-z0-9_+\-/]+)\)\s*$")


@dataclass(frozen=True)
class Field:
    """A field to find in a file; `also` are other names of its column, in the form of `plain`."""

    name: str
    also: tuple[str, ...] = ()
    required: bool = False


@dataclass(frozen=True)
class Header:
    """The field of each column, None for an ignored one; `ignored` are the names of those.

    `zone` is the time zone that a column's name contains, as in Tally's own files for Excel.
    """

    fields: tuple[str | None, ...]
    ignored: tuple[str, ...] = ()
    zone: ZoneInfo | None = None


class NoHeader(Exception):
    """The first line does not name the required columns; the message says why."""


def plain(name: str) -> str:
    """Return a column's name without case, blanks and punctuation: `E-Mail` is `email`."""
    return re.sub(r"[\W_]+", "", normalize("NFKC", name).casefold())


def match(names: Sequence[str], fields: Sequence[Field]) -> Header:
    """Match columns to fields; raise `NoHeader` if one is missing or ambiguous.

    A column with the field's own name wins over one with another of its names.
    """
    bare = [_ZONE.sub("", name) for name in names]
    places = {field.name: _places(field, bare) for field in fields}
    if missing := [f.name for f in fields if f.required and not places[f.name]]:
        raise NoHeader(f"There is no column {_list(missing)}.")
    if twice := [name for name, matching in places.items() if len(matching) > 1]:
        raise NoHeader(f"There is more than one column {_list(twice)}.")
    holds = {matching[0]: name for name, matching in places.items() if matching}
    last = max((n for n, name in enumerate(names) if name.strip()), default=-1)
    return Header(
        tuple(holds.get(place) for place in range(last + 1)),
        tuple(n.strip() for place, n in enumerate(names) if n.strip() and place not in holds),
        _zone(names),
    )


def count_matches(names: Sequence[str], fields: Sequence[Field]) -> int:
    """Return how many of the fields have a column."""
    return sum(bool(_places(field, [_ZONE.sub("", name) for name in names])) for field in fields)


def _places(field: Field, names: Sequence[str]) -> list[int]:
    for accepted in ((plain(field.name),), field.also):
        if places := [place for place, name in enumerate(names) if plain(name) in accepted]:
            return places
    return []


def _zone(names: Sequence[str]) -> ZoneInfo | None:
    marks = [mark[1] for name in names if (mark := _ZONE.search(name))]
    return next((zone for mark in marks if (zone := zones.find_zone(mark))), None)


def _list(names: Sequence[str]) -> str:
    return " or ".join(f"“{name}”" for name in names)
