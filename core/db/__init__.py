"""PostgreSQL: the connection, the tables, and how they are read in pages."""
