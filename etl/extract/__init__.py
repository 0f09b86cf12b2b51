"""PostgreSQL to Parquet: one exported snapshot, read by partition in parallel."""
