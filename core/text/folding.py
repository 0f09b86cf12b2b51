"""How a search compares texts: by words, without case and accents.

The PostgreSQL function `search_text`, created by a migration, follows the same rules; a test
compares the two. Its result is stored with each row. This module folds only the search itself.
"""

import re
from unicodedata import normalize

from core.text.characters import EMPTY_GLYPHS, IGNORABLE, searched

# Marks that people omit when they type Latin, Greek, Cyrillic, Hebrew or Arabic. In other scripts
# a mark is a vowel or a different consonant: without it, the word would be another word.
MARKS = (
    "\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f"
    "\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7"
    "\u0610-\u061a\u0640\u064b-\u065f\u0670\u06d6-\u06dc\u06df-\u06e4\u06e7\u06e8\u06ea-\u06ed"
)
# Letters that do not decompose, as CLDR's Latin-ASCII maps them; typographic quotes and dashes as
# keyboards have them; and letters that differ between Persian and Arabic keyboards.
LETTERS = {
    **dict(zip("øłđðħŧıŋɓɗƙƴəɛɔ", "olddhtinbdkyeeo", strict=True)),
    **{"æ": "ae", "œ": "oe", "þ": "th"},
    **dict.fromkeys("\u2018\u2019\u201a\u201b\u02bb\u02bc\u2032", "'"),
    **dict.fromkeys("\u201c\u201d\u201e\u201f\u2033", '"'),
    **dict.fromkeys("\u2010\u2012\u2013\u2014\u2015\u2212", "-"),
    **{"\u06cc": "\u064a", "\u0649": "\u064a", "\u06a9": "\u0643"},
}
PUNCTUATION = ",;"  # stripped from both ends of a word

_dropped = re.compile(f"[{IGNORABLE}{EMPTY_GLYPHS}{MARKS}]")
_acute = dict.fromkeys(map(ord, "\u00b4\u1ffd"), "'")
_letters = str.maketrans(LETTERS)


def fold(text: str) -> str:
    """Return the form to compare: `Öztürk` is `ozturk`, `STRASSE` and `Straße` are `strasse`.

    Marks that distinguish words stay: the vowel signs of Indic scripts, the voicing marks of kana.
    """
    if text.isascii():
        return text.lower()
    # NFKD would turn a free-standing acute accent into a blank.
    plain = normalize("NFKD", text.translate(_acute))
    return normalize("NFC", _dropped.sub("", plain).casefold().translate(_letters))


def split_words(search: str) -> list[str]:
    """Return the folded words that all must match, the longest (most selective) first."""
    words = (word.strip(PUNCTUATION) or word for word in fold(searched(search)).split())
    return sorted(dict.fromkeys(words), key=len, reverse=True)
