"""Processes at the cost of a fork: one parent imports everything once, children can be killed.

Importing what a refresh needs takes seconds on a busy machine, a fork some milliseconds.
"""

import importlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import traceback
from dataclasses import dataclass, field
from multiprocessing.connection import Client, Connection, Listener
from pathlib import Path
from types import TracebackType
from typing import Self

from core.process import Process
from core.settings import ROOT
from core.telemetry import malloc
from tests.faults.world import wait_until

PRELOADED = ("tests.faults.refresher", "tests.faults.reader")


@dataclass
class Child:
    """A process that plays a role; `connection` leads to it."""

    pid: int
    connection: Connection
    log: Path

    def signal(self, number: int) -> None:
        """Send a signal, also to one that is gone."""
        try:
            os.kill(self.pid, number)
        except ProcessLookupError:
            return

    def is_gone(self) -> bool:
        """Return whether the process is no more; the nursery collects the dead at once."""
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return True
        return False

    def ask(self, order: object, *, seconds: float = 60) -> object:
        """Send an order and return the answer."""
        self.connection.send(order)
        return self.receive(seconds=seconds)

    def receive(self, *, seconds: float = 60) -> object:
        """Return the next message; raise `EOFError` from a dead child, `TimeoutError` if silent."""
        if not self.connection.poll(seconds):
            raise TimeoutError(f"process {self.pid} said nothing for {seconds} s")
        try:
            return self.connection.recv()
        except EOFError:
            wait_until(self.is_gone, 2)  # it may still be saying why
            raise EOFError(f"process {self.pid} is dead: {self.log.read_text()[-2000:]}") from None


@dataclass
class Nursery:
    """The parent of all children; whatever still lives is killed at the end of the block."""

    children: list[Child] = field(default_factory=list)

    def __enter__(self) -> Self:
        self._folder = tempfile.TemporaryDirectory(prefix="tally-faults-")
        self.log = Path(self._folder.name) / "log"
        with self.log.open("wb") as log:
            self._parent = subprocess.Popen(
                [sys.executable, "-m", __name__],
                cwd=ROOT,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        return self

    def start(self, role: str, **options: object) -> Child:
        """Fork a child that runs `module:function` with a connection to here, and the options."""
        assert self._parent.stdin is not None
        assert self._parent.stdout is not None
        address = str(Path(self._folder.name) / f"s{len(self.children)}")
        with Listener(address) as listener:
            order = {"role": role, "address": address, "options": options}
            self._parent.stdin.write(json.dumps(order) + "\n")
            self._parent.stdin.flush()
            pid = self._parent.stdout.readline()
            assert pid, f"the nursery is gone: {self.log.read_text()}"
            child = Child(int(pid), listener.accept(), self.log)
        self.children.append(child)
        return child

    def end_all(self) -> None:
        """Kill all children that still live."""
        for child in self.children:
            child.signal(signal.SIGKILL)
            child.connection.close()
        assert wait_until(lambda: all(child.is_gone() for child in self.children), 10)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.end_all()
        self._parent.kill()
        self._parent.communicate()
        self._folder.cleanup()


def main() -> None:
    """Fork a child for each line of the standard input, until it ends."""
    malloc.configure()
    for module in PRELOADED:
        importlib.import_module(module)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # no zombies: a dead child is gone
    for line in sys.stdin:
        pid = os.fork()
        if not pid:
            try:
                play(json.loads(line))
            except BaseException:  # noqa: BLE001  # whatever it is, it is for the log
                traceback.print_exc()
            os._exit(0)  # without tidying up what was imported, which takes longer than the role
        sys.stdout.write(f"{pid}\n")
        sys.stdout.flush()


def play(order: dict[str, object]) -> None:
    """Be a child: connect to who asked, and play the role to its end."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    os.dup2(nothing, 1)
    module, name = str(order["role"]).split(":")
    with Client(str(order["address"])) as harness, Process():
        getattr(importlib.import_module(module), name)(harness, **order["options"])  # type: ignore[arg-type]


if __name__ == "__main__":
    main()
