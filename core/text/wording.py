"""Counts with their nouns, and lists that end early, in English."""

from collections.abc import Sequence


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
