"""The Items page: found, created, changed, deleted and brought back, and nothing typed is lost."""

from sqlalchemy import func, select
from streamlit.testing.v1 import AppTest

from core.actor import Actor
from core.db.engine import transaction
from core.db.models import AuditEvent, Item
from core.manage import items
from tests.pages.conftest import Away, Open, choose, field, make_item, plain, press, say, shown


def said(at: AppTest) -> str:
    """Return the small texts of the page."""
    return plain(" ".join(caption.value for caption in at.main.caption))


def test_the_list_shows_the_newest_first_with_their_owners(
    staff: Actor, system: Actor, open_page: Open
) -> None:
    make_item(system, "staff@example.com", "First")
    make_item(system, "staff@example.com", "[x](javascript:alert(1))")
    at = open_page(staff, "items")
    table = shown(at)
    assert table["title"].to_list() == ["[x](javascript:alert(1))", "First"]
    assert table["owner"].to_list() == ["staff@example.com"] * 2
    assert at.main.caption[-1].value == "1 to 2 of 2 items"


def test_without_items_the_page_says_how_to_make_one(staff: Actor, open_page: Open) -> None:
    at = open_page(staff, "items")
    assert [m.value for m in at.markdown if "no items" in m.value] == [
        "**There are no items yet.**"
    ]


def test_a_search_in_the_address_narrows_the_list(
    staff: Actor, system: Actor, open_page: Open
) -> None:
    make_item(system, "staff@example.com", "Red lamp")
    make_item(system, "staff@example.com", "Blue lamp")
    at = open_page(staff, "items", q="red")
    assert shown(at)["title"].to_list() == ["Red lamp"]
    at.text_input(key="q").set_value("%").run()
    assert not at.dataframe
    assert any("Nothing matches" in m.value for m in at.markdown)


def test_pages_go_to_the_last_row(staff: Actor, system: Actor, open_page: Open) -> None:
    with transaction() as db:
        for number in range(101):
            items.create_item(
                db, actor=system, values={"title": f"Item {number}", "owner_email": staff.email}
            )
    at = open_page(staff, "items", page="3")
    assert shown(at)["title"].to_list() == ["Item 0"]
    assert at.main.caption[-1].value.startswith("101 to 101 of 101 items. Sorting and search")
    at.pagination[0].set_value(2).run()
    assert shown(at)["title"].to_list()[0] == "Item 50"
    at.text_input(key="q").set_value("Item 7").run()
    assert shown(at)["title"].to_list()[0] == "Item 97", "which has both words"


def test_a_page_past_the_end_is_the_last_one(staff: Actor, system: Actor, open_page: Open) -> None:
    make_item(system, "staff@example.com", "Only")
    for address in ("7", "-3", "x", "99999999999999999999"):
        at = open_page(staff, "items", page=address)
        assert not at.exception
        assert shown(at)["title"].to_list() == ["Only"]
        assert f"There is no page “{address}”, so this shows page 1." in said(at)


def test_an_owner_that_is_no_number_is_everybody(
    staff: Actor, system: Actor, open_page: Open
) -> None:
    make_item(system, "staff@example.com", "Only")
    at = open_page(staff, "items", owner="me")
    assert shown(at)["title"].to_list() == ["Only"]
    assert "“me” is no user id, so this is about all users." in said(at)


def test_an_item_is_created(staff: Actor, open_page: Open) -> None:
    at = press(open_page(staff, "items"), "New item")
    field(at, "Title").set_value(" Lamp ")
    field(at, "Owner's e-mail address").set_value("STAFF@example.com")
    press(at, "Create")
    assert not at.exception
    assert say(at) == ["The item was created."]
    assert shown(at)["title"].to_list() == ["Lamp"]
    with transaction() as db:
        event = db.scalars(select(AuditEvent).where(AuditEvent.action == "item.create")).one()
    assert (event.actor, event.address) == (staff.email, "127.0.0.1")


def test_errors_stand_below_their_fields_and_nothing_typed_is_lost(
    staff: Actor, open_page: Open
) -> None:
    at = press(open_page(staff, "items"), "New item")
    field(at, "Title").set_value("x" * 300)
    field(at, "Owner's e-mail address").set_value("nobody@example.com")
    field(at, "Description (optional)").set_value("Kept")
    press(at, "Create")
    assert [m.value for m in at.markdown if m.value.startswith(":red")] == [
        ":red[:small[:material/error: Use at most 255 characters\\; this has 300\\.]]",
    ]
    assert field(at, "Title").value == "x" * 300
    assert field(at, "Description (optional)").value == "Kept"
    field(at, "Title").set_value("Short")
    press(at, "Create")
    assert any("No user has this address" in m.value for m in at.markdown)
    assert count() == 0


def test_an_item_is_changed(staff: Actor, system: Actor, open_page: Open) -> None:
    item = make_item(system, "staff@example.com", "Lamp")
    at = press(choose(open_page(staff, "items"), 0), "Edit")
    assert field(at, "Title").value == "Lamp"
    field(at, "Title").set_value("Lantern")
    press(at, "Save changes")
    assert say(at) == ["The item was saved."]
    assert get(item.id).title == "Lantern"


def test_a_conflict_shows_both_and_mine_may_win(
    staff: Actor, system: Actor, open_page: Open
) -> None:
    item = make_item(system, "staff@example.com", "Lamp")
    at = conflict(open_page(staff, "items"), system, item)
    assert [t.value for t in at.text][-2:] == ["Mine", "Theirs"]
    assert "**Title**" in [m.value for m in at.markdown]
    press(at, "Save mine over it")
    assert not at.exception
    assert say(at) == ["The item was saved."]
    assert (get(item.id).title, get(item.id).version) == ("Mine", 3)


def test_a_conflict_shows_both_and_theirs_may_win(
    staff: Actor, system: Actor, open_page: Open
) -> None:
    item = make_item(system, "staff@example.com", "Lamp")
    at = conflict(open_page(staff, "items"), system, item)
    press(at, "Use theirs")
    assert field(at, "Title").value == "Theirs"
    field(at, "Title").set_value("Theirs, and more")
    press(at, "Save changes")
    assert get(item.id).title == "Theirs, and more"


def test_a_conflict_can_be_left_and_nothing_is_saved(
    staff: Actor, system: Actor, open_page: Open
) -> None:
    item = make_item(system, "staff@example.com", "Lamp")
    at = press(conflict(open_page(staff, "items"), system, item), "Cancel")
    assert not at.exception
    assert not [f for f in at.text_input if f.label == "Title"]
    assert (get(item.id).title, get(item.id).version) == ("Theirs", 2)
    press(choose(at, 0), "Edit")
    assert field(at, "Title").value == "Theirs"


def test_a_deleted_item_can_be_brought_back(staff: Actor, system: Actor, open_page: Open) -> None:
    item = make_item(system, "staff@example.com", "Lamp")
    at = press(choose(open_page(staff, "items"), 0), "Delete")
    assert "Lamp" in [t.value for t in at.text]
    press(at, "Delete item")
    assert count() == 0
    assert "Deleted: Lamp" in [t.value for t in at.text]
    press(at, "Undo")
    assert say(at) == ["The item is back."]
    assert get(item.id).title == "Lamp"
    assert not [b for b in at.button if b.label == "Undo"]


def test_a_deletion_is_asked_again_of_an_item_that_somebody_changed(
    staff: Actor, system: Actor, open_page: Open
) -> None:
    item = make_item(system, "staff@example.com", "Lamp")
    at = press(choose(open_page(staff, "items"), 0), "Delete")
    with transaction() as db:
        items.update_item(db, actor=system, item_id=item.id, version=1, values={"title": "Theirs"})
    press(at, "Delete item")
    assert count() == 1, "nobody has seen what it is now"
    assert "Theirs" in [t.value for t in at.text]
    assert any("changed this item meanwhile" in w.value for w in at.warning)
    press(at, "Delete item")
    assert count() == 0
    press(at, "Undo")
    assert get(item.id).title == "Theirs"


def test_a_choice_does_not_carry_over_to_another_row(
    staff: Actor, system: Actor, open_page: Open
) -> None:
    make_item(system, "staff@example.com", "Lamp")
    at = choose(open_page(staff, "items"), 0)
    make_item(system, "staff@example.com", "Newer")
    at.run()
    assert next(b for b in at.button if b.label == "Edit").disabled


def test_away_from_the_database_nothing_is_saved_and_nothing_lost(
    staff: Actor, open_page: Open, away: Away
) -> None:
    at = press(open_page(staff, "items"), "New item")
    field(at, "Title").set_value("Lamp")
    field(at, "Owner's e-mail address").set_value(staff.email)
    with away():
        press(at, "Create")
        assert not at.exception
        assert any("Nothing was saved" in w.value for w in at.warning)
        assert field(at, "Title").value == "Lamp"
        at.run()
        assert field(at, "Title").value == "Lamp"
    press(at, "Create")
    assert count() == 1


def test_a_right_that_was_lost_meanwhile_is_refused(
    staff: Actor, system: Actor, open_page: Open
) -> None:
    at = press(open_page(staff, "items"), "New item")
    field(at, "Title").set_value("Lamp")
    field(at, "Owner's e-mail address").set_value(staff.email)
    with transaction() as db:
        from core.manage import users

        users.update_user(
            db, actor=system, user_id=staff.id or 0, version=1, values={"is_active": False}
        )
    press(at, "Create")
    assert any("Only active staff" in e.value for e in at.error)
    assert count() == 0


def conflict(at: AppTest, system: Actor, item: Item) -> AppTest:
    """Type a change while somebody else saves another one, and press Save."""
    press(choose(at, 0), "Edit")
    field(at, "Title").set_value("Mine")
    with transaction() as db:
        items.update_item(db, actor=system, item_id=item.id, version=1, values={"title": "Theirs"})
    press(at, "Save changes")
    assert not at.exception
    return at


def get(item_id: int) -> Item:
    with transaction() as db:
        return db.get_one(Item, item_id)


def count() -> int:
    with transaction() as db:
        return db.scalar(select(func.count()).select_from(Item)) or 0
