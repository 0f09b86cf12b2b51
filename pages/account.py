"""Account: the person's name, password and sessions."""

import streamlit as st

from core.db.engine import transaction
from core.settings import get_settings
from core.sign_in import account
from dashboard.auth.current_user import current_actor
from dashboard.system import account_forms
from dashboard.ui import notices

actor = current_actor()

with st.container(border=True, gap="xsmall"):
    st.text(actor.name)
    st.caption(f"{notices.escape(actor.email)}, {'superuser' if actor.is_superuser else 'staff'}")
    with st.container(horizontal=True):
        if st.button("Change name", icon=":material/badge:"):
            account_forms.open_name(actor)
        if get_settings().password_sign_in and st.button(
            "Change password", icon=":material/password:"
        ):
            account_forms.open_password()

st.subheader("Where you are signed in", anchor=False)
with transaction() as db:
    rows = account.list_sessions(db, actor=actor)
account_forms.sessions(actor, rows)

account_forms.show(actor)
