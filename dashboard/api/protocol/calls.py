"""Calls services for an actor: in dedicated threads, each call in one transaction."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Annotated, TypeVar

import anyio.to_thread
from anyio import CapacityLimiter
from fastapi import Depends, Request
from sqlalchemy.orm import Session

from core import process
from core.actor import Actor
from core.db import engine

Answer = TypeVar("Answer")


@dataclass(frozen=True)
class CallThreads:
    """This process's threads for calls.

    Separate from the framework's threads, which also serve static files and must not wait.
    """

    limiter: CapacityLimiter = field(default_factory=lambda: CapacityLimiter(8))


class Call:
    """A request's access to services, on behalf of the actor whom the gate verified."""

    def __init__(self, actor: Actor) -> None:
        self.actor = actor

    async def run(self, work: Callable[[Session, Actor], Answer]) -> Answer:
        """Run `work` in a thread and a transaction; return its result."""
        threads = process.resource(CallThreads).limiter
        return await anyio.to_thread.run_sync(self._run, work, limiter=threads)

    def _run(self, work: Callable[[Session, Actor], Answer]) -> Answer:
        with engine.transaction() as db:
            return work(db, self.actor)


async def current_call(request: Request) -> Call:
    """Return the call for a request (a FastAPI dependency)."""
    return Call(request.scope["user"])


CurrentCall = Annotated[Call, Depends(current_call)]
