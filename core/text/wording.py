"""Counts with their nouns, in English."""


def counted(number: int, noun: str) -> str:
    """Return a count with its noun: `1 item`, `2,000 items`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def counted_all(number: int, nouns: str) -> str:
    """Do the same for a plural noun, which more words may follow: `1 user with items`."""
    noun, *rest = nouns.split(" ")
    return " ".join([counted(number, noun.removesuffix("s")), *rest])
