"""What Excel would change is kept from it, all else is left alone, and all comes back."""

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.exports.formats.regions import wants_semicolons
from core.text.excel_texts import COMMA, SEMICOLON, Dialect, keep, restore

EVERYWHERE = """
007| 007 |123456789012|1234567890123456|1E5|1e5|1.5e-3|5%|5 %|€3|3 €|$5|(5)|( 5 )|($5)|(5%)
1 1/2|0 3/4|1-2|3/4|24/7|9-11|13/2|1 - 2|1/2/24|31/12/2024|2026-01-02|2026/1/2|2024-05|5-2024
2026-01-02 10:30|2026-01-02T10:30:00|10:30|100:20|10:30:45|10:30:45.123|0:75|10:30 PM|10 PM|3 am|3 a
MARCH1|SEPT2|DEC1|1dec|1-Mar|Mar-64|May 1968|12 dec 2026|5-May-24|2024-May-5|Jun 5 10:30
May 5, 2024|May 5 2024|5 May 2024 10:00|May 5, 2024 3 pm|TRUE|false|#N/A|#REF!|#DIV/0!|#NAME?
=1|+1|-1|@a| =1+1|\uff1d1|- a list|1.50|.5|5.
"""
WITH_COMMAS = "1,000|1,234,567.89|(1,234)|$1,000.50|2024年5月5日|5月5日 10:30"
WITH_SEMICOLONS = """
3,5|1.234,56|1 234|1 234,5 €|5 kr|1.2|1.2.2024|31.12.|31.12.2024 10:30|5. Mai 2024|12 März|3. Okt.
1 janvier|5 mai 2024|14 févr.|5 maggio 2024|AGO2|5 de mayo de 2024|MEI1|6 maja|5 maj 2024|wahr|VRAI
FALSO|#NV|#BEZUG!|#VALEUR!|#RIF!|(1,5)|1,5%|2,5e3
"""
NOWHERE = """
123|3 lamps|Marker 12|Mario 64|3 Novels|Marseille 01|6 Martie|May Lee|march on|dec|a-1|1st floor
10 m|true blue|50/50|20/20|555-1234|1-800-555-1234|14 July 1789|192.168.1.1|May|Sunday|2PM|Decade 5
12 Monkeys|Room 101|#hashtag|1,2,3|24-7-365|12e|E5|1920-1930|7 Seconds|3 ambulances|(five)|()
Janet 5|5 Junebugs|Maya 12|Sept-Îles|May 2nd|May 123|May 1, 1850|Ann ;-)|a ;-( b|a,-b|Lunch, @ann
x;=1|'|13-45|32/13|99-99|Apr.|Apollo 13|3:10 to Yuma|Fahrenheit 451|1984: a novel|Catch-22|K-19|4'33
''|'a|Mayday
"""
INSIDE = [
    ("a;=HYPERLINK(1)", "a;'=HYPERLINK(1)"),
    ("a, +cmd|' /C calc'!A0", "a, '+cmd|' /C calc'!A0"),
    ('a\n"@SUM(1)', "a\n\"'@SUM(1)"),
    ("a\t'=f(1)", "a\t''=f(1)"),
]
PIECES = st.sampled_from([*"',;\t\n\"=+-@(|!1a /.:", "May", "=f(", "'=f(", "10:30"])
TEXTS = st.one_of(st.lists(PIECES, max_size=12).map("".join), st.text(max_size=20))


def cases(lines: str) -> list[str]:
    """The texts between the bars."""
    return [text for line in lines.strip().split("\n") for text in line.split("|")]


def kept(text: str, dialect: Dialect) -> str:
    """What stands in the file."""
    return str(pl.DataFrame({"text": [text]}).select(keep(pl.col("text"), dialect)).item())


@pytest.mark.parametrize("text", cases(EVERYWHERE) + cases(WITH_COMMAS))
def test_what_excel_would_change_is_kept(text: str) -> None:
    assert kept(text, COMMA) == f"'{text}"


@pytest.mark.parametrize("text", cases(EVERYWHERE) + cases(WITH_SEMICOLONS))
def test_what_excel_would_change_where_decimals_have_a_comma_is_kept(text: str) -> None:
    assert kept(text, SEMICOLON) == f"'{text}"


@pytest.mark.parametrize("text", cases(NOWHERE))
def test_what_excel_leaves_alone_is_left_alone(text: str) -> None:
    assert kept(text, COMMA) == text


@pytest.mark.parametrize("text", [t for t in cases(NOWHERE) if t != "1,2,3"])
def test_what_no_region_changes_is_left_alone_with_semicolons(text: str) -> None:
    assert kept(text, SEMICOLON) == text


@pytest.mark.parametrize(("text", "file"), INSIDE)
def test_no_formula_begins_where_another_separator_would_split(text: str, file: str) -> None:
    assert (kept(text, COMMA), kept(text, SEMICOLON)) == (file, file)


@pytest.mark.parametrize("dialect", [COMMA, SEMICOLON])
@given(st.lists(st.one_of(TEXTS, st.sampled_from(cases(EVERYWHERE + WITH_COMMAS))), max_size=20))
def test_all_comes_back(dialect: Dialect, texts: list[str]) -> None:
    frame = pl.DataFrame({"text": texts}, schema={"text": pl.String})
    file = frame.select(keep(pl.col("text"), dialect))
    assert file.select(restore(pl.col("text"), dialect)).equals(frame)
    twice = file.select(keep(pl.col("text"), dialect))
    assert twice.select(restore(pl.col("text"), dialect)).equals(file)


@pytest.mark.parametrize(
    ("locale", "semicolons"),
    [
        ("de-DE", True),
        ("de", True),
        ("fr-CA", True),
        ("it-IT", True),
        ("de-CH", True),
        ("pt-BR", True),
        ("sr-Latn-RS", True),
        ("es-ES", True),
        ("es-MX", False),
        ("es-419", False),
        ("en-ZA", True),
        ("en-US", False),
        ("ja-JP", False),
        ("", False),
        (None, False),
    ],
)
def test_the_locale_says_which_csv_excel_opens(locale: str | None, semicolons: bool) -> None:
    assert wants_semicolons(locale) is semicolons
