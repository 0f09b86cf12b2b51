"""Traces, logs, supervised background work, and the memory of the process."""
