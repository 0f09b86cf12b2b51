"""PostgreSQL to Parquet: the refresh that keeps analytics away from the operational database."""

import core  # noqa: F401  # before Arrow: it chooses the allocator
