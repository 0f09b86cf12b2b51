"""The tests of hostile input use what those of pages and of the server use."""

from tests.dashboard.conftest import client, house, insider
from tests.pages.conftest import away, open_page, world

__all__ = ["away", "client", "house", "insider", "open_page", "world"]
