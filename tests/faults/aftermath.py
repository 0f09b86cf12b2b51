"""What a killed refresh must not leave: connections, the lock, an open row, files."""

from collections.abc import Iterator
from pathlib import Path

import psycopg2

from core.snapshots import folders
from core.snapshots.folders import FOLDER
from core.snapshots.manifest import MANIFEST
from tests.faults.world import wait_until

PATIENCE_SECONDS = 5
SESSIONS = """
    SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND application_name LIKE 'tally%'
"""
LOCKS = """
    SELECT count(*) FROM pg_locks JOIN pg_database ON pg_database.oid = database
    WHERE locktype = 'advisory' AND datname = current_database()
"""
RUNNING = "SELECT count(*) FROM refresh_run WHERE status = 'running'"


class Aftermath:
    """Looks at a database and a folder of snapshots; `usual` is what lies there in peace."""

    def __init__(self, url: str, root: Path) -> None:
        self._connection = psycopg2.connect(url, application_name="faults aftermath")
        self._connection.autocommit = True
        self._root = root
        self._usual = {path.name for path in root.iterdir()}

    def of_death(self) -> Iterator[str]:
        """Yield what is wrong some moments after a process died, before another starts."""
        if not wait_until(lambda: not self._count(SESSIONS), PATIENCE_SECONDS):
            yield f"{self._count(SESSIONS)} connections are left after {PATIENCE_SECONDS} s"
        if self._count(LOCKS):
            yield "the lock is not free"

    def of_start(self) -> Iterator[str]:
        """Yield what is wrong once the next process has started, and does nothing yet."""
        if self._count(RUNNING):
            yield "a refresh without its process is still called running"
        for path in sorted(self._root.iterdir()):
            if path.name not in self._usual:
                yield f"{path.name} is left in the folder"
        for path in sorted((self._root / "staging").glob("*")):
            yield f"{path.name} is left in staging"
        published = folders.published_folder(self._root)
        for path in sorted((self._root / FOLDER).iterdir()):
            if published is None or path.name > published.name:
                yield f"{path.name} is left and was never published"
            if not (path / MANIFEST).exists():
                yield f"{path.name} is left without its manifest"

    def close(self) -> None:
        """Leave the database."""
        self._connection.close()

    def _count(self, query: str) -> int:
        with self._connection.cursor() as cursor:
            cursor.execute(query)
            return int((cursor.fetchone() or (0,))[0])
