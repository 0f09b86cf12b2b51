"""Which characters a text may contain, and the normal form in which it is stored."""

import re
from unicodedata import normalize

# Characters that draw nothing: Default_Ignorable_Code_Point in Unicode's DerivedCoreProperties.txt.
IGNORABLE = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e"
    "\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufff8"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
EMPTY_GLYPHS = "\u2800\ufff9-\ufffb\U0001d159"  # also blank, though Unicode calls them visible
OVERRIDES = frozenset("\u202d\u202e")
CLOSED_BY = {"\u202a": "\u202c", "\u202b": "\u202c"} | dict.fromkeys("\u2066\u2067\u2068", "\u2069")
CLOSING = frozenset(CLOSED_BY.values())

NUL = "This contains a NUL character (U+0000), which cannot be stored."
SURROGATE = "This contains half a character (an unpaired surrogate)."
CONTROL = "This contains a control character ({}). Remove it."
NONCHARACTER = "This contains {}, which is not a character. Remove it."
TURNED = "This contains a character that turns text around ({}). Remove it."

_BLANK = r"\s\u2800\u3164\uffa0"
_blanks = re.compile(f"[{_BLANK}]+")
_edges = re.compile(f"^[{_BLANK}\u00ad\u200b]+|[{_BLANK}\u00ad\u200b]+$")
_joined_words = re.compile("[\u2060\ufeff]+")  # no script needs them; copying adds them
_breaks = re.compile("\r\n|[\r\v\f\x85\u2028\u2029]")
_separators = re.compile("[\t\x1c-\x1f]")
_controls = re.compile("[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f]")
_directions = re.compile("[\u202a-\u202e\u2066-\u2069]")
_surrogates = re.compile("[\ud800-\udfff]")
_noncharacters = re.compile(
    "[\ufdd0-\ufdef"
    + "".join(chr(plane << 16 | end) for plane in range(17) for end in (0xFFFE, 0xFFFF))
    + "]"
)
_invisible = re.compile(f"[{IGNORABLE}{EMPTY_GLYPHS}{_BLANK}]*")
# A search ignores these. Joiners and variation selectors are not here: people type them on purpose.
_unsearched = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\ud800-\udfff"
    "\u00ad\u034f\u061c\u115f\u1160\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff]"
)


def one_line(text: str) -> str:
    """Return a name or title as it is stored: NFC, on one line, with single blanks.

    Pasted line breaks and tabs become blanks. Joiners stay, as Persian, Devanagari and emoji need
    them.
    """
    return _edges.sub("", normalize("NFC", _blanks.sub(" ", _joined_words.sub("", text))))


def paragraphs(text: str) -> str:
    """Return a longer text as it is stored: NFC, with LF for each line break."""
    lines = _breaks.sub("\n", _joined_words.sub("", text))
    return _edges.sub("", normalize("NFC", _separators.sub(" ", lines)))


def searched(text: str) -> str:
    """Return a search text without the invisible characters that copying adds."""
    kept = _blanks.sub(" ", _unsearched.sub("", text)).strip()
    return kept if is_visible(kept) else ""


def is_visible(text: str) -> bool:
    """Tell whether a text has at least one visible character."""
    return _invisible.fullmatch(text) is None


def undirected(text: str) -> str:
    """Return a text without direction marks: in rows of other programs they may be unbalanced.

    An unbalanced mark would reverse the text that follows it on the page.
    """
    return _directions.sub("", text)


def find_fault(text: str) -> str | None:
    """Return a message that says why a text is refused, or None if it is fine.

    Characters that nobody types on purpose are refused, not dropped: we cannot know what was meant.
    """
    if text.isascii() and text.isprintable():
        return None
    for pattern, message in (
        (re.compile("\x00"), NUL),
        (_surrogates, SURROGATE),
        (_controls, CONTROL),
        (_noncharacters, NONCHARACTER),
    ):
        if found := pattern.search(text):
            return message.format(_code(found[0]))
    turned = next(filter(None, map(_turns, _breaks.sub("\n", text).split("\n"))), None)
    return TURNED.format(_code(turned)) if turned else None


def _turns(line: str) -> str | None:
    """Return the first character that overrides the text direction or is not closed, or None."""
    closing: list[tuple[str, str]] = []
    for character in line:
        if character in OVERRIDES:
            return character
        if character in CLOSED_BY:
            closing.append((CLOSED_BY[character], character))
        elif character in CLOSING and (not closing or closing.pop()[0] != character):
            return character
    return closing[-1][1] if closing else None


def _code(character: str) -> str:
    return f"U+{ord(character):04X}"
