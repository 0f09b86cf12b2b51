"""Which column of a file is which field, by the names that people give them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from unicodedata import normalize
from zoneinfo import ZoneInfo

from core.calendar import zones

_ZONE = re.compile(r"\s*\(([A-Za-z0-9_+\-/]+)\)\s*$")


@dataclass(frozen=True)
class Field:
    """A field that files have a column for; `also` are other names of it, as `plain` makes them."""

    name: str
    also: tuple[str, ...] = ()
    required: bool = False


@dataclass(frozen=True)
class Header:
    """The field of each column, None for those that are left out; `ignored` are their names.

    `zone` is what a column says of its times, as those of Tally's files for Excel do.
    """

    fields: tuple[str | None, ...]
    ignored: tuple[str, ...] = ()
    zone: ZoneInfo | None = None


class NoHeader(Exception):
    """A first line that does not name the columns that are needed; the message says why."""


def plain(name: str) -> str:
    """Return a column's name without what people write in different ways: `E-Mail` is email."""
    return re.sub(r"[\W_]+", "", normalize("NFKC", name).casefold())


def match(names: Sequence[str], fields: Sequence[Field]) -> Header:
    """Return which column holds what; raise `NoHeader` when one is missing or named twice.

    A column with the field's own name wins over one with another name of it.
    """
    bare = [_ZONE.sub("", name) for name in names]
    places = {field.name: _places(field, bare) for field in fields}
    if missing := [f.name for f in fields if f.required and not places[f.name]]:
        raise NoHeader(f"There is no column {_list(missing)}.")
    if twice := [name for name, found in places.items() if len(found) > 1]:
        raise NoHeader(f"There is more than one column {_list(twice)}.")
    holds = {found[0]: name for name, found in places.items() if found}
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
        if found := [place for place, name in enumerate(names) if plain(name) in accepted]:
            return found
    return []


def _zone(names: Sequence[str]) -> ZoneInfo | None:
    marks = [mark[1] for name in names if (mark := _ZONE.search(name))]
    return next((zone for mark in marks if (zone := zones.find_zone(mark))), None)


def _list(names: Sequence[str]) -> str:
    return " or ".join(f"“{name}”" for name in names)
