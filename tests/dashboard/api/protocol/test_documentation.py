"""The examples in docs/api.md: run from the first to the last, as they stand there."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from core.actor import Actor
from core.db import engine
from core.settings import ROOT
from core.sign_in import api_tokens
from dashboard.api.protocol import problems
from etl import refresh
from tests.dashboard.conftest import running

DOCUMENT = (ROOT / "docs/api.md").read_text()


@pytest.mark.skipif(shutil.which("curl") is None, reason="the examples are for curl")
def test_the_examples_work(superuser: Actor, tmp_path: Path) -> None:
    refresh.run(trigger="test")
    form = {"name": "docs", "days": 1, "scopes": api_tokens.allowed_scopes(superuser)}
    with engine.transaction() as db:
        token = api_tokens.create_token(db, actor=superuser, values=form).token
    commands = "".join(re.findall(r"```sh\n(.*?)```", DOCUMENT, re.DOTALL))
    assert commands.count("curl") == 8
    with running(tmp_path) as server:
        commands = commands.replace("http://localhost:8501", server.url)
        commands = commands.replace("tally_...", token)
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", commands],
            cwd=tmp_path,
            capture_output=True,
            text=True,
        )
    assert done.returncode == 0, done.stdout + done.stderr
    assert '"email":"root@example.com"' in done.stdout
    assert '"title":"Floor lamp"' in done.stdout


def test_every_scope_and_status_is_in_it() -> None:
    scopes = re.findall(r"^\| `(\w+:\w+)` \|", DOCUMENT, re.MULTILINE)
    assert set(scopes) == set(api_tokens.SCOPES)
    listed = re.findall(r"^\| (\d{3}(?:, \d{3})*) \|", DOCUMENT, re.MULTILINE)
    statuses = {int(status) for cell in listed for status in cell.split(", ")}
    assert statuses == {*problems.REASONS, 405}


def test_the_form_of_a_token_is_the_one_described() -> None:
    (pattern,) = re.findall(r"`(tally_\[.*?)`", DOCUMENT)
    assert re.fullmatch(pattern, api_tokens.generate())
