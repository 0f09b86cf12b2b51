"""What one process of Tally has of its own while it runs: made once, released in reverse order.

An entry point begins it: the server, a command, a script, a test. Whoever needs something of it
says the class, `process.resource(Snapshots)`, and gets the one of this process; the room that the
class is about declares it. So no module keeps state of its own, and a test has nothing to reset.

**One per process**: the settings as read at its start; the pool of connections, the watch over
PostgreSQL and the hold on an embedded one (`Database`); the connection to DuckDB and how many
questions it answers at once (`Warehouse`); which snapshots were opened, and the files whose hash is
known (`Snapshots`); who is told of what happens here (`Scheduling`, `Damage`, `Revocations`); what
a refresh could not write down yet (`Unwritten`) and how fast it may go by itself (`AutomaticPace`);
and in the dashboard who is signed in, which pages are open, their order and their shares. Several
processes have several of them, so a limit counted here is a limit a process.

**One per installation**, whatever the number of processes and machines: all rows of PostgreSQL, so
the sessions, tokens, audit, the open request for a refresh and its history; the advisory lock that
lets one refresh run at a time; the store of snapshots with `current`, the quarantine and a rollback
beside it; and SECRET_KEY. Nothing here may be the only place that knows of a change to those.
"""

import threading
from collections.abc import Callable
from contextlib import ExitStack
from types import TracebackType
from typing import Protocol, Self, TypeVar, cast, runtime_checkable

Resource = TypeVar("Resource")
NONE = "No process of Tally has begun here: an entry point does `with Process():` first."


@runtime_checkable
class Closes(Protocol):
    """A resource that holds what has to be released."""

    def close(self) -> None:
        """Release it."""


class Process:
    """The resources of one process, by their class, each made when it is first asked for."""

    def __init__(self) -> None:
        self._making = threading.RLock()  # making one may need another, which is then closed later
        self._made: dict[Callable[..., object], object] = {}
        self._outer: Process | None = None

    def resource(self, kind: Callable[[], Resource]) -> Resource:
        """Return the resource of a class, which is made by calling the class without arguments."""
        made = self._made.get(kind)
        if made is None:
            with self._making:
                if kind not in self._made:
                    made = kind()
                    self._made[kind] = made
                made = self._made[kind]
        return cast("Resource", made)

    def put(self, resource: object) -> None:
        """Let something be the resource of its class from now on."""
        with self._making:
            self._made[type(resource)] = resource

    def close(self) -> None:
        """Release all resources, the last one made first; what is asked for later is made anew."""
        with self._making:
            released, self._made = self._made, {}
        with ExitStack() as stack:
            for made in released.values():
                if isinstance(made, Closes):
                    stack.callback(made.close)

    def __enter__(self) -> Self:
        global _current
        self._outer, _current = _current, self
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        global _current
        try:
            self.close()
        finally:
            _current = self._outer


_current: Process | None = None  # the one name of all modules that is bound anew


def begin() -> Process:
    """Begin a process, or go on with the one that runs; for modules that are imported to be run."""
    return _current or Process().__enter__()


def current() -> Process:
    """Return the process that runs; raise `RuntimeError` when none has begun."""
    if _current is None:
        raise RuntimeError(NONE)
    return _current


def resource(kind: Callable[[], Resource]) -> Resource:
    """Return this process's resource of a class."""
    return current().resource(kind)
