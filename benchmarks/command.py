"""Runs a command in a separate process, and measures its time and its peak memory."""

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
    """The cost of a command: wall-clock seconds, processor seconds, and peak bytes."""

    seconds: float
    cpu_seconds: float
    peak_bytes: int
    output: str

    @property
    def cost(self) -> str:
        """Return time and memory as text."""
        megabytes = self.peak_bytes / 1e6
        return f"{self.seconds:.2f} s, {self.cpu_seconds:.2f} s of CPU, {megabytes:,.0f} MB"


class Failed(Exception):
    """A command ended with a status other than 0; the message is the end of its output."""


def run(*arguments: str, environment: Mapping[str, str] | None = None) -> Finished:
    """Run `python -m` with the arguments in its own process; raise `Failed` if it fails.

    The peak is the resident memory of only that process, as the kernel reports it (`VmHWM`).
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
    """Return the processor seconds of all child processes that have ended."""
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
    """Return the peak memory of a process, or its current memory if the kernel keeps no peak."""
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
