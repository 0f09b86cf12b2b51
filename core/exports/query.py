"""Reads export orders from the query parameters of an address."""

from collections.abc import Mapping
from zoneinfo import ZoneInfo

from core.calendar import zones
from core.errors import Invalid
from core.exports.dataset import Question
from core.exports.export import Order
from core.exports.formats import Format
from core.exports.parameters import Filters

EMPTY = "Give a value, or leave it out."


def read_order(question: Question, format: Format, query: Mapping[str, str]) -> Order:
    """Return the order for a dataset with query parameters; raise `Invalid`."""
    filters, zone = read_filters(question, query)
    return Order(question, filters, format, zone)


def read_filters(question: Question, query: Mapping[str, str]) -> tuple[Filters, ZoneInfo]:
    """Return a dataset's filters and the reader's zone from query parameters; raise `Invalid`."""
    zone = zones.read_zone(query.get(zones.FIELD, "UTC"))
    parameters = {name: value for name, value in query.items() if name != zones.FIELD}
    # Empty values are refused: a script with an unset variable would get everything unnoticed.
    if empty := [name for name, value in parameters.items() if not value and name != "q"]:
        raise Invalid(dict.fromkeys(empty, EMPTY))
    return question.parse(parameters, zone), zone
