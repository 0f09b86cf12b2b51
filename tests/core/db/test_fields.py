"""Fields: what is accepted, what is refused, and in which words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from core.db.fields import Email, FullName, Password, Title, parse
from core.errors import Invalid
from core.text.characters import find_fault, is_visible, one_line


class Sample(BaseModel):
    email: Email = ""
    name: FullName = None
    title: Title = ""
    password: Password | None = None


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        (" Ann@Example.COM ", "ann@example.com"),
        ("jürgen@exämple.de", "jürgen@exämple.de"),
        ("ops@tally.local", "ops@tally.local"),
        ("root@localhost", "root@localhost"),
    ],
)
def test_addresses_are_kept_in_one_form(typed: str, stored: str) -> None:
    assert parse(Sample, {"email": typed}).email == stored


@pytest.mark.parametrize(
    "typed", ["", "ann", "ann@", "@b.c", "a b@c.d", "a@b..c", "Ann <ann@b.c>", "x" * 250 + "@b.cd"]
)
def test_what_is_no_address_is_refused(typed: str) -> None:
    with pytest.raises(Invalid) as refused:
        parse(Sample, {"email": typed})
    assert list(refused.value.fields) == ["email"]


@pytest.mark.parametrize(
    ("length", "accepted"), [(9, False), (10, True), (128, True), (129, False)]
)
def test_password_length(length: int, accepted: bool) -> None:
    if accepted:
        assert parse(Sample, {"password": "p" * length}).password == "p" * length
        return
    with pytest.raises(Invalid, match="10 to 128"):
        parse(Sample, {"password": "p" * length})


def test_a_password_is_taken_as_typed() -> None:
    assert parse(Sample, {"password": "  spaces count  "}).password == "  spaces count  "


@pytest.mark.parametrize("typed", [None, "", "   "])
def test_an_empty_name_is_none(typed: str | None) -> None:
    assert parse(Sample, {"name": typed}).name is None


@pytest.mark.parametrize("field", ["title", "name"])
@pytest.mark.parametrize("typed", ["\u200b", " \u3164 ", "\u2800", "\ufe0f", "\U000e0041"])
def test_a_text_that_cannot_be_seen_is_refused(field: str, typed: str) -> None:
    with pytest.raises(Invalid, match="only characters that cannot be seen"):
        parse(Sample, {field: typed})


@given(st.text(max_size=400))
def test_any_text_is_accepted_in_its_one_form_or_refused_by_field(text: str) -> None:
    stored = one_line(text)
    if is_visible(text) and find_fault(text) is None and len(stored) <= 255:
        assert parse(Sample, {"title": text}).title == stored
        return
    with pytest.raises(Invalid) as refused:
        parse(Sample, {"title": text})
    assert list(refused.value.fields) == ["title"]


@pytest.mark.parametrize("value", [7, ["x"], {"a": 1}, True, b"\xff"])
def test_what_is_not_text_is_refused(value: object) -> None:
    with pytest.raises(Invalid):
        parse(Sample, {"title": value})
