"""Builds a snapshot in a staging folder, checks it, and publishes it."""
