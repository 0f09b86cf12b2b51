"""Rounds shares, changes and means to few digits, but never to a misleading 0% or 100%."""

MINUS = "\N{MINUS SIGN}"
MUCH = 1000  # percent; decimals are dropped from here on
ALL, NONE = 100.0, 0.0  # a percentage is rounded to these only if it is exact


def percent(part: int, whole: int) -> str:
    """Return a share in percent: `12.5%`; `over 99.9%` if it is almost all but not all."""
    return _percent(part, whole, sign="")


def change(now: int, before: int) -> str:
    """Return the relative change: `+12.5%`, or `+3` if there was nothing before."""
    if now == before:
        return "as many"
    if not before:
        return f"+{now:,}"
    return _percent(abs(now - before), before, sign="+" if now > before else MINUS)


def mean(total: int, count: int) -> str:
    """Return a mean, with one decimal if it is below 100: `0.5`, `12`, `63,666`."""
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
