"""The other ways to a CSV of all users: read the Parquet files whole, and write one file whole."""

import sys
import tempfile
from pathlib import Path

# What a rival needs is imported where it is used, so that its memory holds nothing else.


def main(rival: str, source: str) -> None:
    """Write the users as CSV with `polars` or `pandas`."""
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "users.csv"
        if rival == "polars":
            import polars as pl

            pl.read_parquet(f"{source}/*.parquet").write_csv(target)
        else:
            import pandas as pd

            pd.read_parquet(source).to_csv(target, index=False)


if __name__ == "__main__":
    main(*sys.argv[1:])
