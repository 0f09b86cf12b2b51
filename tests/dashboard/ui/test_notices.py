"""Notices: what people typed never becomes live."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.ui.notices import escape


@pytest.mark.parametrize(
    "text",
    ["[x](javascript:alert(1))", "**b** _i_ `c` $x$", ":material/delete:", ":red[x]", "<b>x</b>"],
)
def test_markdown_is_escaped(text: str) -> None:
    shown = whole(escape(text))
    assert all(shown[i - 1] == "\\" for i, c in enumerate(shown) if c in "[]()*_`$<>:")


@pytest.mark.parametrize(
    "text",
    ["a@b.com", "www.example.com", "https://example.com", ":smile:", "a -> b", "a <-> b", "a -- b"],
)
def test_what_would_live_is_in_pieces(text: str) -> None:
    assert text not in escape(text).replace("\\", "")


@given(st.text())
def test_nothing_is_added_to_what_is_copied(text: str) -> None:
    assert re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", whole(escape(text))) == text


def test_words_stay_as_they_are() -> None:
    assert escape("Zoë owns 3 items") == "Zoë owns 3 items"


def test_a_name_does_not_turn_the_rest_of_a_sentence() -> None:
    assert escape("\u202eann\u2066, 3 items") == "ann\\, 3 items"


def whole(text: str) -> str:
    """Return a text with its pieces put together."""
    return re.sub(r":color\[(\\.)\]", r"\1", text)
