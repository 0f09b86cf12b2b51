"""Telemetry: one readable line a span or a log record, which no input can break in two."""

import logging

from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from core.telemetry.setup import LineFormatter, span_line


def test_a_log_record_is_one_line_whatever_it_says() -> None:
    hostile = "name\r\n2026-01-01 INFO forged \x1b[31m${jndi:ldap://x}\u2028end"
    record = logging.LogRecord("tally", logging.INFO, "x.py", 1, "hello %s", (hostile,), None)
    line = LineFormatter().format(record)
    assert len(line.splitlines()) == 1
    assert "\\r\\n" in line
    assert "\\x1b[31m" in line


def test_a_span_is_one_line_with_its_duration_and_trace() -> None:
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    with provider.get_tracer("test").start_as_current_span("step") as span:
        span.set_attribute("statement", "SELECT 1\nFROM x")
    (finished,) = exporter.get_finished_spans()
    line = span_line(finished)
    assert line.endswith("\n")
    assert len(line.splitlines()) == 1
    assert " ms step statement=SELECT 1 FROM x " in line
    assert f"trace={finished.context.trace_id:032x}" in line
    provider.shutdown()
