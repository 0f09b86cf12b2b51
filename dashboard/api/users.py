"""Users over the API: what the Users page does, for programs."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, computed_field
from sqlalchemy.orm import Session
from starlette.responses import Response

from core.actor import Actor
from core.manage import users
from core.manage.users import UserChange, UserForm
from core.text.addresses import warn_of_lookalikes
from dashboard.api.protocol import bodies, problems, versions
from dashboard.api.protocol.calls import CurrentCall
from dashboard.api.protocol.description import scoped
from dashboard.api.protocol.lists import Listed, Part
from dashboard.api.protocol.rows import Documented, RowRoutes

EXAMPLE = {"email": "ann@example.com", "full_name": "Ann Example"}


class UserOut(BaseModel):
    """A user; only staff can sign in, and superusers also manage users."""

    model_config = ConfigDict(
        from_attributes=True,
        json_schema_extra={
            "examples": [
                {
                    "id": 7,
                    **EXAMPLE,
                    "is_active": True,
                    "is_staff": False,
                    "is_superuser": False,
                    "version": 1,
                    "created_at": "2026-11-23T06:00:00Z",
                    "updated_at": "2026-11-23T06:00:00Z",
                    "warnings": [],
                }
            ]
        },
    )

    id: int
    email: str
    full_name: str | None
    is_active: bool
    is_staff: bool
    is_superuser: bool
    version: int
    created_at: datetime
    updated_at: datetime

    @computed_field(description="What may be wrong with the address: letters of several scripts")
    def warnings(self) -> list[str]:
        """Return what people should look at again."""
        warning = warn_of_lookalikes(self.email)
        return [warning] if warning else []


ROWS = RowRoutes(
    noun="user",
    service=users.SERVICE,
    shape=UserOut,
    show=UserOut.model_validate,
    create=Documented(
        "Create a user; without a password, one who owns items but cannot sign in.",
        bodies.described(UserForm, example=EXAMPLE),
    ),
    change=Documented(
        "Change the fields that are given; a change of role or password ends the user's sessions.",
        bodies.described(UserChange, example={"is_active": False}),
    ),
    delete="Delete a user with all items.",
)
router = APIRouter(prefix="/users", tags=["users"])


@router.get(
    "",
    response_model=Listed[UserOut],
    responses=problems.documented(422),
    openapi_extra=ROWS.reads,
)
async def list_users(call: CurrentCall, part: Annotated[Part, Query()]) -> Response:
    """List users, newest first, who have the words of `search` in address or name."""

    def work(db: Session, actor: Actor) -> Response:
        page = users.list_users(
            db, actor=actor, search=part.search, skip=part.skip, limit=part.limit
        )
        return ROWS.answer_page(page)

    return await call.run(work)


@router.get(
    "/me",
    response_model=UserOut,
    responses={200: {"headers": versions.ANSWERED}},
    openapi_extra=scoped(),
)
async def read_own_user(call: CurrentCall) -> Response:
    """Read the user whose token or session this is."""
    return await call.run(lambda db, actor: ROWS.answer(users.get_own(db, actor=actor)))


ROWS.add_to(router)
