"""Warming: what pages ask first has an answer before they ask, for each new snapshot once."""

import pytest

from core import snapshots, warehouse
from core.actors import Actor
from dashboard import data, moments, warming
from etl import refresh
from tests.pages.conftest import make_item


def test_a_new_snapshot_is_warmed_once(
    system: Actor, superuser: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert warming.warm_newer(None) is None, "there is none yet"
    make_item(system, superuser.email, "one")
    refresh.run(trigger="manual")
    asked: list[str] = []
    read = warehouse.read

    def listen(snapshot: snapshots.Snapshot, question: str, **parameters: object) -> object:
        asked.append(question)
        return read(snapshot, question, **parameters)

    monkeypatch.setattr(warehouse, "read", listen)
    monkeypatch.setattr(moments, "seen", lambda: ["Asia/Kathmandu", "UTC"])
    warm = warming.warm_newer(None)
    assert warm == snapshots.current()
    assert asked.count("created") == 2, "once for each zone"
    assert asked.count("totals") <= 2
    before = len(asked)
    assert warming.warm_newer(warm) == warm
    data.totals(snapshots.current())
    data.distribution(snapshots.current())
    assert len(asked) == before
