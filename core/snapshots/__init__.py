"""Published Parquet snapshots: finds the current one, reads its manifest, verifies its files."""
