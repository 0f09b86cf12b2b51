"""Manifests on disk keep the names that they have, whatever the code calls things."""

import json
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

from core.snapshots.manifest import MANIFEST, File, Manifest, read_manifest, write_manifest


def test_a_partition_is_called_part_on_disk(tmp_path: Path) -> None:
    manifest = Manifest(
        generation=1,
        taken_at=datetime(2026, 1, 1, tzinfo=UTC),
        store=UUID(int=1),
        token=UUID(int=2),
        database="1:2",
        catalog="",
        pg_snapshot="1:1:",
        users=0,
        items=1,
        files=(
            File(path="items/part-3.parquet", rows=1, bytes=2, sha256="aa", partition=3),
            File(path="totals.parquet", rows=1, bytes=2, sha256="bb"),
        ),
    )
    (tmp_path / MANIFEST).write_bytes(write_manifest(manifest))
    written = json.loads((tmp_path / MANIFEST).read_text())["files"]
    assert [list(file) for file in written] == [["path", "rows", "bytes", "sha256", "part"]] * 2
    assert [file["part"] for file in written] == [3, None]
    assert read_manifest(tmp_path) == manifest
