"""The person who uses a page, as the gate verified them when the page was opened."""

from urllib.parse import unquote

import streamlit as st

from core.actor import Actor
from core.errors import Forbidden


def current_actor() -> Actor:
    """Return the person who runs this page; raise `Forbidden` if the gate set no headers.

    Services check the current row in the database, so an outdated role here grants nothing.
    """
    claims = st.user.to_dict()  # one call, as each access to `st.user` looks for a secrets file
    user = {key: unquote(str(value)) for key, value in claims.items() if value is not None}
    if not user.get("tally_user_id") or not user.get("email"):
        raise Forbidden("Please sign in first.")
    session_id = user.get("tally_session_id")
    return Actor(
        id=int(user["tally_user_id"]),
        email=user["email"],
        full_name=user.get("name") or None,
        is_staff=True,  # the gate lets nobody else in
        is_superuser=user.get("tally_is_superuser") == "1",
        address=user.get("address") or None,
        session_id=int(session_id) if session_id else None,
    )
