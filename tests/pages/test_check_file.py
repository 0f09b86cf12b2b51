"""Check a file: which export it is, for whom that is told, and whether its numbers still hold."""

import hashlib
from zoneinfo import ZoneInfo

import pytest
from streamlit.testing.v1 import AppTest

from core.actor import Actor
from core.exports import export as exporting
from core.exports.catalog import QUESTIONS
from core.exports.export import Order
from core.exports.formats import FORMATS
from core.snapshots import reader
from dashboard import pictures
from etl import refresh
from tests.pages.conftest import Open, export, make_item, plain


def said(at: AppTest) -> str:
    """All that the page says."""
    texts = (*at.markdown, *at.success, *at.warning, *at.error)
    return plain("\n".join(element.value for element in texts))


@pytest.mark.parametrize("format", FORMATS)
def test_a_file_is_found_with_its_receipt(
    world: Actor, staff: Actor, open_page: Open, format: str
) -> None:
    sha256 = export(world, "items_by_user", format, q="ann", joined_from="2020-01-01")
    told = said(open_page(staff, "check_file", sha256=sha256.upper()))
    assert "This is an export of Items by user, unchanged since it left Tally." in told
    assert f"by {world.email}, no. " in told
    assert "joined_from: 2020-01-01, q: ann, zone: Asia/Kathmandu" in told
    assert "**Rows** 1" in told
    assert "The numbers are the same today." in told


def test_it_says_how_many_rows_have_changed(world: Actor, system: Actor, open_page: Open) -> None:
    whole, part = export(world, "items_by_user"), export(world, "items_by_user", q="cy")
    make_item(system, "ann@example.com", "One more")
    make_item(system, "staff@example.com", "The first")
    refresh.run(trigger="test")
    at = open_page(world, "check_file", sha256=whole)
    assert "The numbers have changed since: 2 rows differ." in said(at)
    assert "It had 3 rows, and has 4 today." in said(at)
    assert 'href="/items_by_user"' in at.main.html[-1].value
    # The rank of Cy is another one, and what Cy owns is not.
    assert "The numbers are the same today." in said(open_page(world, "check_file", sha256=part))


def test_it_says_when_the_rows_can_no_longer_be_told(
    world: Actor, system: Actor, open_page: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    sha256 = export(world, "items")
    make_item(system, "ann@example.com", "One more")
    refresh.run(trigger="test")
    monkeypatch.setattr(reader, "kept", list)
    told = said(open_page(world, "check_file", sha256=sha256))
    assert "It had 6 rows, and has 7 today. Which rows differ can no longer" in told


def test_what_is_not_from_here_is_said_so(world: Actor, open_page: Open) -> None:
    assert "byte for byte" in said(open_page(world, "check_file", sha256="0" * 64))
    assert "A SHA-256 has 64 digits" in said(open_page(world, "check_file", sha256="x"))


def test_staff_are_not_told_what_is_for_superusers(
    world: Actor, staff: Actor, open_page: Open
) -> None:
    sha256 = export(world, "users", q="ann")
    told = said(open_page(staff, "check_file", sha256=sha256))
    assert "what is in it is for superusers" in told
    assert world.email not in told
    assert "q: ann" in said(open_page(world, "check_file", sha256=sha256))


def test_what_broke_off_is_known_as_that(world: Actor, open_page: Open) -> None:
    question = QUESTIONS["items_by_user"]
    zone = ZoneInfo("UTC")
    order = Order(question, question.parse({}, zone), FORMATS["csv"], zone)
    parts = exporting.prepare(order, actor=world).parts()
    sent = next(parts)
    parts.close()
    told = said(open_page(world, "check_file", sha256=hashlib.sha256(sent).hexdigest()))
    assert "an export that broke off" in told


def test_a_picture_is_known_as_that(world: Actor, system: Actor, open_page: Open) -> None:
    order = pictures.read_order(
        "page_of_owners", pictures.FORMATS["svg"], {"least": "2", "page": "1"}
    )
    content = b"".join(exporting.prepare(order, actor=world).parts())
    sha256 = hashlib.sha256(content).hexdigest()
    told = said(open_page(world, "check_file", sha256=sha256))
    assert "This is a picture of Items owned by user, unchanged since it left Tally." in told
    assert "least: 2, page: 1" in told
    assert "The numbers are the same today." in told
    make_item(system, "ann@example.com", "One more")
    refresh.run(trigger="test")
    at = open_page(world, "check_file", sha256=sha256)
    assert "The numbers have changed since: 1 row differ." in said(at)
    assert 'href="/items_by_user?page=1&amp;least=2"' in at.main.html[-1].value
