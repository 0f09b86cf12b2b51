"""What people look at: each page of the section Analytics, and on it what one may choose there."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from random import Random

from benchmarks.tab import Query
from core.provision.demo_words import FAMILY_NAMES, GIVEN_NAMES

STAY = 0.4  # of the visits choose something else on the page that is shown
FARTHEST_PAGE = 20
PERIODS = ("7d", "30d", "90d")
STEPS = ("day", "month")


@dataclass(frozen=True)
class Visit:
    """One run of a page: its hash, and what its address says after the question mark."""

    page: str
    query: Query = field(default_factory=dict)


def _owners(draw: Random) -> Query:
    """Turn to a page, or search for a name."""
    if draw.random() < 0.6:
        return {"page": draw.randint(2, FARTHEST_PAGE)}
    return {"q": draw.choice((*GIVEN_NAMES, *FAMILY_NAMES))}


def _trend(draw: Random) -> Query:
    """Look at something else than the new items by week."""
    return {
        "of": draw.choice(("items", "users")),
        "show": draw.choice(("new", "total")),
        "step": draw.choice(STEPS),
    }


# By the name in the address; on a page that is not named here there is nothing to choose.
CHOICES: Mapping[str, Callable[[Random], Query]] = {
    "": lambda draw: {"step": draw.choice(STEPS)},
    "items_by_user": _owners,
    "active_users": lambda draw: {"period": draw.choice(PERIODS)},
    "trends": _trend,
}


def choose(draw: Random, pages: Mapping[str, str], shown: str) -> Visit:
    """Return what somebody does next who sees the page `shown`; `pages` are names by hash."""
    choice = CHOICES.get(pages.get(shown, "-"))
    if choice is not None and draw.random() < STAY:
        return Visit(shown, choice(draw))
    return Visit(draw.choice([page for page in pages if page != shown] or [shown]))
