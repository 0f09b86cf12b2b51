"""What a page shows when its run fails unexpectedly."""

import streamlit as st
from opentelemetry import trace

from core.telemetry.setup import trace_id

TEXT = (
    "Something went wrong on this page, and nothing more was done. Reload it; if it happens again, "
    "tell whoever runs Tally{}."
)


def show(error: Exception) -> bool:
    """Show an error in place of Streamlit's own; the log has the details. Returns True."""
    trace.get_current_span().record_exception(error)
    identity = trace_id()
    st.error(
        TEXT.format(f", with the trace id {identity}" if identity else ""), icon=":material/error:"
    )
    return True
