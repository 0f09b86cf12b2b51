"""Words for numbers of things, in English."""


def counted(number: int, noun: str) -> str:
    """Return a number of things in words: `1 item`, `2,000 items`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def counted_all(number: int, nouns: str) -> str:
    """Return the same of a noun for many, which others may follow: `1 user with items`."""
    noun, *rest = nouns.split(" ")
    return " ".join([counted(number, noun.removesuffix("s")), *rest])
