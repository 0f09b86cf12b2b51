"""The sessions that Streamlit keeps of closed pages, so that they may come back: few, not long."""

import asyncio

from streamlit import runtime
from streamlit.runtime.app_session import AppSession

# A page whose network was gone for a moment finds its state again. Each costs memory, and the
# descriptors of an event loop. Streamlit keeps 128 of all people together for two minutes, and what
# it drops keeps its descriptors until the next full collection of garbage.
MOST, SECONDS = 5, 60.0


class ClosedPages:
    """Those of one person, by the id of Streamlit's session."""

    def __init__(self) -> None:
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._sessions: dict[str, AppSession] = {}  # the one closed first comes first

    def add(self, session: AppSession) -> None:
        """Keep a page that has just been closed for a while, unless too many come after it."""
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
            session.shutdown()  # also when Streamlit has dropped it before
