"""Counts with their nouns, sizes, and lists that end early, in English."""

from collections.abc import Sequence

SIZES = ("B", "kB", "MB", "GB", "TB")


def counted(number: int, noun: str) -> str:
    """Return a count with its noun: `1 item`, `2,000 items`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def counted_all(number: int, nouns: str) -> str:
    """Do the same for a plural noun, which more words may follow: `1 user with items`."""
    noun, *rest = nouns.split(" ")
    return " ".join([counted(number, noun.removesuffix("s")), *rest])


def first_few(values: Sequence[object], most: int) -> str:
    """Return the first values of a list in words, and whether there are more: `1, 2, ...`."""
    return ", ".join([*map(str, values[:most]), *(["..."] if len(values) > most else [])])


def byte_size(count: int | None) -> str:
    """Format a number of bytes in the unit that fits: `1.2 MB`."""
    if count is None:
        return ""
    number, unit = float(count), 0
    while number >= 1000 and unit < len(SIZES) - 1:
        number, unit = number / 1000, unit + 1
    return f"{number:,.1f} {SIZES[unit]}" if unit else f"{count:,} B"
