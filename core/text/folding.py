"""How texts are compared with what somebody looks for: by words, without case and accents.

PostgreSQL's function `search_text`, which a migration makes, says the same, and a test holds the
two together: its result is stored beside the texts, and only what is looked for is folded here.
"""

import re
from unicodedata import normalize

from core.text.characters import EMPTY_GLYPHS, IGNORABLE, searched

# Marks that people leave out when they write Latin, Greek, Cyrillic, Hebrew or Arabic letters. In
# other scripts a mark is a vowel or another consonant, and without it the word would be another.
MARKS = (
    "\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f"
    "\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7"
    "\u0610-\u061a\u0640\u064b-\u065f\u0670\u06d6-\u06dc\u06df-\u06e4\u06e7\u06e8\u06ea-\u06ed"
)
# Letters that have no accent to be taken off, as CLDR's Latin-ASCII writes them; quotes and dashes
# as keyboards have them; and letters that Persian and Arabic keyboards have differently.
LETTERS = {
    **dict(zip("øłđðħŧıŋɓɗƙƴəɛɔ", "olddhtinbdkyeeo", strict=True)),
    **{"æ": "ae", "œ": "oe", "þ": "th"},
    **dict.fromkeys("\u2018\u2019\u201a\u201b\u02bb\u02bc\u2032", "'"),
    **dict.fromkeys("\u201c\u201d\u201e\u201f\u2033", '"'),
    **dict.fromkeys("\u2010\u2012\u2013\u2014\u2015\u2212", "-"),
    **{"\u06cc": "\u064a", "\u0649": "\u064a", "\u06a9": "\u0643"},
}
PUNCTUATION = ",;"  # what stands between words

_dropped = re.compile(f"[{IGNORABLE}{EMPTY_GLYPHS}{MARKS}]")
_acute = dict.fromkeys(map(ord, "\u00b4\u1ffd"), "'")
_letters = str.maketrans(LETTERS)


def fold(text: str) -> str:
    """Return a text as it is compared: `Öztürk` is `ozturk`, `STRASSE` and `Straße` are `strasse`.

    Words keep what changes them: the vowel signs of Indic scripts, the voicing marks of kana.
    """
    if text.isascii():
        return text.lower()
    plain = normalize("NFKD", text.translate(_acute))  # which would make a blank of it
    return normalize("NFC", _dropped.sub("", plain).casefold().translate(_letters))


def split_words(search: str) -> list[str]:
    """Return the folded words that all have to occur, the longest first, as it decides most."""
    words = (word.strip(PUNCTUATION) or word for word in fold(searched(search)).split())
    return sorted(dict.fromkeys(words), key=len, reverse=True)
