"""Word search in PostgreSQL: finds the rows that contain all words, folded by `folding.py`."""

import re
from collections.abc import Sequence

from sqlalchemy import (
    ColumnElement,
    SQLColumnExpression,
    Text,
    all_,
    and_,
    cast,
    collate,
    func,
    literal,
    or_,
    select,
)
from sqlalchemy.dialects.postgresql import ARRAY

from core.db.models import AuditEvent, Item, User

_wildcards = re.compile(r"([\\%_])")


def _lower(text: SQLColumnExpression[str]) -> ColumnElement[str]:
    return func.lower(collate(text, "C"))


def _unstored(text: SQLColumnExpression[str]) -> ColumnElement[str]:
    return func.coalesce(func.search_text(text), _lower(text))


USERS = func.coalesce(
    User.search_text, _lower(User.email + " " + func.coalesce(User.full_name, ""))
)
ITEMS = func.coalesce(
    Item.search_text, _lower(Item.title + " " + func.coalesce(Item.description, ""))
)
ACTORS = _unstored(AuditEvent.actor)
EVENTS = _unstored(
    func.concat_ws(
        " ",
        *(AuditEvent.actor, AuditEvent.address, AuditEvent.action, AuditEvent.trace_id),
        cast(AuditEvent.changes, Text),
    )
)


def has_words(text: SQLColumnExpression[str], words: Sequence[str]) -> ColumnElement[bool]:
    """Return the condition that a folded text contains all words; wildcards are escaped."""
    patterns = ["%" + _wildcards.sub(r"\\\1", word) + "%" for word in words]
    condition: ColumnElement[bool] = text.like(all_(literal(patterns, ARRAY(Text))))
    return condition


def item_has_words(words: Sequence[str]) -> ColumnElement[bool]:
    """Return the condition that each word occurs in the item's texts or in those of its owner."""
    return and_(
        *(
            or_(
                has_words(ITEMS, [word]),
                Item.owner_id.in_(select(User.id).where(has_words(USERS, [word]))),
            )
            for word in words
        )
    )
