"""What refreshes leave on disk is for the account that runs Tally, and for its group if wanted."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.actor import Actor
from core.snapshots import quarantine, reader
from etl import refresh
from tests.conftest import make_user, read_settings


@pytest.fixture(params=[0o022, 0o077])
def _umask(request: pytest.FixtureRequest) -> Iterator[None]:
    before = os.umask(request.param)
    yield
    os.umask(before)


@pytest.mark.parametrize(
    ("setting", "file_mode", "folder_mode"),
    [("false", 0o600, 0o700), ("true", 0o640, 0o750)],
)
@pytest.mark.usefixtures("_umask")
def test_snapshots_are_private(
    setting: str,
    file_mode: int,
    folder_mode: int,
    system: Actor,
    root: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SNAPSHOT_GROUP_READABLE", setting)
    read_settings()
    root.mkdir(parents=True, mode=0o755)  # as an older Tally made it
    make_user(system, "ann@example.com")
    refresh.run(trigger="test")
    quarantine.note(reader.current().folder, "a test")

    found = {path: path.lstat().st_mode for path in (root, *root.rglob("*"))}

    folders = {p: stat.S_IMODE(mode) for p, mode in found.items() if stat.S_ISDIR(mode)}
    files = {
        p: stat.S_IMODE(mode)
        for p, mode in found.items()
        if stat.S_ISREG(mode) and p.suffix in {".parquet", ".json"}
    }
    others = [p for p, m in found.items() if stat.S_ISREG(m) and m & 0o007]
    assert set(folders.values()) == {folder_mode}
    assert set(files.values()) == {file_mode}
    assert others == []
    assert len(files) > 5
