"""Operations on a row, shared by all tables: read, create, change and delete."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Generic

from fastapi import APIRouter, Path
from pydantic import BaseModel
from sqlalchemy.orm import Session
from starlette.responses import Response

from core.actor import Actor
from core.db.fields import Id
from core.db.paging import Page
from core.manage.row_editor import Row
from core.manage.row_service import Removed, RowService
from dashboard.api.protocol import responses, versions
from dashboard.api.protocol.bodies import JsonObject
from dashboard.api.protocol.calls import CurrentCall
from dashboard.api.protocol.description import scoped
from dashboard.api.protocol.lists import Listed
from dashboard.api.protocol.versions import Version


@dataclass(frozen=True)
class Documented:
    """The OpenAPI description of an operation with a body, and of that body."""

    text: str
    body: Mapping[str, Any]


@dataclass(frozen=True)
class RowRoutes(Generic[Row, Removed]):
    """The operations of one table; `noun` names one row, and `show` returns it as a `shape`."""

    noun: str
    service: RowService[Row, Removed]
    shape: type[BaseModel]
    show: Callable[[Row], BaseModel]
    create: Documented
    change: Documented
    delete: str

    def add_to(self, router: APIRouter) -> None:
        """Add the operations to a router."""
        self._add_read(router)
        self._add_create(router)
        self._add_change(router)
        self._add_delete(router)

    def answer(self, row: Row) -> Response:
        """Return a row, with its version as ETag."""
        return responses.row(self.show(row), version=row.version)

    def answer_page(self, page: Page[Sequence[Row]]) -> Response:
        """Return one page of rows."""
        data = [self.show(row) for row in page.rows]
        return responses.answer(Listed(data=data, count=page.count))

    @property
    def reads(self) -> dict[str, Any]:
        """The scope that reading needs, for `openapi_extra`."""
        return scoped(f"{self.noun}s:read")

    @property
    def _writes(self) -> dict[str, Any]:
        return scoped(f"{self.noun}s:write")

    @property
    def _path(self) -> str:
        return f"/{{{self.noun}_id:row}}"

    def _id(self) -> Any:
        return Path(alias=f"{self.noun}_id", description=f"The {self.noun}'s id")

    def _add_read(self, router: APIRouter) -> None:
        @router.get(
            self._path,
            name=f"read_{self.noun}",
            description=f"Read one {self.noun}.",
            response_model=self.shape,
            responses=responses.READ,
            openapi_extra=self.reads,
        )
        async def read(call: CurrentCall, row_id: Annotated[Id, self._id()]) -> Response:
            def work(db: Session, actor: Actor) -> Response:
                return self.answer(self.service.get(db, row_id, actor=actor))

            return await call.run(work)

    def _add_create(self, router: APIRouter) -> None:
        @router.post(
            "",
            name=f"create_{self.noun}",
            description=self.create.text,
            status_code=201,
            response_model=self.shape,
            responses=responses.CREATED,
            openapi_extra={**self._writes, **self.create.body},
        )
        async def create(call: CurrentCall, values: JsonObject) -> Response:
            def work(db: Session, actor: Actor) -> Response:
                row = self.service.create(db, actor=actor, values=values)
                path = f"{router.prefix}/{row.id}"
                return responses.created(self.show(row), version=row.version, path=path)

            return await call.run(work)

    def _add_change(self, router: APIRouter) -> None:
        @router.patch(
            self._path,
            name=f"change_{self.noun}",
            description=self.change.text,
            response_model=self.shape,
            responses=responses.CHANGED,
            openapi_extra={**self._writes, **versions.ASKED, **self.change.body},
        )
        async def change(
            call: CurrentCall,
            row_id: Annotated[Id, self._id()],
            version: Version,
            values: JsonObject,
        ) -> Response:
            def work(db: Session, actor: Actor) -> Response:
                row = self.service.update(db, row_id, actor=actor, version=version, values=values)
                return self.answer(row)

            return await call.run(work)

    def _add_delete(self, router: APIRouter) -> None:
        @router.delete(
            self._path,
            name=f"delete_{self.noun}",
            description=self.delete,
            status_code=204,
            responses=responses.DELETED,
            openapi_extra={**self._writes, **versions.ASKED},
        )
        async def delete(
            call: CurrentCall, row_id: Annotated[Id, self._id()], version: Version
        ) -> Response:
            def work(db: Session, actor: Actor) -> Response:
                self.service.delete(db, row_id, actor=actor, version=version)
                return Response(status_code=204)

            return await call.run(work)
