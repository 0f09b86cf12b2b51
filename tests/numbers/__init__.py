"""Every number of the analytics pages, against SQL that PostgreSQL answers from the rows."""
