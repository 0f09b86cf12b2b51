"""Starts the measured servers: `tally serve`, and Streamlit's server with a minimal page."""

import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2 as httpx
import psutil

from benchmarks.command import Failed
from benchmarks.scratch import Place
from core.settings import ROOT

HOST = "localhost"
HELLO = Path(__file__).parent / "hello.py"
START_SECONDS = 180
STOP_SECONDS = 30
MEGABYTE = 1e6
COMPLAINT = re.compile(r"^\S+ \S+ (?:ERROR|CRITICAL) ", re.MULTILINE)
# As Tally sets them: a full garbage collection after each run would cost more than the run.
LEAN = ("--runner.postScriptGC=false", "--server.fileWatcherType=none")


@dataclass(frozen=True)
class Server:
    """A running server: its port, its process, and its log file."""

    url: str
    process: psutil.Process
    log: Path

    def memory(self) -> float:
        """Return the current resident memory in MB."""
        return float(self.process.memory_info().rss) / MEGABYTE

    def cpu_seconds(self) -> float:
        """Return the processor seconds of the process so far."""
        used = self.process.cpu_times()
        return float(used.user + used.system)

    def complaints(self) -> int:
        """Return the number of errors that the server logged so far."""
        return len(COMPLAINT.findall(self.log.read_text(errors="replace")))


@contextmanager
def tally(place: Place, **settings: str) -> Iterator[Server]:
    """Start `tally serve` with more settings in a separate process; stop it after the block.

    Raises `Failed` if it does not start.
    """
    port = _free_port()
    environment = {**place.environment(), "LOG_LEVEL": "INFO", **settings}
    arguments = ("dashboard.cli", "serve", "--host", HOST, "--port", str(port))
    with _running(port, "/readyz", place.snapshots, arguments, environment) as server:
        yield server


@contextmanager
def hello(folder: Path, *, lean: bool) -> Iterator[Server]:
    """Start `streamlit run` with a minimal page; its log is in `folder`.

    `lean` uses the settings that Tally makes for speed, else Streamlit has its defaults.
    """
    port = _free_port()
    options = (f"--server.port={port}", "--server.headless=true", *(LEAN if lean else ()))
    arguments = ("streamlit", "run", str(HELLO), f"--server.address={HOST}", *options)
    with _running(port, "/_stcore/health", folder, arguments, {}) as server:
        yield server


@contextmanager
def _running(
    port: int, path: str, folder: Path, arguments: tuple[str, ...], environment: Mapping[str, str]
) -> Iterator[Server]:
    folder.mkdir(parents=True, exist_ok=True)
    log = folder / f"server-{port}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", *arguments],
            cwd=ROOT if environment else folder,  # Streamlit reads the options of where it starts
            env={**os.environ, **environment},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        server = Server(f"http://{HOST}:{port}", psutil.Process(process.pid), log)
        _wait_for(process, server, path)
        yield server
    finally:
        _end(process)


def _wait_for(process: subprocess.Popen[bytes], server: Server, path: str) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if httpx.get(server.url + path, timeout=5).is_success:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.2)
    last = server.log.read_text(errors="replace").strip().splitlines()[-1:]
    raise Failed(f"A server did not come up. {' '.join(last)}")


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
