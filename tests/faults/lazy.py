"""The command line's refresh with one fsync left out: `python -m tests.faults.lazy NUMBER`."""

import sys

from etl import export_to_parquet
from tests.faults.builds import without_fsync

if __name__ == "__main__":
    without_fsync(int(sys.argv[1]))
    sys.exit(export_to_parquet.main())
