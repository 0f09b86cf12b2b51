"""A snapshot compared with the database it came from."""
