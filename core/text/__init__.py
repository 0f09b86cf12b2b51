"""Texts that people type: which characters they may hold, and how they are compared."""
