"""Pictures out of charts: each is drawn in a process of its own, which ends with it.

The library brings a whole V8 along, whose memory the server need not keep.
"""

import json
import logging
import os
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from core.errors import TallyError, Unavailable
from core.telemetry.setup import tracer
from dashboard.exports.svg_safety import NotInert, require_inert

Kind = Literal["png", "svg"]
PROGRAM = Path(__file__).with_name("svg_program.py")
SECONDS = 20.0
WAIT_SECONDS = 10.0
BUSY = "Other pictures are being drawn. Please try again in a moment."
TOO_SLOW = "This picture took too long to draw, so it was stopped. Please try again, or show less."
FAILED = "This picture could not be drawn. The numbers can be exported all the same."

log = logging.getLogger(__name__)
_one = threading.Lock()


class NotDrawn(TallyError):
    """A picture that the library could not draw, or that is not what it should be."""


def render(spec: Mapping[str, object], kind: Kind) -> bytes:
    """Return the picture of a Vega-Lite specification whose rows are in it.

    One at a time. Raises `Unavailable` when others keep it waiting or it takes too long, and
    `NotDrawn`.
    """
    with tracer.start_as_current_span("draw picture", attributes={"tally.format": kind}):
        if not _one.acquire(timeout=WAIT_SECONDS):
            raise Unavailable(BUSY)
        try:
            drawing = _run("svg", json.dumps(spec).encode())
            _check(drawing)  # also before it becomes a PNG: for that, images are fetched
            return drawing if kind == "svg" else _run("png", drawing)
        finally:
            _one.release()


def _run(kind: Kind, given: bytes) -> bytes:
    # Isolated, and without the environment, which holds secrets. Days begin at midnight in UTC.
    command = [sys.executable, "-I", str(PROGRAM), kind]
    environment = {"PATH": os.defpath, "TZ": "UTC"}
    try:
        done = subprocess.run(  # noqa: S603 - the command is ours, and the rows come over its input
            command, input=given, capture_output=True, timeout=SECONDS, env=environment, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise Unavailable(TOO_SLOW) from error
    if done.returncode or not done.stdout:
        log.error("A picture was not drawn: %s", done.stderr.decode(errors="replace")[-2000:])
        raise NotDrawn(FAILED)
    return done.stdout


def _check(drawn: bytes) -> None:
    try:
        require_inert(drawn)
    except NotInert as error:
        log.exception("A drawing was not let out")
        raise NotDrawn(FAILED) from error
