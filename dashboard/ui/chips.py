"""Filter chips: one button per active filter of a list, which removes that filter."""

from collections.abc import Mapping

import streamlit as st

from dashboard.ui import url_state


def draw(parts: Mapping[str, str]) -> None:
    """Draw a chip for each filter; `parts` maps a query parameter to the filter's description."""
    if not parts:
        return
    with st.container(horizontal=True, gap="xsmall", vertical_alignment="center"):
        for name, text in parts.items():
            st.button(
                text,
                icon=":material/close:",
                key=f"chip-{name}",
                help="Leave this out",
                on_click=_leave_out,
                args=(name,),
            )
        st.button("Clear all", type="tertiary", key="chips", on_click=_leave_out, args=tuple(parts))


def _leave_out(*names: str) -> None:
    url_state.put(dict.fromkeys(names))
