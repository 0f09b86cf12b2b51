"""Addresses: one form of each, and a warning of those that may be taken for another."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from core.actor import Actor
from core.db.engine import transaction
from core.errors import Invalid
from core.manage import users
from core.sign_in import throttle
from core.text.addresses import find_form, is_disguised, normalize_address, warn_of_lookalikes
from tests.conftest import make_user

FORMS = [
    "Ann.Lee@Exämple.com",
    "ann.lee@exa\u0308mple.com",
    "ａｎｎ．ｌｅｅ＠ｅｘäｍｐｌｅ．ｃｏｍ",
    "\u00a0ann.lee@\u2060exämple.\u200bcom\ufeff",
    "ann.lee@xn--exmple-cua.com",
    "\U0001d41ann.lee@exämple。com",
]


@pytest.mark.parametrize("form", FORMS)
def test_an_address_has_one_form(form: str) -> None:
    assert normalize_address(form) == find_form(form) == "ann.lee@exämple.com"
    assert throttle.account(form) == throttle.account("ann.lee@exämple.com")


@pytest.mark.parametrize("form", FORMS[1:])
def test_nobody_gets_the_address_of_another_in_another_form(system: Actor, form: str) -> None:
    made = make_user(system, FORMS[0])
    with pytest.raises(Invalid, match="has this address already"):
        make_user(system, form)
    with transaction() as db:
        found = users.find_by_email(db, form)
        assert found
        assert found.id == made.id


@given(st.text(max_size=60))
@example("\x00\x85ann")  # a blank that is outer when the NUL has gone
@example("a\x00\u0301")  # an accent that then joins its letter
@example("J\u030c")  # and one that joins the small letter only
def test_any_text_has_a_form_that_can_be_looked_for(text: str) -> None:
    form = find_form(text)
    assert find_form(form) == form
    assert not set("\x00\ud800\udfff") & set(form)


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("\u0430nn@example.com", "Cyrillic and Latin letters"),
        ("ann@ex\u0430mple.com", "Cyrillic and Latin letters"),
        ("\u03bfmar@example.com", "Greek and Latin letters"),
        ("a\u0570n@example.com", "Armenian and Latin letters"),
        ("\u0430.smith@example.com", ": “\u0430” is Cyrillic. It"),
        ("\u0440\u0430\u0443@example.com", "written in Cyrillic letters that look like Latin"),
        ("ann@\u0441\u043e\u0441\u043e.com", "written in Cyrillic letters that look like Latin"),
    ],
)
def test_letters_of_several_scripts_are_warned_of(address: str, said: str) -> None:
    assert said in (warn_of_lookalikes(normalize_address(address)) or "")


@pytest.mark.parametrize(
    "address",
    [
        "ann+1@example.com",
        "jürgen.straße@exämple.de",
        "\u0438\u0432\u0430\u043d@example.com",
        "\u0438\u0432\u0430\u043d@\u043f\u0440\u0438\u043c\u0435\u0440.\u0440\u0444",
        "\u5c71\u7530taro@example.jp",
        "\u30e4\u30de\u30c0\u30fc@example.jp",
        "\u0645\u062d\u0645\u062f@example.com",
    ],
)
def test_one_script_or_those_written_together_need_no_warning(address: str) -> None:
    assert warn_of_lookalikes(normalize_address(address)) is None


def test_letters_that_only_look_plain_are_a_disguise() -> None:
    assert is_disguised("ａnn@example.com")
    assert is_disguised("mar\u212a@example.com")
    assert not is_disguised("Jürgen@exämple.de")
