"""The lower bound of an export's time: PostgreSQL's COPY of the same columns, discarded."""

import os
import time
from contextlib import closing
from pathlib import Path

import psycopg2

from etl.extract.datasets import TABLES

BUFFER_BYTES = 1 << 20


def measure(url: str) -> float:
    """Return the seconds of a binary COPY of both tables, one after the other."""
    with (
        closing(psycopg2.connect(url)) as connection,
        connection.cursor() as cursor,
        Path(os.devnull).open("wb", buffering=BUFFER_BYTES) as nothing,
    ):
        started = time.perf_counter()
        for table in TABLES:
            query = f'SELECT {table.columns} FROM "{table.name}"'
            cursor.copy_expert(f"COPY ({query}) TO STDOUT (FORMAT binary)", nothing)
        return time.perf_counter() - started
