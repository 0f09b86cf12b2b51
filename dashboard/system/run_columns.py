"""What the tables of refreshes, verifications and snapshots have in common."""

from datetime import datetime
from typing import Any

import streamlit as st

from dashboard.ui import local_time

MOST_ROWS = 12  # beyond which a table scrolls


def run_duration(began: datetime | None, ended: datetime | None) -> str:
    """Format the time between two times; empty while the second is missing."""
    return local_time.duration(ended - began) if began and ended else ""


def started_column(label: str) -> Any:
    """Return a column of points in time, to the second, in the reader's zone."""
    return st.column_config.DatetimeColumn(
        label, format="YYYY-MM-DD HH:mm:ss", timezone=local_time.zone().key, width=135
    )
