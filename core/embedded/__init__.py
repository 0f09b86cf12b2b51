"""The embedded PostgreSQL: its server, its files, its disk."""
