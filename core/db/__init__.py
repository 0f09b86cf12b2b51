"""PostgreSQL: the connection, the tables, and how pages of them are read."""
