"""Items by user and Active users: what they are narrowed by, who moved, and what odd input gets."""

import pytest
from sqlalchemy import delete
from streamlit.testing.v1 import AppTest

from core.actor import Actor
from core.db.engine import transaction
from core.db.models import Item, User
from etl import refresh
from tests.pages.conftest import Open, choose, field, make_aged_item, make_item, plain, press, shown


def told(at: AppTest) -> str:
    return " ".join(caption.value for caption in at.main.caption)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"least": "2"}, ["ann", "bo"]),
        ({"most": "2"}, ["bo", "cy"]),
        ({"active": "no"}, ["cy"]),
        ({"active": "yes", "least": "3"}, ["ann"]),
        ({"joined_from": "2026-03-04"}, ["bo", "cy"]),
        ({"joined_until": "2026-03-03"}, ["ann"]),
        ({"q": "BO", "active": "yes"}, ["bo"]),
    ],
)
def test_the_address_narrows_the_owners(
    world: Actor, open_page: Open, query: dict[str, str], found: list[str]
) -> None:
    at = open_page(world, "items_by_user", **query)
    assert [email.split("@")[0] for email in shown(at)["email"]] == found
    users = "1 user" if len(found) == 1 else f"{len(found)} users"
    assert f"1 to {len(found)} of {users} with items" in told(at)


def test_what_narrows_is_left_out_again(world: Actor, open_page: Open) -> None:
    at = open_page(world, "items_by_user", least="2", active="yes")
    chips = [b.label for b in at.main.button if (b.key or "").startswith("chip-")]
    assert chips == ["At least 2 items", "Active"]
    press(at, "At least 2 items")
    assert "least" not in at.query_params
    assert shown(at)["item_count"].to_list() == [3, 2]
    press(at, "Clear all")
    assert shown(at)["item_count"].to_list() == [3, 2, 1]


def test_filters_are_typed_in_a_form_and_applied(world: Actor, open_page: Open) -> None:
    at = press(open_page(world, "items_by_user", q="example", active="yes"), "Filters (1)")
    field(at, "Items, at least").set_value(" 3 ")
    press(at, "Cancel")
    assert shown(at)["item_count"].to_list() == [3, 2]
    at = press(at, "Filters (1)")
    assert field(at, "Items, at least").value == ""
    field(at, "Items, at least").set_value("3")
    press(at, "Apply")
    assert not at.exception
    assert shown(at)["item_count"].to_list() == [3]
    assert {name: at.query_params[name] for name in ("q", "active", "least")} == {
        "q": "example",
        "active": "yes",
        "least": "3",
    }


def test_a_period_ranks_by_what_was_created_in_it(
    world: Actor, system: Actor, open_page: Open
) -> None:
    for hours, owner in ((1, "cy"), (2, "cy"), (24 * 8, "bo"), (24 * 40, "bo"), (24 * 41, "bo")):
        make_aged_item(system, hours, f"{owner}@example.com")
    refresh.run(trigger="manual")
    for period, expected in (("7d", {"cy": 2}), ("30d", {"cy": 2, "bo": 1})):
        at = open_page(world, "items_by_user", period=period)
        assert dict(zip(shown(at)["email"], shown(at)["item_count"], strict=True)) == {
            f"{name}@example.com": count for name, count in expected.items()
        }
    at = open_page(world, "active_users", period="90d")
    assert shown(at)["email"].to_list() == ["bo@example.com", "cy@example.com"]
    assert shown(at)["item_count"].to_list() == [3, 2]


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({"page": "9"}, "There is no page “9”, so this shows page 1"),
        ({"page": "last"}, "There is no page “last”"),
        ({"page": "-1"}, "so this shows page 1"),
        ({"least": "many"}, "“many” is no number of items"),
        ({"least": "3", "most": "1"}, "swapped"),
        ({"period": "8d"}, "so this shows the last 7 days"),
        ({"joined_from": "2026-02-31"}, "2026-02-28 was taken"),
        ({"active": "[x](javascript:alert(1))"}, "both are shown"),
    ],
)
def test_an_address_that_makes_no_sense_is_put_right_and_told(
    world: Actor, open_page: Open, query: dict[str, str], said: str
) -> None:
    at = open_page(world, "items_by_user", **query)
    assert not at.exception
    assert said in plain(told(at))


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({"period": "8d"}, "There is no period “8d”, so this shows the last 7 days"),
        ({"period": "ever"}, "so this shows all time"),
        ({"since": "77777"}, "There is no snapshot “77777” on disk"),
        ({"since": "yesterday"}, "There is no snapshot “yesterday” on disk"),
    ],
)
def test_active_users_put_an_address_right_and_tell(
    world: Actor, system: Actor, open_page: Open, query: dict[str, str], said: str
) -> None:
    make_item(system, "bo@example.com", "more")
    refresh.run(trigger="manual")
    at = open_page(world, "active_users", **query)
    assert not at.exception
    assert said in plain(told(at))
    assert at.dataframe or any("No items were created" in m.value for m in at.markdown)


def test_a_click_opens_the_items_of_the_owner(world: Actor, open_page: Open) -> None:
    at = choose(open_page(world, "items_by_user"), 1)
    assert not at.exception
    assert shown(at)["owner"].to_list() == ["bo@example.com"] * 2
    assert any("Items of" in (b.label or "") for b in at.main.button)


def test_an_owner_deleted_since_the_snapshot_is_told(world: Actor, open_page: Open) -> None:
    at = open_page(world, "items_by_user")
    with transaction() as db:
        db.execute(delete(User).where(User.email == "bo@example.com"))
    at = choose(at, 1)
    assert not at.exception
    assert any("does not exist any more" in m.value for m in at.markdown)
    assert shown(open_page(world, "active_users"))["email"].to_list()[1] == "bo@example.com"


def test_who_moved_since_an_earlier_snapshot(world: Actor, system: Actor, open_page: Open) -> None:
    for _ in range(3):
        make_item(system, "bo@example.com", "more")
    make_item(system, "root@example.com", "first")
    with transaction() as db:
        cy = db.query(User).filter_by(email="cy@example.com").one().id
        db.execute(delete(Item).where(Item.owner_id == cy))
    refresh.run(trigger="manual")
    at = open_page(world, "active_users")
    assert shown(at)["email"].str.split("@").str[0].to_list() == ["bo", "ann", "root"]
    assert shown(at)["moved"].to_list() == ["▲ up 1", "▼ down 1", "new"]
    dropped = at.dataframe[1].value
    assert dropped[["was", "now", "email"]].to_numpy().tolist() == [
        [3, "not among the first 100", "cy@example.com"]
    ]


def test_the_earlier_snapshot_is_chosen_by_the_address(
    world: Actor, system: Actor, open_page: Open
) -> None:
    make_item(system, "cy@example.com", "second")
    middle = refresh.run(trigger="manual").generation
    for _ in range(3):
        make_item(system, "cy@example.com", "more")
    refresh.run(trigger="manual")
    at = open_page(world, "active_users", since=str(middle))
    assert shown(at)["moved"].to_list()[0] == "▲ up 2"
    assert [o.split(" ")[0] for o in at.selectbox[0].options] == ["Since", "Since"]


def test_where_nobody_owned_anything_nobody_is_new(
    system: Actor, superuser: Actor, open_page: Open
) -> None:
    refresh.run(trigger="manual")
    make_item(system, superuser.email, "the first")
    refresh.run(trigger="manual")
    at = open_page(superuser, "active_users")
    assert shown(at)["item_count"].to_list() == [1]
    assert "moved" not in shown(at).columns
    assert "so there is nothing to compare with" in told(at)


def test_without_an_earlier_snapshot_nothing_moved(world: Actor, open_page: Open) -> None:
    at = open_page(world, "active_users")
    assert "moved" not in shown(at).columns
    assert "There is no earlier snapshot on disk to compare with yet." in told(at)
