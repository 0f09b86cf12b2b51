"""Limits per person or client, so that nobody can keep others out."""
