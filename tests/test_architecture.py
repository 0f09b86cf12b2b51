"""The shape of the house: who may import whom, and where files may not lie."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.settings import ROOT
from tests.conftest import DOORS, LONG

SOURCES = ("core", "etl", "dashboard", "pages")
LONGEST_MODULE = 300
MOST_ARGUMENTS = 4
PATCHES = re.compile(r"(^|\.)(setattr|delattr|getattr|hasattr)$")
OF_OTHERS = {"_process_jobs"}  # APScheduler's, which has no public hook there
FORBIDDEN_IN_PAGES = {"alembic", "duckdb", "etl", "psycopg2", "sqlalchemy"}


def modules(*folders: str) -> Iterator[Path]:
    """The Python files of some folders of the repository."""
    for folder in folders:
        yield from sorted((ROOT / folder).rglob("*.py"))


def imported(path: Path) -> set[str]:
    """The top-level packages that a file imports."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add(node.module or "")
    return {name.partition(".")[0] for name in names}


def test_the_tests_that_begin_first_or_are_measured_exist() -> None:
    assert [name for name in (*LONG, *DOORS) if not (ROOT / "tests" / name).exists()] == []


def test_the_import_contracts_hold() -> None:
    script = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([script, "--no-cache"], cwd=ROOT, capture_output=True, text=True)

    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("page", list(modules("pages")), ids=lambda path: path.stem)
def test_pages_leave_databases_to_the_services(page: Path) -> None:
    assert not imported(page) & FORBIDDEN_IN_PAGES


def test_streamlit_finds_no_pages_by_itself() -> None:
    """A `pages/` beside the entry script, or a script in the root, would bypass the gate."""
    assert not list(ROOT.glob("*.py"))
    assert not (ROOT / "dashboard/pages").exists()
    assert (ROOT / "dashboard/main.py").exists()


def test_no_module_hides_one_of_the_standard_library() -> None:
    """Streamlit puts `dashboard/` first on `sys.path` while a page runs."""
    assert not {path.stem for path in modules("dashboard")} & (
        sys.stdlib_module_names - {"__init__"}
    )


@pytest.mark.parametrize("source", SOURCES)
def test_every_module_says_why_it_exists(source: str) -> None:
    silent = [
        p.name for p in modules(source) if ast.get_docstring(ast.parse(p.read_text())) is None
    ]

    assert silent == []


def test_what_a_process_has_of_its_own_is_in_no_module() -> None:
    program = [sys.executable, "-m", "tests.module_state"]
    done = subprocess.run(program, cwd=ROOT, check=True, capture_output=True, text=True)

    assert done.stdout == ""


def test_modules_fit_in_the_head() -> None:
    long = {
        p.name: n
        for p in modules(*SOURCES)
        if (n := len(p.read_text().splitlines())) > LONGEST_MODULE
    }

    assert long == {}


def test_functions_take_few_things_by_position() -> None:
    """What goes together through several functions is one object, not five arguments."""
    crowded = []
    for path in modules("etl", "core/analytics", "core/provision", "core/snapshots"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                names = [each.arg for each in (*node.args.posonlyargs, *node.args.args)]
                if len([name for name in names if name not in {"self", "cls"}]) > MOST_ARGUMENTS:
                    crowded.append(f"{path.relative_to(ROOT)}: {node.name}")
    assert not crowded


def is_private(name: str) -> bool:
    """Whether a name is for its own module or class alone."""
    return name.startswith("_") and name.strip("_") != "" and not name.startswith("__")


def own_private_names() -> set[str]:
    """The private functions, classes, variables, attributes and fields that Tally's code has."""
    names: set[str] = set()
    for path in modules(*SOURCES, "benchmarks"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                names.add(node.name)
            elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                names.add(node.id)
            elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
                names.add(node.attr)
    return {name for name in names if is_private(name)}


def named_from_outside(path: Path) -> Iterator[tuple[int, str]]:
    """Where a file names what may be private to another one, in code or as text for a patch."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.Attribute) and not is_own(node):
            yield node.lineno, node.attr
        elif isinstance(node, ast.Call) and PATCHES.search(ast.unparse(node.func)):
            texts = [each.value for each in node.args if isinstance(each, ast.Constant)]
            yield from ((node.lineno, str(text).rpartition(".")[2]) for text in texts)


def is_own(node: ast.Attribute) -> bool:
    """Whether an attribute is read or set by the object that has it."""
    return isinstance(node.value, ast.Name) and node.value.id in {"self", "cls"}


def test_tests_go_through_public_names() -> None:
    own = own_private_names() - OF_OTHERS
    used = [
        f"{path.relative_to(ROOT)}:{line}: {name}"
        for path in modules("tests")
        for line, name in named_from_outside(path)
        if is_private(name) and name in own
    ]

    assert used == []


@pytest.mark.parametrize("source", ["core", "etl", "dashboard"])
def test_tests_stand_in_the_room_of_what_they_test(source: str) -> None:
    """A test of no single room is in a folder of its own beside these, such as `tests/faults`."""
    rooms = {p.parent.relative_to(ROOT) for p in modules(source)}
    flat = {p.stem for p in (ROOT / source).glob("*.py")}
    tests = [p.relative_to(ROOT / "tests") for p in modules(f"tests/{source}")]
    lost = [
        str(test)
        for test in tests
        if test.parent not in rooms
        or (
            (test.parent == Path(source) and test.stem.startswith("test_"))
            and test.stem.removeprefix("test_") not in flat
        )
    ]

    assert lost == []
