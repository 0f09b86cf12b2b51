"""Exports for programs: a whole dataset as a file, in the requested format."""

from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from core.access.permissions import SCOPE_OF
from core.analytics.owner_filter import LONGEST_SEARCH, MOST_ITEMS, NO, YES
from core.calendar import zones
from core.calendar.periods import Period
from core.calendar.steps import Step
from core.db.fields import SEARCH_LENGTH
from core.errors import Invalid
from core.exports import query as order_query
from core.exports.catalog import QUESTIONS
from core.exports.dataset import Question
from core.exports.formats import FORMATS, Format
from dashboard.api.analytics import AS_OF
from dashboard.api.protocol import problems
from dashboard.api.protocol.calls import CurrentCall
from dashboard.api.protocol.description import scoped
from dashboard.exports import responses

DEFAULT = "json"
# `text/csv` means the raw CSV; those for Excel can only be requested by name.
FOR_EXCEL = {"csv", "semicolon.csv"}
BY_MEDIA_TYPE = {
    each.media_type.partition(";")[0]: name
    for name, each in FORMATS.items()
    if name not in FOR_EXCEL
}
FILE = {"type": "string", "contentMediaType": "application/octet-stream"}
ROWS = {"type": "array", "items": {"type": "object"}}
CONTENT = {
    kind: {"schema": ROWS if name == DEFAULT else FILE} for kind, name in BY_MEDIA_TYPE.items()
}
TELLING = "{} The file is whole, or the connection breaks off; the audit keeps a receipt of it."


def _parameter(name: str, description: str, **schema: object) -> dict[str, Any]:
    return {"name": name, "in": "query", "description": description, "schema": schema}


FORMAT = _parameter(
    "format",
    "The format of the file. Without it the first type in `Accept` that one of them has counts, "
    "where `text/csv` is `raw.csv`; otherwise it is JSON. `csv` is for Excel in regions whose "
    "decimals have a point, `semicolon.csv` for those with a comma, such as Germany and France.",
    type="string",
    enum=list(FORMATS),
)
ZONE = _parameter(
    zones.FIELD,
    "The time zone of days, and of moments in `csv` and `xlsx`; the others tell moments in UTC.",
    type="string",
    default="UTC",
    examples=["Europe/Berlin"],
)
LOOK_FOR = "Text to look for, as on the page."
SEARCH = _parameter("q", LOOK_FOR, type="string", maxLength=SEARCH_LENGTH)
PERIOD = _parameter("period", "Count only items created in it.", type="string", enum=list(Period))
COUNT: dict[str, Any] = {"type": "integer", "minimum": 1, "maximum": MOST_ITEMS}
DAY: dict[str, Any] = {"type": "string", "format": "date"}
OWNER = _parameter("owner", "Items of this user alone.", type="integer", minimum=1)
ACTIVE = _parameter("active", "Active users, or the others.", type="string", enum=[YES, NO])
CREATED = _parameter(
    "period",
    "Only those created in it; it ends with the instant of the snapshot.",
    type="string",
    enum=list(Period),
)
FILTERS: Mapping[str, Sequence[dict[str, Any]]] = {
    "items_by_user": [
        _parameter("q", LOOK_FOR, type="string", maxLength=LONGEST_SEARCH),
        PERIOD,
        _parameter("least", "Owners of so many items or more.", **COUNT),
        _parameter("most", "Owners of so many items or fewer.", **COUNT),
        ACTIVE,
        _parameter("joined_from", "Users who joined on this day or later.", **DAY),
        _parameter("joined_until", "Users who joined on this day or before.", **DAY),
    ],
    "active_users": [PERIOD],
    "trends": [
        _parameter("step", "How long a step is.", type="string", enum=list(Step), default="week"),
        OWNER,
        _parameter("from", "Count from this day on; a step that it cuts is `partial`.", **DAY),
        _parameter("until", "Count up to this day; a step that it cuts is `partial`.", **DAY),
    ],
    "items": [SEARCH, OWNER, CREATED],
    "users": [SEARCH, ACTIVE, CREATED],
}

router = APIRouter(prefix="/exports", tags=["exports"])


def negotiate(request: Request) -> Format:
    """Return the requested format, by name or by media type; raise `Invalid`."""
    named = request.query_params.get("format")
    if named is not None:
        if named not in FORMATS:
            raise Invalid({"format": f"Choose one of {', '.join(FORMATS)}."})
        return FORMATS[named]
    accepted = request.headers.get("accept", "").split(",")
    kinds = [each.partition(";")[0].strip().lower() for each in accepted]
    return FORMATS[next((BY_MEDIA_TYPE[k] for k in kinds if k in BY_MEDIA_TYPE), DEFAULT)]


def _add(question: Question) -> None:
    async def export(request: Request, call: CurrentCall) -> Response:
        query = {name: value for name, value in request.query_params.items() if name != "format"}
        order = order_query.read_order(question, negotiate(request), query)
        return await responses.respond(order, call.actor)

    documented = {"parameters": [FORMAT, ZONE, *FILTERS.get(question.name, [])]}
    router.add_api_route(
        f"/{question.name}",
        export,
        operation_id=f"export_{question.name}",
        summary=f"Export: {question.title}",
        description=TELLING.format(question.description),
        response_class=Response,
        responses={
            200: {"description": "The file.", "content": CONTENT, **AS_OF},
            **problems.documented(422),
        },
        openapi_extra=scoped(SCOPE_OF[question.action]) | documented,
    )


for each in QUESTIONS.values():
    if each.action in SCOPE_OF and not each.only_drawn:  # no token may export the audit
        _add(each)
