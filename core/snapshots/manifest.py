"""The manifest of a snapshot: its files and origin, as JSON with a hash of its own content."""

import hashlib
import json
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

LAYOUT = 5
READABLE = (3, 4, LAYOUT)  # 3 has no updated_at, and users no is_staff; 4 has no search_text
FOLDED_SINCE = 5
MANIFEST = "manifest.json"
SEAL = "sha256"


class File(BaseModel):
    """A Parquet file; `path` is relative to the snapshot's folder, views have no `partition`."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    path: str
    rows: int
    bytes: int
    sha256: str
    partition: int | None = Field(None, alias="part")  # as manifests on disk have it

    def belongs_to(self, dataset: str) -> bool:
        """Tell whether this is the file of this view, or of a partition of this table."""
        return self.path == dataset or self.path.startswith(f"{dataset}/")


def files_of(files: Iterable[File], dataset: str) -> list[File]:
    """Return the files of a dataset: one for a view, one per partition for a table."""
    return [file for file in files if file.belongs_to(dataset)]


class Manifest(BaseModel):
    """The files of a snapshot, and the database and instant that it shows.

    `store` identifies the folder of snapshots and `token` this snapshot, as in its checkpoint in
    PostgreSQL. `database` identifies server and database; `catalog` is the fingerprint of the
    tables and triggers.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    layout: int = LAYOUT
    generation: int
    taken_at: datetime
    store: UUID
    token: UUID
    database: str
    catalog: str
    pg_snapshot: str
    users: int
    items: int
    files: tuple[File, ...]

    def dataset(self, name: str) -> list[File]:
        """Return the files of a dataset; see `files_of`."""
        return files_of(self.files, name)


class Broken(Exception):
    """A snapshot's files do not match its manifest."""


class OtherLayout(Broken):
    """Another version of Tally wrote the snapshot; it is not damaged."""


class Unreadable(Broken):
    """A file cannot be read at the moment; it is not necessarily damaged."""


def write_manifest(manifest: Manifest) -> bytes:
    """Return the content of the manifest's file: JSON with the hash of all its other fields."""
    content = manifest.model_dump(mode="json", by_alias=True)
    return json.dumps({**content, SEAL: _seal(content)}, indent=1).encode()


def read_manifest(folder: Path) -> Manifest:
    """Return the manifest of a snapshot; raise `Broken` if it cannot be read."""
    try:
        content = json.loads((folder / MANIFEST).read_bytes())
        layout = content.get("layout") if isinstance(content, dict) else None
        if layout not in READABLE:
            known = ", ".join(map(str, READABLE))
            raise OtherLayout(f"its layout is {layout}, and this Tally reads {known}")
        if content.pop(SEAL, None) != _seal(content):
            raise Broken("its manifest is not what was written")
        return Manifest.model_validate(content)
    except FileNotFoundError:
        raise Broken("its manifest is missing") from None
    except OSError as error:
        raise Unreadable(f"its manifest cannot be read: {error}") from error
    except ValueError as error:
        raise Broken(f"its manifest cannot be read: {error}") from error


def _seal(content: dict[str, object]) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
