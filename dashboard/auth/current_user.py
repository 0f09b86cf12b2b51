"""The person who uses a page, as the gate verified them when the page was opened."""

import streamlit as st

from core.actor import Actor
from core.errors import Forbidden
from dashboard.auth import identity


def current_actor() -> Actor:
    """Return the person who runs this page; raise `Forbidden` if the gate set no headers.

    Services check the current row in the database, so an outdated role here grants nothing.
    """
    # One call, as each access to `st.user` looks for a secrets file.
    actor = identity.read_actor(st.user.to_dict())
    if actor is None:
        raise Forbidden("Please sign in first.")
    return actor
