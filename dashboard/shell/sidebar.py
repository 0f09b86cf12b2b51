"""The sidebar of every page: the logo, who is signed in, and the way out."""

import streamlit as st

from core.actor import Actor
from core.settings import ROOT
from dashboard.ui import notices

LOGO, MARK = ROOT / "dashboard/images/tally.svg", ROOT / "dashboard/images/mark.svg"


def draw(actor: Actor) -> None:
    """Draw the logo, who is signed in, and the sign-out button; the menu is between them."""
    st.logo(LOGO, size="medium", icon_image=MARK)
    with st.sidebar.container(gap="xsmall"):
        st.text(actor.name)
        if actor.full_name:
            st.caption(notices.escape(actor.email))
        if st.button("Sign out", icon=":material/logout:", key="sign-out"):
            st.logout()
