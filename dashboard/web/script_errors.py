"""What a page says when its run fails in a way that nobody foresaw."""

import streamlit as st
from opentelemetry import trace

from core.telemetry.setup import trace_id

TEXT = (
    "Something went wrong on this page, and nothing more was done. Reload it; if it happens again, "
    "tell whoever runs Tally{}."
)


def show(error: Exception) -> bool:
    """Say so, in place of what Streamlit says; the log has the error, on one line."""
    trace.get_current_span().record_exception(error)
    identity = trace_id()
    st.error(
        TEXT.format(f", with the trace id {identity}" if identity else ""), icon=":material/error:"
    )
    return True
