"""The tests of hostile input use what those of pages and of the server use."""

from tests.dashboard.conftest import acme, client, house, insider, open_house, visitor
from tests.pages.conftest import away, open_page, world

__all__ = [
    "acme",
    "away",
    "client",
    "house",
    "insider",
    "open_house",
    "open_page",
    "visitor",
    "world",
]
