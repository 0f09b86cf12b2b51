"""Calls of the services: by whom, in threads of their own, each in one transaction."""

from collections.abc import Callable
from typing import Annotated, TypeVar

import anyio.to_thread
from anyio import CapacityLimiter
from fastapi import Depends, Request
from sqlalchemy.orm import Session

from core.actor import Actor
from core.db import engine

Answer = TypeVar("Answer")
# Not the framework's threads, which also serve static files: those would wait behind slow answers.
_threads = CapacityLimiter(8)


class Call:
    """What one request asks of a service, for the actor whom the gate let in."""

    def __init__(self, actor: Actor) -> None:
        self.actor = actor

    async def run(self, work: Callable[[Session, Actor], Answer]) -> Answer:
        """Return what `work` makes of one transaction."""
        return await anyio.to_thread.run_sync(self._run, work, limiter=_threads)

    def _run(self, work: Callable[[Session, Actor], Answer]) -> Answer:
        with engine.transaction() as db:
            return work(db, self.actor)


async def current_call(request: Request) -> Call:
    """Return the call that a request makes."""
    return Call(request.scope["user"])


CurrentCall = Annotated[Call, Depends(current_call)]
