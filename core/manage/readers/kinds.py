"""Recognises the kind of a file by its first bytes, not by its name."""

import zipfile
from enum import Enum, auto
from pathlib import Path

from core.manage.readers.table import Unreadable

SAVE = "This is {}, not a table. Save the table as CSV UTF-8 or as an Excel workbook."
UNPACK = "This is {}. Unpack it first."
_OTHERS = {
    b"%PDF": SAVE.format("a PDF"),
    b"\x89PNG": SAVE.format("a picture"),
    b"\xff\xd8\xff": SAVE.format("a picture"),
    b"GIF8": SAVE.format("a picture"),
    b"{\\rtf": SAVE.format("a rich text document"),
    b"SQLite format 3": SAVE.format("an SQLite database"),
    b"\x1f\x8b": UNPACK.format("a gzip archive"),
    b"7z\xbc\xaf\x27\x1c": UNPACK.format("a 7-Zip archive"),
    b"Rar!": UNPACK.format("a RAR archive"),
    b"\x28\xb5\x2f\xfd": UNPACK.format("a Zstandard archive"),
}
_ZIP, _OLE, _PARQUET = b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"PAR1"
_UTF8_MARK = b"\xef\xbb\xbf"
_BOOKS = ("xl/workbook.xml", "xl/workbook.bin", "content.xml")


class Kind(Enum):
    """The kinds of files that can be imported."""

    TEXT = auto()
    WORKBOOK = auto()
    PARQUET = auto()
    JSON = auto()


def find_kind(path: Path) -> Kind:
    """Return the kind of a file; raise `Unreadable` if it is no table."""
    with path.open("rb") as file:
        head = file.read(1024)
    if reason := next((text for mark, text in _OTHERS.items() if head.startswith(mark)), None):
        raise Unreadable(reason)
    if head.startswith(_ZIP):
        return _in_zip(path)
    if head.startswith(_OLE):
        return Kind.WORKBOOK
    if head.startswith(_PARQUET):
        return Kind.PARQUET
    match head.removeprefix(_UTF8_MARK).lstrip()[:1]:
        case b"{" | b"[":
            return Kind.JSON
        case b"<":
            raise Unreadable(SAVE.format("a web page or XML"))
    return Kind.TEXT


def _in_zip(path: Path) -> Kind:
    try:
        with zipfile.ZipFile(path) as archive:
            names = set(archive.namelist())
    except (zipfile.BadZipFile, NotImplementedError) as error:
        raise Unreadable("This workbook or ZIP archive is damaged or not complete.") from error
    if names.intersection(_BOOKS):
        return Kind.WORKBOOK
    if any(name.startswith("word/") for name in names):
        raise Unreadable(SAVE.format("a Word document"))
    raise Unreadable(UNPACK.format("a ZIP archive"))
