"""Documents: what they link to is there, and the commands they name are the ones that exist."""

import re
from itertools import pairwise
from pathlib import Path

import pytest

from core.settings import ROOT
from dashboard.cli import app

DOCUMENTS = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted(ROOT.glob("docs/**/*.md"))]
LINK = re.compile(r"!?\[[^\]]*\]\(([^)#\s]+)(?:#[^)]*)?\)")
COMMAND_ROW = re.compile(r"^\| `tally ([a-z-]+)", re.MULTILINE)
SCRIPT = re.compile(r"bash (scripts/[a-z-]+\.sh)")
NAMED = re.compile(r"`([\w./-]+/[\w.-]+\.(?:py|sql|js|html|toml|md)|[\w-]+\.py)`")
ROOMS = re.compile(r"^\| room of `(\w+)` \| .+\n\|---\|---\|\n((?:\|.+\n)+)", re.MULTILINE)
MADE_BY_TESTS = {"htmlcov/index.html"}
COPIED = re.compile(r"^COPY (?!--from)(.+) \S+$", re.MULTILINE)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_lead_somewhere(document: Path) -> None:
    links = LINK.findall(document.read_text())
    own = [link for link in links if "://" not in link]

    assert [link for link in own if not (document.parent / link).exists()] == []


@pytest.mark.parametrize(
    "document", [ROOT / "README.md", *sorted(ROOT.glob("docs/*.md"))], ids=lambda path: path.name
)
def test_files_that_are_named_exist(document: Path) -> None:
    """Documents of today, that is: a decision record names modules as they were at its time."""
    named = set(NAMED.findall(document.read_text())) - MADE_BY_TESTS
    folders = [ROOT, ROOT / "tests", ROOT / "docs"]

    assert [name for name in named if not any((each / name).exists() for each in folders)] == []


def test_the_map_of_rooms_is_the_tree() -> None:
    tables = dict(ROOMS.findall((ROOT / "docs/development.md").read_text()))

    assert set(tables) == {"core", "etl", "dashboard"}
    for root, rows in tables.items():
        first_cells = [row.split("|")[1] for row in rows.splitlines()]
        on_map = [name for cell in first_cells for name in re.findall(r"`([\w/]+)`", cell)]
        rooms = [f"{init.parent.name}/" for init in (ROOT / root).glob("*/__init__.py")]
        modules = [path.stem for path in (ROOT / root).glob("*.py") if path.stem != "__init__"]
        assert sorted(on_map) == sorted([*rooms, *modules])


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_scripts_that_are_named_exist(document: Path) -> None:
    named = set(SCRIPT.findall(document.read_text()))

    assert [name for name in named if not (ROOT / name).exists()] == []


def test_the_readme_names_every_command() -> None:
    registered = {
        command.name or command.callback.__name__.replace("_", "-")
        for command in app.registered_commands
        if command.callback
    }

    assert set(COMMAND_ROW.findall((ROOT / "README.md").read_text())) == registered


def test_the_checks_end_with_the_tests_of_the_readme_and_what_they_ran() -> None:
    readme = (ROOT / "README.md").read_text()
    (command,) = re.findall(r"## Test\n\n```sh\n(.+)\n```", readme)

    last = (ROOT / ".ci/run").read_text().splitlines()[-2:]
    assert last == [command, "bash scripts/door-coverage.sh"]


def test_decisions_are_numbered_without_gaps_and_say_three_things() -> None:
    decisions = sorted(ROOT.glob("docs/decisions/*.md"))
    numbers = [int(path.name[:4]) for path in decisions]

    assert numbers[0] == 1
    assert all(after == before + 1 for before, after in pairwise(numbers))
    for path in decisions:
        assert re.findall(r"^## (.+)$", path.read_text(), re.MULTILINE) == [
            "Context",
            "Decision",
            "Consequences",
        ]


def test_the_image_is_built_from_files_that_exist_and_are_not_ignored() -> None:
    sources = " ".join(COPIED.findall((ROOT / "Dockerfile").read_text())).split()
    let_in = (ROOT / ".dockerignore").read_text().splitlines()

    assert sources
    for source in sources:
        assert (ROOT / source).exists()
        assert f"!{source}" in let_in


def test_uvicorn_by_hand_believes_no_forwarded_headers() -> None:
    places = [".vscode/launch.json", "docker-compose.override.yml", "docs/development.md"]
    for text in ((ROOT / place).read_text() for place in places):
        assert text.count("dashboard.asgi:app") == text.count("--no-proxy-headers") == 1
