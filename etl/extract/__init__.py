"""Exports PostgreSQL to Parquet: partitions are read in parallel from one exported snapshot."""
