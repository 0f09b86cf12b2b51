"""Shares, changes and means in few digits, which never round to what they are not."""

MINUS = "\N{MINUS SIGN}"
MUCH = 1000  # from so many percent on, decimals say nothing
ALL, NONE = 100.0, 0.0  # what a percentage must not be rounded to


def percent(part: int, whole: int) -> str:
    """Return a part in percent: `12.5%`; `over 99.9%` when it is nearly all and not all."""
    return _percent(part, whole, sign="")


def change(now: int, before: int) -> str:
    """Return how much more or less there is now: `+12.5%`, or `+3` where there was nothing."""
    if now == before:
        return "as many"
    if not before:
        return f"+{now:,}"
    return _percent(abs(now - before), before, sign="+" if now > before else MINUS)


def mean(total: int, count: int) -> str:
    """Return a mean with a decimal where one says something: `0.5`, `12`, `63,666`."""
    exact = total / count
    if exact >= ALL or total % count == 0:
        return f"{exact:,.0f}"
    return "under 0.1" if exact < 0.05 else f"{exact:.1f}".removesuffix(".0")


def _percent(part: int, whole: int, *, sign: str) -> str:
    exact = part / whole * 100
    if exact >= MUCH:
        return f"{sign}{exact:,.0f}%"
    if round(exact, 1) == NONE and part:
        return f"under {sign}0.1%"
    if round(exact, 1) == ALL and part < whole:
        return f"over {sign}99.9%"
    return f"{sign}{exact:.1f}%"
