"""Lists: the parameters that select a page, and the response."""

from typing import Annotated, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from core.db.fields import Id, Search
from core.db.paging import MAXIMUM_LIMIT, SEARCH_COUNT_CAP

MOST_SKIPPED = 10**9
COUNT = f"How many there are in all; with `search`, counted no further than {SEARCH_COUNT_CAP:,}"
Row = TypeVar("Row", bound=BaseModel)


class Part(BaseModel):
    """Which part of a list: `limit` rows, after `skip` others. Anything else is refused."""

    model_config = ConfigDict(extra="forbid")

    skip: Annotated[int, Field(ge=0, le=MOST_SKIPPED, description="Rows to leave out first")] = 0
    limit: Annotated[int, Field(ge=1, le=MAXIMUM_LIMIT, description="Rows to return at most")] = 100
    search: Annotated[
        Search,
        Field(description="Words that all have to occur, whatever their order, case and accents"),
    ] = ""


class ItemPart(Part):
    """Which part of the items; one owner's, when an `owner_id` is given."""

    owner_id: Annotated[Id | None, Field(description="Only the items of this user")] = None


class Listed(BaseModel, Generic[Row]):
    """A part of a list, newest first, and how long the whole is."""

    data: list[Row]
    count: Annotated[int, Field(description=COUNT)]
