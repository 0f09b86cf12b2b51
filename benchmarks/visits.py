"""Chooses what simulated people look at: the pages of Analytics, and options on them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from random import Random

from benchmarks.tab import Query
from core.provision.demo_words import FAMILY_NAMES, GIVEN_NAMES

STAY = 0.4  # the share of visits that stay on the same page with another option
FARTHEST_PAGE = 20
PERIODS = ("7d", "30d", "90d")
STEPS = ("day", "month")


@dataclass(frozen=True)
class Visit:
    """A run of a page: the page's hash and its query string."""

    page: str
    query: Query = field(default_factory=dict)


def _owners(draw: Random) -> Query:
    """Return a query string with a page number or a search for a name."""
    if draw.random() < 0.6:
        return {"page": draw.randint(2, FARTHEST_PAGE)}
    return {"q": draw.choice((*GIVEN_NAMES, *FAMILY_NAMES))}


def _trend(draw: Random) -> Query:
    """Return a query string with other options than the default, new items by week."""
    return {
        "of": draw.choice(("items", "users")),
        "show": draw.choice(("new", "total")),
        "step": draw.choice(STEPS),
    }


# By a page's name in the address; other pages have no options.
CHOICES: Mapping[str, Callable[[Random], Query]] = {
    "": lambda draw: {"step": draw.choice(STEPS)},
    "items_by_user": _owners,
    "active_users": lambda draw: {"period": draw.choice(PERIODS)},
    "trends": _trend,
}


def choose(draw: Random, pages: Mapping[str, str], shown: str) -> Visit:
    """Return the next visit after the page `shown`; `pages` are names by hash."""
    choice = CHOICES.get(pages.get(shown, "-"))
    if choice is not None and draw.random() < STAY:
        return Visit(shown, choice(draw))
    return Visit(draw.choice([page for page in pages if page != shown] or [shown]))
