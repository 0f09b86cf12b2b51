"""Everyday files are taken as people make them, and what was left out of them is said."""

import codecs
import io
import json
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from zipfile import ZipFile

import openpyxl
import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from xlsxwriter import Workbook

from core.manage.import_lines import USERS
from core.manage.readers import BadFiles, Field, Problems, as_text, read
from core.manage.readers.encodings import UTF8, WINDOWS, find_encoding

PLAIN = "email,full_name\nann@example.com,Zoë Ruiz\nbo@example.com,\n"
EXPECTED = [("ann@example.com", "Zoë Ruiz"), ("bo@example.com", "")]


def taken(
    folder: Path, content: bytes | str, fields: tuple[Field, ...] = USERS.fields
) -> tuple[list[tuple[str, str]], list[str]]:
    """The addresses and names of a file, and the warnings; raises `BadFiles`."""
    path = folder / "users.csv"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    problems = Problems()
    records = list(read(path, fields, problems, lambda _: None))
    problems.refuse_any()
    found = [(as_text(r.cells.get("email")), as_text(r.cells.get("full_name"))) for r in records]
    return found, problems.warnings


def sheets(**content: Iterable[Iterable[object]]) -> bytes:
    """A workbook with these sheets."""
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for name, rows in content.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        PLAIN,
        PLAIN.replace(",", ";"),
        PLAIN.replace(",", "\t"),
        PLAIN.replace(",", "|"),
        "sep=;\r\n" + PLAIN.replace(",", ";"),
        '"sep=\t"\n' + PLAIN.replace(",", "\t"),
        PLAIN.replace("\n", "\r\n"),
        PLAIN.replace("\n", "\r"),
        "\ufeff" + PLAIN,
        codecs.BOM_UTF16_LE + PLAIN.encode("utf-16-le"),
        codecs.BOM_UTF16_BE + PLAIN.encode("utf-16-be"),
        PLAIN.encode("utf-16-le"),
        PLAIN.encode("utf-16-be"),
        codecs.BOM_UTF16_LE + PLAIN.replace(",", "\t").encode("utf-16-le"),
        PLAIN.replace("email,full_name", "Email,Full_Name"),
        PLAIN.replace("email,full_name", "E-Mail,Full name"),
        PLAIN.replace("email,full_name", " EMAIL , Name "),
        PLAIN.replace("email,full_name", '"e-mail address","Display-Name"'),
        PLAIN.replace("\n", ",,\n"),
        PLAIN.replace("\n", "\n,,\n \t,\n\n"),
        "\n\n,\n" + PLAIN,
        "full_name,email\nZoë Ruiz,ann@example.com\n,bo@example.com\n",
        '[\n{"email":"ann@example.com","full_name":"Zoë Ruiz"},\n{"email":"bo@example.com"}\n]\n',
        '{"email":"ann@example.com","full_name":"Zoë Ruiz"}\n{"email":"bo@example.com"}\n',
        json.dumps([{"email": e, "full_name": n or None} for e, n in EXPECTED], indent=2),
        sheets(People=[["E-Mail", "Name", None], *map(list, EXPECTED), [None, None]]),
        sheets(Notes=[["Of 2026"]], People=[["email", "full_name"], *map(list, EXPECTED)]),
        sheets(People=[[], [None], ["email", "full_name"], *map(list, EXPECTED)]),
    ],
)
def test_what_is_clear_is_taken(tmp_path: Path, content: bytes | str) -> None:
    assert taken(tmp_path, content) == (EXPECTED, [])


def test_windows_1252_is_taken_and_said(tmp_path: Path) -> None:
    found, (warning,) = taken(tmp_path, PLAIN.encode("cp1252"))
    assert found == EXPECTED
    assert warning.startswith("users.csv: This is not UTF-8 and was read as Windows-1252.")


def test_other_columns_are_left_out_and_named(tmp_path: Path) -> None:
    more = PLAIN.replace("full_name", "full_name,age").replace("Ruiz", "Ruiz,7")
    found, warnings = taken(tmp_path, more.replace("com,\n", "com,,\n"))
    assert (found, warnings) == (EXPECTED, ["users.csv: Other column “age”: not imported."])
    _, warnings = taken(tmp_path, "id,email,=x\n1,a@example.com,y\n")
    assert warnings == ["users.csv: 2 other columns “id, =x”: not imported."]


def test_the_fields_own_name_wins_over_another_one(tmp_path: Path) -> None:
    text = "name,email,full_name\nZ,ann@example.com,Zoë Ruiz\nB,bo@example.com,\n"
    assert taken(tmp_path, text)[0] == EXPECTED


def test_quoted_breaks_belong_to_the_value_and_lines_are_counted(tmp_path: Path) -> None:
    text = 'email;full_name\r\na@example.com;"A\r\nB;C"\r\nb@example.com\r\n'
    with pytest.raises(BadFiles, match="line 4: 1 value, where 2 are needed"):
        taken(tmp_path, text)


def test_a_row_of_a_workbook_is_called_one(tmp_path: Path) -> None:
    content = sheets(People=[["email", "full_name"], ["a@example.com", "A", "more"]])
    with pytest.raises(BadFiles, match=r"users\.csv, row 2: 3 values, where 2 are needed"):
        taken(tmp_path, content)


def test_numbers_of_a_workbook_are_what_was_typed(tmp_path: Path) -> None:
    content = sheets(People=[["email", "name"], ["a@example.com", 7], ["b@example.com", 7.5]])
    assert [name for _, name in taken(tmp_path, content)[0]] == ["7", "7.5"]


@pytest.mark.parametrize(
    ("name", "reason"),
    [("word/document.xml", "This is a Word document"), ("a.csv", "This is a ZIP archive. Unpack")],
)
def test_an_archive_gets_a_sentence(tmp_path: Path, name: str, reason: str) -> None:
    out = io.BytesIO()
    with ZipFile(out, "w") as archive:
        archive.writestr(name, PLAIN)
    with pytest.raises(BadFiles, match=reason):
        taken(tmp_path, out.getvalue())


def test_a_workbook_that_unpacks_to_too_much_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.manage.readers.workbook.LARGEST", 1000)
    with pytest.raises(BadFiles, match="holds more than 2 GB"):
        taken(tmp_path, sheets(People=[["email", "full_name"]]))


def test_old_and_open_workbooks_are_read_too(tmp_path: Path) -> None:
    frame = pl.DataFrame(EXPECTED, schema=["email", "full_name"], orient="row")
    out = io.BytesIO()
    frame.write_parquet(out)
    assert taken(tmp_path, out.getvalue())[0] == EXPECTED
    rows = "".join(
        "<table:table-row>"
        + "".join(
            f'<table:table-cell office:value-type="string"><text:p>{v}</text:p></table:table-cell>'
            for v in row
        )
        + "</table:table-row>"
        for row in [("email", "full_name"), *EXPECTED]
    )
    spaces = "urn:oasis:names:tc:opendocument:xmlns"
    content = (
        f'<office:document-content xmlns:office="{spaces}:office:1.0" '
        f'xmlns:table="{spaces}:table:1.0" xmlns:text="{spaces}:text:1.0"><office:body>'
        f'<office:spreadsheet><table:table table:name="People">{rows}</table:table>'
        "</office:spreadsheet></office:body></office:document-content>"
    )
    out = io.BytesIO()
    with ZipFile(out, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("META-INF/manifest.xml", "<manifest/>")
        archive.writestr("content.xml", content)
    assert taken(tmp_path, out.getvalue())[0] == EXPECTED


def test_hidden_sheets_are_not_taken(tmp_path: Path) -> None:
    out = io.BytesIO()
    book = Workbook(out)
    for name, row in (("Shown", ["email"]), ("Hidden", ["email", "full_name"])):
        sheet = book.add_worksheet(name)
        sheet.write_row(0, 0, row)
        sheet.write_row(1, 0, ["a@example.com"])
    book.get_worksheet_by_name("Hidden").hide()
    book.close()
    assert taken(tmp_path, out.getvalue())[0] == [("a@example.com", "")]


@pytest.mark.parametrize(
    "text",
    [
        "Zoë, José",
        "Ångström, Søren, Françoise, Núñez, Großmann, Æbelø, Ça, À",
        "¿Qué? – “30 m²” … l’été, 5 €, 20 °C, «Œuvre», Šimon, Žofie",
        "ÉCOLE DES HAUTES ÉTUDES",
    ],
)
def test_what_the_west_writes_is_told_from_other_encodings(tmp_path: Path, text: str) -> None:
    path = tmp_path / "names.csv"
    path.write_bytes(text.encode("cp1252"))
    assert find_encoding(path) == WINDOWS
    path.write_text(text, "utf-8")
    assert find_encoding(path) == UTF8


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("Мария", "cp1251"),
        ("Μαρία", "cp1253"),
        ("Paweł i Michał", "cp1250"),
        ("田中さん", "shift_jis"),
        ("김민수", "euc-kr"),
        ("王小明", "gb18030"),
        ("Andr\xe9s", "mac_roman"),
        ("محمد", "cp1256"),
    ],
)
def test_what_is_not_clear_is_not_guessed(tmp_path: Path, text: str, encoding: str) -> None:
    path = tmp_path / "names.csv"
    path.write_bytes(text.encode(encoding))
    assert find_encoding(path) == UTF8


def parquet() -> bytes:
    """The same people as Parquet."""
    out = io.BytesIO()
    pl.DataFrame(EXPECTED, schema=["email", "full_name"], orient="row").write_parquet(out)
    return out.getvalue()


WHOLE = [
    PLAIN.encode(),
    PLAIN.encode("utf-16"),
    PLAIN.encode("utf-16-le"),
    PLAIN.encode("cp1252"),
    sheets(People=[["email", "full_name"], *map(list, EXPECTED)]),
    parquet(),
    b'[\n{"email":"ann@example.com"},\n{"email":"bo@example.com"}\n]\n',
]
DAMAGE = st.lists(st.tuples(st.integers(0, 9_999), st.integers(0, 255)), max_size=6)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(WHOLE), st.integers(0, 9_999), DAMAGE)
@example(WHOLE[1], 9, [])
@example(WHOLE[2], 9_999, [(71, 0xD8)])
def test_a_damaged_file_is_read_or_refused_in_words(
    tmp_path_factory: pytest.TempPathFactory,
    content: bytes,
    length: int,
    damage: list[tuple[int, int]],
) -> None:
    damaged = bytearray(content)
    for place, byte in damage:
        damaged[place % len(damaged)] = byte
    with suppress(BadFiles):
        taken(tmp_path_factory.getbasetemp(), bytes(damaged[:length]))
