"""The actor of a page is the one that the gate vouched for, whatever letters the name has."""

from collections.abc import Mapping
from dataclasses import replace

import pytest
import streamlit as st

from core.actor import Actor
from core.errors import Forbidden
from dashboard.auth import current_user
from dashboard.auth.identity import USER_HEADERS, identity_headers

ACTOR = Actor(
    id=7,
    email="zoe+a%40@example.com",
    full_name="Zoë 100% 田中 \u202e",
    is_staff=True,
    is_superuser=True,
    address="192.0.2.1",
    session_id=12,
)


class Known(dict[str, str | None]):
    """What `st.user` is."""

    def to_dict(self) -> dict[str, str | None]:
        """Return all of it at once."""
        return dict(self)


def through_streamlit(actor: Actor) -> dict[str, str | None]:
    """What `st.user` holds: the headers' values by key, as Streamlit reads them."""
    headers = {name.decode(): value.decode("latin-1") for name, value in identity_headers(actor)}
    return {key: headers.get(header.lower()) for header, key in USER_HEADERS.items()}


@pytest.mark.parametrize(
    "actor",
    [
        ACTOR,
        replace(ACTOR, full_name=None, is_superuser=False),
        replace(ACTOR, address=None, session_id=None),
    ],
)
def test_an_actor_arrives_whole(actor: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(st, "user", Known(through_streamlit(actor)))
    assert current_user.current_actor() == actor


def test_what_travels_is_readable_ascii() -> None:
    values = through_streamlit(ACTOR)
    assert all(value is None or value.isascii() for value in values.values())
    assert values["email"] == "zoe+a%2540@example.com"


@pytest.mark.parametrize("user", [{}, {"email": "a@example.com"}, {"tally_user_id": "1"}])
def test_without_the_gate_there_is_nobody(
    user: Mapping[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(st, "user", Known(user))
    with pytest.raises(Forbidden, match="Please sign in first"):
        current_user.current_actor()
