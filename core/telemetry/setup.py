"""Traces and logs; the entry point of the process sets them up once."""

import logging
import sys
import traceback
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType

from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.instrumentation.psycopg2 import Psycopg2Instrumentor
from opentelemetry.instrumentation.sqlalchemy import SQLAlchemyInstrumentor
from opentelemetry.sdk.resources import SERVICE_NAME, Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, ConsoleSpanExporter

from core.settings import get_settings

CHATTY = ("apscheduler",)  # it logs several lines every few seconds
MOST_FRAMES = 12
ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]
ETL_SUFFIX = "-etl-script"
tracer = trace.get_tracer("tally")


def configure(*, suffix: str = "") -> None:
    """Set up logging and, unless turned off, tracing; `suffix` is appended to the service name."""
    settings = get_settings()
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(LineFormatter())
    logging.basicConfig(level=settings.log_level, handlers=[handler], force=True)
    for name in CHATTY:
        logging.getLogger(name).setLevel(max(logging.WARNING, logging.root.level))
    if settings.otel_traces_exporter == "none":
        return
    provider = TracerProvider(resource=Resource({SERVICE_NAME: settings.service_name + suffix}))
    if settings.otel_exporter_otlp_endpoint:
        provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    else:
        console = ConsoleSpanExporter(out=sys.stderr, formatter=span_line)
        provider.add_span_processor(BatchSpanProcessor(console, schedule_delay_millis=1000))
    trace.set_tracer_provider(provider)
    Psycopg2Instrumentor().instrument(skip_dep_check=True)
    SQLAlchemyInstrumentor().instrument(skip_dep_check=True)


def take_over(library: str) -> None:
    """Remove the handlers that a library installed, so that our own handler escapes its lines."""
    for name in list(logging.root.manager.loggerDict):
        if name.partition(".")[0] == library:
            logging.getLogger(name).handlers.clear()
            logging.getLogger(name).propagate = True


def shutdown() -> None:
    """Export the remaining spans and stop tracing."""
    provider = trace.get_tracer_provider()
    if isinstance(provider, TracerProvider):
        provider.shutdown()


def trace_id() -> str | None:
    """Return the current trace's id as 32 hex digits, or None outside a trace."""
    context = trace.get_current_span().get_span_context()
    return f"{context.trace_id:032x}" if context.is_valid else None


def span_line(span: ReadableSpan) -> str:
    """Format a span as one line: start, duration, name, attributes and trace id."""
    start, end = span.start_time or 0, span.end_time or 0
    at = datetime.fromtimestamp(start / 1e9, UTC).strftime("%H:%M:%S.%f")[:-3]
    context = span.get_span_context()
    attributes = " ".join(
        f"{key}={_short(value)}" for key, value in (span.attributes or {}).items()
    )
    status = "" if span.status.is_ok or span.status.is_unset else " ERROR"
    trace_text = f"{context.trace_id:032x}" if context else "-"
    service = span.resource.attributes.get(SERVICE_NAME)
    line = f"{at} {(end - start) / 1e6:9.1f} ms{status} {span.name} {attributes}"
    return f"span {line} service={service} trace={trace_text}\n"


class LineFormatter(logging.Formatter):
    """Writes one line per record; it escapes control characters, so no input can forge a line."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        """Format the record as one escaped line, with the trace id if there is one."""
        identity = trace_id()
        return escape(super().format(record)) + (f" trace={identity}" if identity else "")

    def formatException(self, ei: ExcInfo) -> str:  # noqa: N802 - the base class's name
        """Format an exception as one line: error, cause, and up to 12 frames, innermost last."""
        kind, error, trace_back = ei
        frames = traceback.extract_tb(trace_back)[-MOST_FRAMES:]
        places = " > ".join(f"{_short_path(frame.filename)}:{frame.lineno}" for frame in frames)
        cause = error and (error.__cause__ or error.__context__)
        because = f" because of {type(cause).__name__}: {cause}" if cause else ""
        return f"{kind.__name__ if kind else ''}: {error}{because} ({places})"


def escape(text: str) -> str:
    """Return `text` with each unprintable character as an escape sequence."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def _short_path(path: str) -> str:
    return "/".join(Path(path).parts[-2:])


def _short(value: object, limit: int = 160) -> str:
    text = escape(" ".join(str(value).split()))
    return text if len(text) <= limit else text[:limit] + "…"
