"""E-mail addresses: their canonical form, and a warning about lookalikes."""

import re
from collections import Counter
from unicodedata import category, name, normalize

from email_validator import SPECIAL_USE_DOMAIN_NAMES, EmailNotValidError, validate_email

from core.text.characters import IGNORABLE

MIXED = "This address mixes {scripts} letters: {odd}. It may look like another person's."
LOOKALIKE = "“{label}” is written in {script} letters that look like Latin ones. Check the address."
SHOWN_LETTERS = 3
# Scripts that may be mixed, after UTS #39, section 5.2, "Highly Restrictive".
TOGETHER = (
    {"LATIN", "CJK", "HIRAGANA", "KATAKANA"},
    {"LATIN", "CJK", "BOPOMOFO"},
    {"LATIN", "CJK", "HANGUL"},
)
# Lowercase letters that can spell a whole word that reads as Latin, after UTS #39, section 4.
LIKE_LATIN = {
    "CYRILLIC": set(
        "\u0430\u0441\u0501\u0435\u04bb\u0456\u0458\u04cf\u043e\u0440\u051b\u0455\u0443\u0445\u051d\u0475"
    ),
    "GREEK": set("\u03b1\u03b9\u03bd\u03bf\u03c1\u03c5\u03f3"),
    "ARMENIAN": set("\u0585\u0570\u057d\u0578\u0566\u0581"),
}
# Accept addresses of an intranet (`ann@tally.local`). The library documents this way to do it.
SPECIAL_USE_DOMAIN_NAMES.clear()

_unseen = re.compile(f"(?![\u202a-\u202e\u2066-\u2069])[{IGNORABLE}]")
_unstorable = re.compile("[\x00\ud800-\udfff]")
_labels = re.compile(r"[@.]")


def normalize_address(text: str) -> str:
    """Return the canonical form of an address: one for all cases, widths and Unicode forms.

    Zero-width characters and outer blanks are dropped, as copying often adds them. Raises
    `email_validator.EmailNotValidError`.
    """
    checked = validate_email(_plain(text), check_deliverability=False, globally_deliverable=False)
    return normalize("NFC", checked.normalized.lower())


def as_typed(text: str) -> str:
    """Return an address without the invisible characters that copying adds."""
    return _unseen.sub("", text).strip()


def find_form(text: str) -> str:
    """Return the form in which to look up a text among addresses; it need not be an address."""
    storable = _unstorable.sub("", text)
    try:
        return normalize_address(storable)
    except EmailNotValidError:
        return normalize("NFC", _plain(storable).lower())


def is_disguised(text: str) -> bool:
    """Tell whether an address has letters that its canonical form replaces by ASCII ones.

    An identity provider that vouches for such an address does not vouch for the ASCII address,
    which is another mailbox.
    """
    return any(not c.isascii() and normalize("NFKC", c).lower().isascii() for c in text)


def warn_of_lookalikes(address: str) -> str | None:
    """Return a warning if an address may be mistaken for another one, else None."""
    if address.isascii():
        return None
    local, _, domain = address.rpartition("@")
    for label in (local, *_labels.split(domain)):
        if warning := _warn(label):
            return warning
    return None


def _plain(text: str) -> str:
    # NFKC also maps full-width and mathematical letters to plain ones.
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
    """Return the script of a letter, which is the first word of its Unicode name."""
    first = name(letter, "unknown").partition(" ")[0]
    return {"IDEOGRAPHIC": "CJK", "KATAKANA-HIRAGANA": "KATAKANA"}.get(first, first)
