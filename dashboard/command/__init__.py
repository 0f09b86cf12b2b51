"""The terminal: what commands print and ask."""
