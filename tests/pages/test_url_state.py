"""What stands in the address: read by the run, changed by widgets, never lost to a slow browser."""

from core.actor import Actor
from core.settings import ROOT
from tests.pages.conftest import Open, field


def test_the_address_decides_what_fields_show(world: Actor, open_page: Open) -> None:
    at = open_page(world, "items", q="ann")
    assert field(at, "Search items").value == "ann"
    at.query_params.clear()
    at.run()
    assert field(at, "Search items").value == ""


def test_what_is_typed_stands_in_the_address_without_blanks(world: Actor, open_page: Open) -> None:
    at = open_page(world, "items", page="1")
    field(at, "Search items").set_value("  ann ").run()
    assert dict(at.query_params) == {"q": "ann"}
    assert field(at, "Search items").value == "ann"


def test_a_button_pressed_before_the_browser_knows_the_new_address_loses_nothing(
    world: Actor, open_page: Open
) -> None:
    at = open_page(world, "items_by_user")
    field(at, "Search users").set_value("example").run()
    at.query_params.clear()  # as the browser sends it that has not heard of it yet
    at.radio(key="period").set_value("90d").run()
    assert dict(at.query_params) == {"q": "example", "period": "90d"}
    assert field(at, "Search users").value == "example"


def test_another_page_begins_without_the_search(world: Actor, open_page: Open) -> None:
    at = open_page(world, "items")
    field(at, "Search items").set_value("ann").run()
    at.query_params.clear()
    at.switch_page(str(ROOT / "pages/users.py")).run()
    assert dict(at.query_params) == {}
    assert field(at, "Search users").value == ""


def test_a_choice_that_there_is_not_is_said(world: Actor, open_page: Open) -> None:
    at = open_page(world, "audit", outcome="maybe")
    assert any("There is no “maybe” for outcome" in caption.value for caption in at.caption)
    assert at.selectbox(key="outcome").value == "all"


def test_what_is_left_out_leaves_the_rest_and_begins_at_the_first_page(
    world: Actor, open_page: Open
) -> None:
    at = open_page(world, "items", owner="3", q="ann", page="1")
    at.button(key="chip-owner").click().run()
    assert dict(at.query_params) == {"q": "ann"}
