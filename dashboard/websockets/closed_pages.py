"""Limits the Streamlit sessions that stay after a page closes, so that it can reconnect."""

import asyncio

from streamlit import runtime
from streamlit.runtime.app_session import AppSession

# After a short network outage, a page finds its state again. But each session costs memory and the
# file descriptors of an event loop. Streamlit keeps 128 sessions in total for two minutes, and a
# dropped one keeps its descriptors until the next full garbage collection.
MOST, SECONDS = 5, 60.0


class ClosedPages:
    """One person's closed pages, by Streamlit's session id."""

    def __init__(self) -> None:
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._sessions: dict[str, AppSession] = {}  # in the order in which they were closed

    def add(self, session: AppSession) -> None:
        """Keep a closed page's session for `SECONDS`, or until `MOST` others have followed."""
        if known := self._timers.pop(session.id, None):
            known.cancel()
            del self._sessions[session.id]
        self._sessions[session.id] = session
        loop = asyncio.get_running_loop()
        self._timers[session.id] = loop.call_later(SECONDS, self._drop, session)
        while len(self._timers) > MOST:
            self._drop(next(iter(self._sessions.values())))

    def _drop(self, session: AppSession) -> None:
        self._timers.pop(session.id).cancel()
        del self._sessions[session.id]
        if not runtime.get_instance().is_active_session(session.id):
            runtime.get_instance().close_session(session.id)
            session.shutdown()  # needed even if Streamlit has dropped it already
