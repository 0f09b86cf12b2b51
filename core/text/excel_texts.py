"""Keeps Excel from converting texts when it opens a CSV file.

Excel reads every cell as if somebody had typed it, quoted or not. So it may run a text as a
formula, or convert it to a number, a date, a time, a boolean or an error. Microsoft documents the
rules in "Text or Number Converted to Unintended Number Format" (KB Q159491), "Enter a time" (an
hour, a space, a or p), "Display numbers as fractions" (a space before the fraction) and
"Error.Type". Month names depend on the reader's region: "Gene name errors: Lessons not learned"
(PLOS Computational Biology, 2021) found AGO2 and MEI1 converted to days of August and May.

An apostrophe before such a text protects it. A spreadsheet that splits at another separator can
start a cell in the middle of a text, so a formula inside a text gets an apostrophe as well.
https://owasp.org/www-community/attacks/CSV_Injection
"""

from dataclasses import dataclass

import polars as pl

from core.text.month_names import ENGLISH, OTHERS

# A cell that starts like this may be read as a formula; East Asian input has full-width signs.
_FORMULA = "[=+\\-@\uff1d\uff0b\uff0d\uff20]"
_CALL = f"{_FORMULA}[^,;\t\r\n]*\\w\\s*[(|!]"  # a formula that calls a function or a program
_CELL_START = '[,;\t\r\n][\\s"]*'

_DAY, _MONTH = "(?:0?[1-9]|[12][0-9]|3[01])", "(?:0?[1-9]|1[0-2])"
_YEAR = "(?:[0-9]{1,2}|19[0-9]{2}|[2-9][0-9]{3})"  # Excel knows none before 1900
_CLOCK = "[0-9]{1,4}:[0-9]{1,2}(?::[0-9]{1,2})?(?:[.,][0-9]+)?"
_TIME = f"(?:{_CLOCK}(?: ?[ap]m?)?|(?:0?[0-9]|1[0-2]) [ap]m?)"
_EAST_ASIAN = "(?:[0-9]{2,4}年[0-9]{1,2}月(?:[0-9]{1,2}日)?|[0-9]{1,2}月[0-9]{1,2}日)"
_ERRORS = (
    "#N/A #REF! #VALUE! #DIV/0! #NAME? #NUM! #NULL! #SPILL! #CALC! #FIELD! #BLOCKED! #CONNECT! "
    "#BUSY! #UNKNOWN! #PYTHON! #EXTERNAL! #GETTING_DATA"
)
_ERRORS_OF_OTHERS = (
    "#NV #BEZUG! #WERT! #ZAHL! #NOM? #VALEUR! #NOMBRE! #NUL! #N/D #RIF! #VALORE! #NOME? #¡REF! "
    "#¡VALOR! #¡DIV/0! #¿NOMBRE? #¡NUM! #¡NULO! #VALOR! #NÚM! #NULO! #WAARDE! #NAAM? #VERW! "
    "#GETAL! #LEEG! #DEEL/0! #N/B #ADR! #ARG! #NAZWA? #LICZBA! #ZERO! #DZIEL/0!"
)
_TRUTHS = "true false"
_TRUTHS_OF_OTHERS = (
    "wahr falsch vrai faux vero falso verdadero verdadeiro waar onwaar prawda fałsz sant falskt "
    "sand falsk usann"
)


@dataclass(frozen=True)
class Dialect:
    """One of the two kinds of CSV that Excel opens without questions, depending on its region.

    `looks` are regular expressions for the texts that Excel would convert.
    """

    separator: str
    decimal_comma: bool
    looks: tuple[str, ...]

    @property
    def taken(self) -> str:
        """The regular expression for texts that Excel would convert, with or without apostrophes.

        An apostrophe that somebody typed belongs to the text, so such a text gets another one.
        """
        looks = "|".join(self.looks)
        return f"(?i)^'*(?:[\\s\x00]*{_FORMULA}|[\t\r\n\x00]|\\s*(?:{looks})\\s*$)"


def keep(texts: pl.Expr, dialect: Dialect) -> pl.Expr:
    """Add apostrophes to the texts that Excel would convert; most texts need none."""
    inner = texts.str.replace_all(f"({_CELL_START})('*{_CALL})", "${1}'${2}")
    taken = texts.str.contains(dialect.taken)
    return pl.when(taken).then("'" + inner).otherwise(inner).name.keep()


def restore(texts: pl.Expr, dialect: Dialect) -> pl.Expr:
    """Return the original texts: the inverse of `keep`."""
    inner = texts.str.replace_all(f"({_CELL_START})'('*{_CALL})", "${1}${2}")
    kept = inner.str.starts_with("'") & inner.str.contains(dialect.taken)
    return pl.when(kept).then(inner.str.slice(1)).otherwise(inner).name.keep()


def _numbers(number: str, more_currencies: str = "") -> list[str]:
    currency = f"(?:\\p{{Sc}}{more_currencies})"
    amount = f"(?:{number}|{currency} ?{number}|{number} ?{currency}|{number} ?%|% ?{number})"
    return [
        "0[0-9]+",
        "[0-9]{12,}",  # shown in scientific notation; digits after the 15th become zeros
        f"{number}e[+\\-]?[0-9]+",
        "[0-9]+ +[0-9]+ ?/ ?[0-9]+",
        f"\\( ?{amount} ?\\)",
        f"{currency} ?-?{number}|{number} ?{currency}|{number} ?%|% ?{number}",
    ]


def _dates(names: str, gap: str, *more: str) -> list[str]:
    month, between = f"(?:{names})", f"{gap}{{0,3}}"
    slash = " ?[-/] ?"
    dates = "|".join(
        (
            f"{_DAY}{slash}{_MONTH}(?:{slash}{_YEAR})?|{_MONTH}{slash}{_DAY}(?:{slash}{_YEAR})?",
            f"{_MONTH}{slash}{_YEAR}|{_YEAR}{slash}{_MONTH}(?:{slash}{_DAY})?",
            f"{_YEAR}{between}{month}|{month}{between}{_YEAR}",
            f"{_DAY}{between}{month}{between}{_YEAR}|{_YEAR}{between}{month}{between}{_DAY}",
            f"{month}{between}{_DAY}{gap}{{1,3}}{_YEAR}",
            *more,
        )
    )
    return [f"(?:{_TIME} )?(?:{dates})(?:(?:,? |T){_TIME})?", _TIME]


def _words(*lists: str) -> str:
    escaped = (word.replace("?", "\\?") for word in " ".join(lists).split())
    return "|".join(escaped)


COMMA = Dialect(
    ",",
    decimal_comma=False,
    looks=(
        *_numbers("(?:[0-9]+(?:,[0-9]{3,})*(?:\\.[0-9]*)?|\\.[0-9]+)"),
        "[0-9]+(?:,[0-9]{3,})+(?:\\.[0-9]*)?|[0-9]*\\.[0-9]+|[0-9]+\\.",
        *_dates(_words(ENGLISH), "[ ,/-]", _EAST_ASIAN),
        _words(_ERRORS, _TRUTHS),
    ),
)
# One dialect for all regions with a decimal comma. It knows all their month names, booleans and
# errors, as people pass files on. Switzerland writes decimals with a point.
SEMICOLON = Dialect(
    ";",
    decimal_comma=True,
    looks=(
        *_numbers(
            "(?:[0-9]+(?:[. \u00a0\u202f'\u2019][0-9]{3})*(?:[.,][0-9]*)?|[.,][0-9]+)",
            "|kr\\.?|zł|Kč|Fr\\.|CHF|EUR",
        ),
        "[0-9]+(?:[. \u00a0\u202f'\u2019][0-9]{3})+(?:,[0-9]*)?|[0-9]*[.,][0-9]+|[0-9]+[.,]",
        *_dates(
            f"(?:de )?(?:{_words(ENGLISH, OTHERS)})\\.?(?: de)?",
            "[ ,./-]",
            f"{_DAY}\\. ?{_MONTH}\\.?(?: ?{_YEAR})?",
        ),
        _words(_ERRORS, _ERRORS_OF_OTHERS, _TRUTHS, _TRUTHS_OF_OTHERS),
    ),
)
