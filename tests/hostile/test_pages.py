"""What hostile people type and put into addresses: shown and looked for as text, or clamped."""

import pytest
from streamlit.testing.v1 import AppTest

from core.actor import Actor
from core.db.engine import transaction
from core.db.models import User
from core.manage import users
from core.manage.users import find_by_email
from etl import refresh
from tests.conftest import make_user
from tests.pages.conftest import Open, choose, field, make_item, press, shown

IMAGE = "<img src=x onerror=alert(1)>"
TITLES = [
    "[x](javascript:alert(1))",
    ":material/home:",
    "$\\href{http://evil.example}{x}$",
    "![](http://evil.example/p.png)",
]
LISTS = ["items_by_user", "items", "users", "audit"]
PAGES = ["overview", "items_by_user", "active_users", "items", "users", "refreshes", "audit"]
SQL = '\'; drop table "user"; --'


@pytest.fixture
def evil(system: Actor, superuser: Actor) -> Actor:
    """Users and items with hostile names, in a snapshot; returns a superuser of such a name."""
    for number, name in enumerate([IMAGE, *TITLES, SQL, "=cmd|' /C calc'!A0"]):
        make_user(system, f"evil{number}@example.com", full_name=name)
        make_item(system, f"evil{number}@example.com", name)
    with transaction() as db:
        values = {"full_name": IMAGE}
        users.update_user(db, actor=system, user_id=superuser.id or 0, version=1, values=values)
    refresh.run(trigger="manual", requested_by=superuser.email)
    return Actor(id=superuser.id, email=superuser.email, full_name=IMAGE, is_superuser=True)


def live(at: AppTest) -> list[str]:
    """All that a page shows through Markdown, where links, icons, pictures and formulas live."""
    texts = [*at.markdown, *at.caption, *at.warning, *at.error, *at.info, *at.success, *at.toast]
    titles = [*at.title, *at.header, *at.subheader]
    return [*(each.value for each in [*texts, *titles]), *(b.label for b in at.button)]


@pytest.mark.parametrize("name", [*PAGES, "account"])
def test_what_is_typed_is_never_live(evil: Actor, open_page: Open, name: str) -> None:
    at = open_page(evil, name)
    assert not at.exception
    for text in live(at):
        for hostile in (IMAGE, *TITLES):
            assert hostile not in text
    html = [e.proto.body for e in at.get("html")]
    assert not any("evil" in body or "onerror" in body for body in html)


@pytest.mark.parametrize("hostile", [IMAGE, *TITLES])
def test_a_title_is_shown_as_it_was_typed(evil: Actor, open_page: Open, hostile: str) -> None:
    at = open_page(evil, "items", q=hostile)
    assert shown(at)["title"].to_list() == [hostile]
    at = press(choose(at, 0), "Delete")
    assert hostile in [t.value for t in at.text]
    at = press(at, "Delete item")
    assert not any(hostile in text for text in live(at))


@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize(
    ("search", "matches"),
    [("%", 0), ("_", 0), ("\\href", 1), (SQL, 1), ("\x00", None), ("'", None)],
)
def test_a_search_is_literal(
    evil: Actor, open_page: Open, name: str, search: str, matches: int | None
) -> None:
    at = open_page(evil, name, q=search)
    assert not at.exception
    assert not at.error
    if matches is not None and name != "audit":  # the audit also holds what searches found
        assert (len(shown(at)) if at.dataframe else 0) == matches
    with transaction() as db:
        assert find_by_email(db, "evil0@example.com")


@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize(
    "page", ["-1", "0", "NaN", "1e3", "1000000000000", "9" * 40, "", "x", "1;2"]
)
def test_a_page_out_of_range_is_clamped(evil: Actor, open_page: Open, name: str, page: str) -> None:
    at = open_page(evil, name, page=page)
    assert not at.exception
    assert not at.error
    assert len(shown(at)) > 0


def test_a_nul_in_a_form_is_named_below_its_field(evil: Actor, open_page: Open) -> None:
    at = press(open_page(evil, "items"), "New item")
    field(at, "Title").set_value("a\x00b")
    at = press(at, "Create")
    assert not at.exception
    assert any("NUL" in m.value for m in at.markdown)


def test_nothing_was_executed(evil: Actor) -> None:
    with transaction() as db:
        names = [user.full_name for user in db.query(User).order_by(User.id)]
    assert names.count(IMAGE) == 2
    assert SQL in names
