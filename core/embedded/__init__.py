"""The PostgreSQL that comes along: its server, its files, its disk."""
