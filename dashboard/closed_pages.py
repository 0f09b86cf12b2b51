"""The sessions that Streamlit keeps of closed pages, so that they may come back: few, not long."""

import asyncio

from streamlit import runtime

# A page whose network was gone for a moment finds its state again. Each costs memory, and the
# descriptors of an event loop; Streamlit alone keeps 128 of all people together.
MOST, SECONDS = 5, 60.0


class ClosedPages:
    """Those of one person, by the id of Streamlit's session."""

    def __init__(self) -> None:
        self._timers: dict[str, asyncio.TimerHandle] = {}  # the one closed first comes first

    def add(self, session_id: str) -> None:
        """Keep a page that has just been closed for a while, unless too many come after it."""
        if known := self._timers.pop(session_id, None):
            known.cancel()
        loop = asyncio.get_running_loop()
        self._timers[session_id] = loop.call_later(SECONDS, self._drop, session_id)
        while len(self._timers) > MOST:
            self._drop(next(iter(self._timers)))

    def _drop(self, session_id: str) -> None:
        self._timers.pop(session_id).cancel()
        if runtime.exists() and not runtime.get_instance().is_active_session(session_id):
            runtime.get_instance().close_session(session_id)
