"""The server process: start, scheduler, health checks, and shutdown."""
