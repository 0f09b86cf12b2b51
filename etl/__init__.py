"""PostgreSQL to Parquet: the refresh that keeps analytics away from the operational database."""
