"""Traces, logs, and what the process takes of memory."""
