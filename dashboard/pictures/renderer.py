"""Draws each picture in a short-lived child process.

The library contains a whole V8 engine; its memory would stay in the server for good.
"""

import json
import logging
import os
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path

from core.errors import TallyError, Unavailable
from core.telemetry.setup import tracer
from dashboard.pictures.formats import FormatName
from dashboard.pictures.svg_safety import NotInert, require_inert

PROGRAM = Path(__file__).with_name("renderer_program.py")
BUSY = "Other pictures are being drawn. Please try again in a moment."
TOO_SLOW = "This picture took too long to draw, so it was stopped. Please try again, or show less."
FAILED = "This picture could not be drawn. The numbers can be exported all the same."

log = logging.getLogger(__name__)


class NotDrawn(TallyError):
    """The library could not draw the picture, or its output failed the safety check."""


class Renderer:
    """Renders one picture at a time.

    `seconds` limits each step, `wait_seconds` the time it waits for other pictures.
    """

    def __init__(self, *, seconds: float = 20.0, wait_seconds: float = 10.0) -> None:
        self.seconds = seconds
        self.wait_seconds = wait_seconds
        self._one = threading.Lock()

    def render(self, spec: Mapping[str, object], format: FormatName) -> bytes:
        """Render a Vega-Lite specification that includes its rows.

        Raises `Unavailable` if it waits for others or takes too long, and `NotDrawn`.
        """
        with tracer.start_as_current_span("draw picture", attributes={"tally.format": format}):
            if not self._one.acquire(timeout=self.wait_seconds):
                raise Unavailable(BUSY)
            try:
                svg = self._run("svg", json.dumps(spec).encode())
                _check(svg)  # before a PNG as well, as the conversion would fetch linked images
                return svg if format == "svg" else self._run("png", svg)
            finally:
                self._one.release()

    def _run(self, format: FormatName, source: bytes) -> bytes:
        # Isolated (-I), and without the environment, which holds secrets. Dates are drawn in UTC.
        command = [sys.executable, "-I", str(PROGRAM), format]
        environment = {"PATH": os.defpath, "TZ": "UTC"}
        try:
            done = subprocess.run(  # noqa: S603 - the command is ours, and the rows are its input
                command,
                input=source,
                capture_output=True,
                timeout=self.seconds,
                env=environment,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise Unavailable(TOO_SLOW) from error
        if done.returncode or not done.stdout:
            log.error("A picture was not drawn: %s", done.stderr.decode(errors="replace")[-2000:])
            raise NotDrawn(FAILED)
        return done.stdout


def _check(svg: bytes) -> None:
    try:
        require_inert(svg)
    except NotInert as error:
        log.exception("A drawing was not let out")
        raise NotDrawn(FAILED) from error
