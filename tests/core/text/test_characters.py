"""Characters: the one form in which texts are stored, and what cannot be stored."""

from unicodedata import is_normalized

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from core.text.characters import find_fault, is_visible, one_line, paragraphs, searched

FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467"
ENGLAND = "\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f"
# Texts in which odd characters are as likely as letters.
ODD = st.text(
    st.one_of(
        st.sampled_from(
            "aZ \n\r\t\x0b\x85\xa0\u2028\u3000\u200b\u200d\ufeff\u2060\u0301\u0327é\u3164"
        ),
        st.characters(codec="utf-8"),
    ),
    max_size=40,
)


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("Jose\u0301  Ve\u0301lez", "Jos\u00e9 V\u00e9lez"),
        ("\u00a0Ann\u00a0\u2003Lee\u200b ", "Ann Lee"),
        ("two\r\nlines\u2028three\tfour", "two lines three four"),
        ("\u5c71\u7530\u3000\u592a\u90ce", "\u5c71\u7530 \u592a\u90ce"),
        ("ann@\u2060example.\u2060com\ufeff", "ann@example.com"),
        (
            "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
            "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
        ),
        ("\u0936\u094d\u200d\u0930\u0940", "\u0936\u094d\u200d\u0930\u0940"),
        (FAMILY, FAMILY),
        (ENGLAND, ENGLAND),
        ("\u2764\ufe0f", "\u2764\ufe0f"),
    ],
)
def test_a_line_is_stored_in_one_form_with_its_joiners(typed: str, stored: str) -> None:
    assert one_line(typed) == stored


@given(ODD)
@example("e\ufeff\u0301")
def test_a_line_is_one_and_stays_as_it_is(text: str) -> None:
    line = one_line(text)
    assert one_line(line) == line
    assert is_normalized("NFC", line)
    assert line.splitlines() in ([line], [])
    assert "  " not in line
    assert line == line.strip()


@given(ODD)
def test_paragraphs_keep_their_line_breaks_as_lf(text: str) -> None:
    stored = paragraphs(text)
    assert paragraphs(stored) == stored
    assert is_normalized("NFC", stored)
    assert not set("\r\t\x0b\x85\u2028") & set(stored)
    assert paragraphs("a\r\nb\rc\n\u2029d") == "a\nb\nc\n\nd"


@pytest.mark.parametrize(
    "nothing",
    [
        *("\u200b", "\u200d\u200c", "\u3164", "\u2800", "\u115f\u1160", "\ufe0f", "\u00ad"),
        *("\uffa0", "\u180b", "\u2063", "\u200f", "\U000e0041", "\U000e0100"),
    ],
)
def test_what_draws_nothing_is_not_visible_and_not_searched(nothing: str) -> None:
    assert not is_visible(nothing)
    assert not is_visible(f" {nothing} ")
    assert searched(nothing) == ""
    assert is_visible(f"{nothing}a")


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("a\x00", "NUL"),
        ("a\ud800", "unpaired surrogate"),
        ("a\x1b[31m", "(U+001B)"),
        ("a\x9f", "(U+009F)"),
        ("a\ufffe", "U+FFFE, which is not a character"),
        ("a\ufdd0", "U+FDD0"),
        ("a\U0010ffff", "U+10FFFF"),
        ("abc\u202egpj.exe", "(U+202E)"),
        ("a\u202db\u202c", "(U+202D)"),
        ("a\u2067b", "(U+2067)"),
        ("a\u2069b", "(U+2069)"),
        ("\u2067a\n\u2069", "(U+2067)"),
        ("\u2066a\u202c", "(U+202C)"),
    ],
)
def test_what_nobody_types_on_purpose_is_refused_by_its_name(text: str, named: str) -> None:
    assert named in (find_fault(text) or "")


@pytest.mark.parametrize(
    "text", ["", "a\tb\r\nc", "\u2067\u05d0\u2069 b", "\u202aa\u202c", FAMILY, "\u200f"]
)
def test_what_people_write_has_no_fault(text: str) -> None:
    assert find_fault(text) is None


@pytest.mark.parametrize(
    ("copied", "looked_for"),
    [
        ("ann@\u2060example.\u2060com", "ann@example.com"),
        ("\ufeff Ann\u00a0\u00a0Lee\u200b", "Ann Lee"),
        ("\u202aann\u202c", "ann"),
        ("a\x00b\ud800", "ab"),
        (
            "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
            "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
        ),
    ],
)
def test_a_search_drops_what_came_along_unseen(copied: str, looked_for: str) -> None:
    assert searched(copied) == looked_for
