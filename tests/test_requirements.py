"""Requirements: the pinned files cover what pyproject.toml declares, and name no index."""

import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from core.settings import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
DECLARED = PROJECT["project"]["dependencies"]
DEVELOPMENT = PROJECT["dependency-groups"]["dev"]
PINNED_FILES = ("requirements.txt", "requirements-dev.txt")


def requirements(path: Path) -> list[Requirement]:
    """The requirements of a pinned file."""
    return [Requirement(line) for line in path.read_text().splitlines()]


def unmet(declared: list[str], pinned: list[Requirement]) -> list[str]:
    """The declared requirements that no pin satisfies, extras' own packages aside."""
    versions: dict[str, set[str]] = {}
    for pin in pinned:
        (exact,) = pin.specifier
        versions.setdefault(canonicalize_name(pin.name), set()).add(exact.version)
    return [
        text
        for text in declared
        for filters in [Requirement(text)]
        if not versions.get(canonicalize_name(filters.name))
        or not all(
            filters.specifier.contains(version, prereleases=True)
            for version in versions[canonicalize_name(filters.name)]
        )
    ]


@pytest.mark.parametrize("name", PINNED_FILES)
def test_every_line_is_one_exact_version(name: str) -> None:
    for pin in requirements(ROOT / name):
        assert [specifier.operator for specifier in pin.specifier] == ["=="], pin
        assert pin.url is None


@pytest.mark.parametrize("name", PINNED_FILES)
def test_no_address_of_an_index(name: str) -> None:
    text = (ROOT / name).read_text()

    assert "://" not in text
    assert "--" not in text


def test_the_pins_satisfy_what_is_declared() -> None:
    assert unmet(DECLARED, requirements(ROOT / "requirements.txt")) == []
    assert unmet([*DECLARED, *DEVELOPMENT], requirements(ROOT / "requirements-dev.txt")) == []


def test_tests_run_on_the_versions_that_are_served() -> None:
    served = {str(pin) for pin in requirements(ROOT / "requirements.txt")}
    tested = {str(pin) for pin in requirements(ROOT / "requirements-dev.txt")}

    assert served <= tested


def test_a_missing_or_wrong_pin_is_noticed() -> None:
    pinned = [Requirement("Foo_Bar==1.5"), Requirement("baz==3.0")]

    assert unmet(["foo-bar>=1,<2", "baz>=2,<3", "gone"], pinned) == ["baz>=2,<3", "gone"]


def test_no_tool_slows_the_start_of_every_program() -> None:
    named = {pin.name for name in PINNED_FILES for pin in requirements(ROOT / name)}
    assert "rfc3987-syntax" not in named  # Altair imports it where it is: 1.2 s of computing
