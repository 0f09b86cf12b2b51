"""A snapshot staged, checked and named."""
