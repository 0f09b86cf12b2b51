"""What a process did to files, as strace saw it, and whether a crash at any moment does no harm."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from core.snapshots.folders import CURRENT, FOLDER
from core.snapshots.manifest import MANIFEST

CALLS = (
    "open,openat,creat,write,pwrite64,writev,pwritev,ftruncate,fsync,fdatasync,mkdir,mkdirat,"
    "rename,renameat,renameat2,link,linkat,symlink,symlinkat"
)
COMMAND = ("strace", "-f", "-y", "--seccomp-bpf", "-s", "16", "-e", f"trace={CALLS}", "-o")
KINDS = {
    "creat": "make",
    "pwrite64": "write",
    "writev": "write",
    "pwritev": "write",
    "ftruncate": "write",
    "fdatasync": "fsync",
    "mkdirat": "mkdir",
    "renameat": "rename",
    "renameat2": "rename",
    "linkat": "link",
    "symlinkat": "symlink",
}
UNFINISHED = "<unfinished ...>"
RESUMED = re.compile(r"<\.\.\. \w+ resumed>")
CALL = re.compile(r"(\w+)\((.*)\) += (-?\d+)(?:<(.*)>)?")


@dataclass(frozen=True)
class Event:
    """One call that succeeded, from the line of the trace where it began to that of its end.

    `path` is the file or folder that was written, synced or named.
    """

    kind: str
    path: Path
    begin: int
    end: int
    source: Path | None = None


def read(lines: Iterable[str]) -> list[Event]:
    """Return what strace wrote about, in the order in which the calls ended."""
    waiting: dict[str, tuple[int, str]] = {}
    events: list[Event] = []
    for number, line in enumerate(lines):
        process, _, text = line.partition(" ")
        text = text.strip()
        if text.endswith(UNFINISHED):
            waiting[process] = (number, text.removesuffix(UNFINISHED))
            continue
        begin, before = number, ""
        if RESUMED.match(text):
            begin, before = waiting.pop(process)
        events += _parse(before + RESUMED.sub("", text), begin, number)
    return events


def judge(events: Sequence[Event], root: Path) -> Iterator[str]:
    """Yield what was not on disk by the time it was named: nothing, if the order is right."""
    named = _last(events, "rename", lambda path: path.parent == root / FOLDER)
    pointed = _last(events, "rename", lambda path: path == root / CURRENT)
    if named is None or named.source is None or pointed is None:
        yield "no snapshot was published"
        return
    inside = [event for event in events if event.path.is_relative_to(named.source)]
    if not any(event.path == named.source / MANIFEST for event in inside):
        yield "there is no manifest"
    for path in sorted({e.path for e in inside if e.kind in {"make", "write"}}):
        written = max(e.end for e in inside if e.path == path and e.kind in {"make", "write"})
        yield from _synced(events, path, after=written, before=named.begin)
    for folder in sorted(
        {e.path.parent for e in inside if _gives_a_name(e)} - {named.source.parent}
    ):
        changed = max(e.end for e in inside if _gives_a_name(e) and e.path.parent == folder)
        yield from _synced(events, folder, after=changed, before=named.begin)
    yield from _synced(events, root / FOLDER, after=named.end, before=pointed.begin)
    yield from _synced(events, root, after=pointed.end, before=len(events) and events[-1].end + 1)


def _synced(events: Sequence[Event], path: Path, *, after: int, before: int) -> Iterator[str]:
    syncs = [event for event in events if event.kind == "fsync" and event.path == path]
    if not any(after < event.begin and event.end < before for event in syncs):
        yield f"{path.name} was not on disk in time"


def _last(events: Sequence[Event], kind: str, fits: Callable[[Path], bool]) -> Event | None:
    found = [event for event in events if event.kind == kind and fits(event.path)]
    return found[-1] if found else None


def _gives_a_name(event: Event) -> bool:
    return event.kind in {"make", "mkdir", "rename", "link", "symlink"}


def _parse(text: str, begin: int, end: int) -> Iterator[Event]:
    call = CALL.match(text)
    if call is None or int(call[3]) < 0:
        return
    kind = KINDS.get(call[1], call[1])
    quoted = [Path(name) for name in re.findall(r'"((?:[^"\\]|\\.)*)"', call[2])]
    if kind in {"open", "openat"}:
        if "O_CREAT" in call[2] or "O_TRUNC" in call[2]:
            yield Event("make", Path(call[4]), begin, end)
    elif kind in {"write", "fsync"}:
        opened = re.match(r"\d+<([^>]*)>", call[2])
        if opened:
            yield Event(kind, Path(opened[1]), begin, end)
    elif quoted:
        yield Event(kind, quoted[-1], begin, end, source=quoted[0])
