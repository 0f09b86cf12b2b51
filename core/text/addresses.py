"""Addresses of e-mail: the one form of each, and a warning of those that look like another."""

import re
from collections import Counter
from unicodedata import category, name, normalize

from email_validator import SPECIAL_USE_DOMAIN_NAMES, EmailNotValidError, validate_email

from core.text.characters import IGNORABLE

MIXED = "This address mixes {scripts} letters: {odd}. It may look like another person's."
LOOKALIKE = "“{label}” is written in {script} letters that look like Latin ones. Check the address."
SHOWN_LETTERS = 3
# Scripts that are written together, after UTS #39, section 5.2, "Highly Restrictive".
TOGETHER = (
    {"LATIN", "CJK", "HIRAGANA", "KATAKANA"},
    {"LATIN", "CJK", "BOPOMOFO"},
    {"LATIN", "CJK", "HANGUL"},
)
# Small letters of which whole words can be made that read as Latin, after UTS #39, section 4.
LIKE_LATIN = {
    "CYRILLIC": set(
        "\u0430\u0441\u0501\u0435\u04bb\u0456\u0458\u04cf\u043e\u0440\u051b\u0455\u0443\u0445\u051d\u0475"
    ),
    "GREEK": set("\u03b1\u03b9\u03bd\u03bf\u03c1\u03c5\u03f3"),
    "ARMENIAN": set("\u0585\u0570\u057d\u0578\u0566\u0581"),
}
# The addresses of an intranet (`ann@tally.local`) are as good as any; emptying this list is the
# way that the library documents.
SPECIAL_USE_DOMAIN_NAMES.clear()

_unseen = re.compile(f"(?![\u202a-\u202e\u2066-\u2069])[{IGNORABLE}]")
_unstorable = re.compile("[\x00\ud800-\udfff]")
_labels = re.compile(r"[@.]")


def normalize_address(text: str) -> str:
    """Return the one form of an address, whatever its case, width and Unicode form.

    Zero-width characters and outer blanks, which come along when an address is copied, are
    dropped. Raises `email_validator.EmailNotValidError`.
    """
    checked = validate_email(_plain(text), check_deliverability=False, globally_deliverable=False)
    return normalize("NFC", checked.normalized.lower())


def as_typed(text: str) -> str:
    """Return an address without what came along unseen when it was copied."""
    return _unseen.sub("", text).strip()


def find_form(text: str) -> str:
    """Return what a text is compared with addresses as: the one form, also of what is none."""
    try:
        return normalize_address(text)
    except EmailNotValidError:
        return _unstorable.sub("", _plain(text).lower())


def is_disguised(text: str) -> bool:
    """Tell whether letters of an address are not plain ones, and are stored as if they were.

    A provider that vouches for such an address does not vouch for the plain one, whose mailbox is
    another.
    """
    return any(not c.isascii() and normalize("NFKC", c).lower().isascii() for c in text)


def warn_of_lookalikes(address: str) -> str | None:
    """Return a sentence about an address that may be taken for another one, or None."""
    if address.isascii():
        return None
    local, _, domain = address.rpartition("@")
    for label in (local, *_labels.split(domain)):
        if warning := _warn(label):
            return warning
    return None


def _plain(text: str) -> str:
    # NFKC also narrows what is of full width, and makes plain letters of mathematical ones.
    return normalize("NFKC", as_typed(text)).strip()


def _warn(label: str) -> str | None:
    letters = [(character, _script(character)) for character in label if _is_letter(character)]
    scripts = {script for _, script in letters}
    if len(scripts) > 1 and not any(scripts <= together for together in TOGETHER):
        usual, _ = Counter(script for _, script in letters).most_common(1)[0]
        odd = [f"“{c}” is {script.title()}" for c, script in letters if script != usual]
        return MIXED.format(
            scripts=" and ".join(sorted(map(str.title, scripts))),
            odd=", ".join(list(dict.fromkeys(odd))[:SHOWN_LETTERS]),
        )
    for script in scripts & LIKE_LATIN.keys():
        if all(character in LIKE_LATIN[script] for character, _ in letters):
            return LOOKALIKE.format(label=label, script=script.title())
    return None


def _is_letter(character: str) -> bool:
    return category(character).startswith("L") and _script(character) != "MODIFIER"


def _script(letter: str) -> str:
    """Return the script of a letter: its name in Unicode begins with it."""
    first = name(letter, "unknown").partition(" ")[0]
    return {"IDEOGRAPHIC": "CJK", "KATAKANA-HIRAGANA": "KATAKANA"}.get(first, first)
