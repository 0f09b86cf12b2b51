"""Finds the encoding of a text file: UTF-8, UTF-16 or Windows-1252."""

import codecs
import re
from pathlib import Path

CHUNK = 1 << 20
UTF8, UTF16, WINDOWS = "utf-8-sig", "utf-16", "cp1252"
_MARKS = {codecs.BOM_UTF8: UTF8, codecs.BOM_UTF16_LE: UTF16, codecs.BOM_UTF16_BE: UTF16}
_HIGH = re.compile(rb"[A-Za-z]{0,3}[\x80-\xff]+[A-Za-z]?")
# Implausible in Windows-1252, so the file has another encoding: symbols inside words, or three
# accented letters in a row.
_SIGN = "[¤¦¨¬¯±²³¹¼½¾¿¶\u00b8\u00d7÷¢¥]"
_ODD = re.compile(
    f"[A-Za-zÀ-ÿ]{_SIGN}[A-Za-zÀ-ÿ]|[A-Za-z]{{3}}[³¹¿¼¾]|[a-z][ŠŒŽŸ]|[À-ÿ]{{3}}"
    "|[ƒ†‡\u02c6\u02dc\u201a][^\\x00-\\x7f]"
)


def find_encoding(path: Path) -> str:
    """Return the encoding of a text file; this reads it once, or twice if it is not UTF-8.

    If it is clearly neither UTF-16 nor Windows-1252, the answer is UTF-8, so that the lines with
    invalid bytes can be reported.
    """
    with path.open("rb") as file:
        head = file.read(64)
    if marked := next((name for mark, name in _MARKS.items() if head.startswith(mark)), None):
        return marked
    first, second = head[0::2], head[1::2]
    if len(head) > 2 and (any(first), any(second)) == (True, False):
        return "utf-16-le"
    if len(head) > 2 and (any(first), any(second)) == (False, True):
        return "utf-16-be"
    return UTF8 if _is_utf8(path) or not _is_windows(path) else WINDOWS


def _is_utf8(path: Path) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        with path.open("rb") as file:
            while chunk := file.read(CHUNK):
                decoder.decode(chunk)
            decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _is_windows(path: Path) -> bool:
    """Tell whether all words beyond ASCII are plausible Windows-1252, and none is valid UTF-8."""
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            chunk += file.readline(CHUNK)  # so that no word is split
            if not all(map(_is_western, _HIGH.findall(chunk))):
                return False
    return True


def _is_western(word: bytes) -> bool:
    try:
        word.decode("utf-8")
    except UnicodeDecodeError:
        pass
    else:
        return False
    try:
        return not _ODD.search(word.decode(WINDOWS))
    except UnicodeDecodeError:
        return False
