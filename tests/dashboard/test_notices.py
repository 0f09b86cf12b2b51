"""Notices: what people typed never becomes live."""

import pytest

from dashboard.notices import escape


@pytest.mark.parametrize(
    "text",
    ["[x](javascript:alert(1))", "**b** _i_ `c` $x$", ":material/delete:", ":red[x]", "<b>x</b>"],
)
def test_markdown_is_escaped(text: str) -> None:
    shown = escape(text)
    assert all(shown[i - 1] == "\\" for i, c in enumerate(shown) if c in "[]()*_`$<>:")


@pytest.mark.parametrize("text", ["a@b.com", "www.example.com", "https://example.com", ":smile:"])
def test_addresses_and_emoji_are_broken_up(text: str) -> None:
    assert text not in escape(text).replace("\\", "")


def test_words_stay_as_they_are() -> None:
    assert escape("Zoë owns 3 items") == "Zoë owns 3 items"
