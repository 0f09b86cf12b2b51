"""Texts that people type: which characters they may contain, and how they are compared."""
