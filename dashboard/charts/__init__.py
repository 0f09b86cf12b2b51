"""Charts: a table in, a specification out."""
