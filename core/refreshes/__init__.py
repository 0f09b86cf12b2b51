"""Refreshes as people see them: requested, verified, rolled back, listed."""
