"""Published Parquet snapshots: which is current, what is in it, whether it is whole."""
