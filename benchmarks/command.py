"""A command in a process of its own, with the time it took and the most memory it ever had."""

import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import psutil

from core.settings import ROOT

SAMPLE_SECONDS = 0.02


@dataclass(frozen=True)
class Finished:
    """What a command did: seconds from its start to its end, and on processors; peak bytes."""

    seconds: float
    cpu_seconds: float
    peak_bytes: int
    output: str

    @property
    def cost(self) -> str:
        """Time and memory in words."""
        megabytes = self.peak_bytes / 1e6
        return f"{self.seconds:.2f} s, {self.cpu_seconds:.2f} s of CPU, {megabytes:,.0f} MB"


class Failed(Exception):
    """A command ended with another status than 0; the message is the end of what it said."""


def run(*arguments: str, environment: Mapping[str, str] | None = None) -> Finished:
    """Run `python -m` with the arguments, alone in its process; raise `Failed` when it fails.

    The peak is the resident memory of that process only, as the kernel keeps it (`VmHWM`).
    """
    with tempfile.TemporaryFile("w+") as output, tempfile.TemporaryFile("w+") as errors:
        started, used = time.perf_counter(), _cpu_seconds()
        process = subprocess.Popen(
            [sys.executable, "-m", *arguments],
            stdout=output,
            stderr=errors,
            cwd=ROOT,
            env={**os.environ, **(environment or {})},
        )
        peak = _watch(process)
        seconds = time.perf_counter() - started
        for stream in (output, errors):
            stream.seek(0)
        if process.returncode:
            raise Failed(_last_line(errors.read()) or f"exit status {process.returncode}")
        return Finished(seconds, _cpu_seconds() - used, peak, output.read())


def _cpu_seconds() -> float:
    """Return what all children that have ended used so far."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _watch(process: subprocess.Popen[bytes]) -> int:
    peak = 0
    try:
        while process.poll() is None:
            peak = max(peak, _peak_bytes(process.pid))
            try:
                process.wait(SAMPLE_SECONDS)
            except subprocess.TimeoutExpired:
                continue
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait()
    return peak


def _peak_bytes(pid: int) -> int:
    """Return the peak of a process so far; where the kernel does not keep it, its memory now."""
    status = Path(f"/proc/{pid}/status")
    try:
        if not status.exists():
            return int(psutil.Process(pid).memory_info().rss)
        for line in status.read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    except (OSError, psutil.Error):
        return 0  # it has just ended
    return 0


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else ""
