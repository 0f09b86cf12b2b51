"""The export menu: what people need comes first."""

import pytest

from core.exports.formats import FORMATS
from dashboard.exports import menu


@pytest.mark.parametrize(
    ("locale", "first"),
    [("de-DE", "semicolon.csv"), ("fr", "semicolon.csv"), ("en-GB", "csv"), (None, "csv")],
)
def test_the_csv_that_the_readers_excel_opens_comes_first(locale: str | None, first: str) -> None:
    names = [each.name for each in menu.in_order(locale)]
    assert names[0] == first
    assert sorted(names) == sorted(FORMATS)
    assert {"csv", "semicolon.csv"} == set(names[:2])
