"""Other ways to a CSV of all users: read the Parquet files into memory, and write one file."""

import sys
import tempfile
from pathlib import Path

# Each rival imports its own libraries, so that its memory holds nothing else.


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
