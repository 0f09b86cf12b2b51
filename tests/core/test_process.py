"""The resources of a process: one of each class, made when asked for, released in reverse."""

import subprocess
import sys
import threading

import pytest

from core import process
from core.process import Process

released: list[str] = []


class Cellar:
    """What something else stands on."""

    def close(self) -> None:
        """Note that it is released."""
        released.append("cellar")


class House:
    """What needs a cellar while it is made, and says when it is released."""

    def __init__(self) -> None:
        self.cellar = process.resource(Cellar)

    def close(self) -> None:
        """Note that it is released."""
        released.append("house")


class Garden:
    """What has nothing to release."""


class Broken(House):
    """What cannot be released."""

    def close(self) -> None:
        """Fail."""
        raise OSError("locked")


@pytest.fixture(autouse=True)
def _nothing_released() -> None:
    released.clear()


def test_there_is_one_of_each_class_in_all_threads() -> None:
    found: list[House] = []
    threads = [threading.Thread(target=lambda: found.append(process.resource(House))) for _ in "ab"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert found == [process.resource(House)] * 2
    assert process.resource(House).cellar is process.resource(Cellar)


def test_what_stands_on_another_is_released_before_it() -> None:
    with Process():
        process.resource(House)
        process.resource(Garden)

    assert released == ["house", "cellar"]


def test_one_that_fails_keeps_nobody_from_being_released() -> None:
    with pytest.raises(OSError, match="locked"), Process():
        process.resource(Broken)

    assert released == ["cellar"]
    assert process.resource(Garden)


def test_after_a_release_all_is_made_anew() -> None:
    before = process.resource(House)
    process.current().close()

    assert process.resource(House) is not before
    assert released == ["house", "cellar"]


def test_a_process_in_a_process_has_its_own_until_its_end() -> None:
    outer = process.resource(Garden)
    with Process() as inner:
        assert process.current() is process.begin() is inner
        assert process.resource(Garden) is not outer

    assert process.resource(Garden) is outer


def test_another_one_may_be_put_in_its_place() -> None:
    garden = Garden()
    process.current().put(garden)

    assert process.resource(Garden) is garden


def test_without_a_process_it_says_what_is_missing() -> None:
    code = "from core import process\n{}process.resource(dict)"
    asked, begun = (
        subprocess.run([sys.executable, "-c", code.format(first)], capture_output=True, text=True)
        for first in ("", "process.begin()\n")
    )

    assert "with Process():" in asked.stderr
    assert begun.returncode == 0
