"""The entry script of every run: who is here, which pages they may open, the shell around them."""

from contextlib import nullcontext

import streamlit as st

from dashboard import (
    explaining,
    freshness,
    kept_forms,
    moments,
    navigation,
    notices,
    shell,
    shown,
    url_state,
)
from dashboard.page_runs import page_runs
from dashboard.reader_zones import reader_zones
from dashboard.session import current_actor
from dashboard.tracing import page_run
from dashboard.turns import in_line

actor = current_actor()
reader_zones.note(actor.id, moments.zone().key)
# Before the navigation: else the browser asks a CDN for a picture of the page's icon, for its tab.
st.set_page_config(page_icon="🧮", layout="wide")
page = st.navigation(navigation.sections(actor), expanded=True)
st.set_page_config(page_title=f"{page.title} · Tally")

url_state.catch_up()
follows = navigation.shows_snapshot(page)
with (
    page_runs.under_way(),
    in_line(actor.id) if follows else nullcontext(),
    page_run(page.url_path or "overview"),
):
    state = freshness.read()
    shell.sidebar(actor)
    shell.header(actor, page.title, state, follows=follows)
    with shown.pinned(state.snapshot), notices.errors_shown():
        with notices.errors_shown():
            kept_forms.take_up(actor)
        page.run()
        explaining.show(actor)
    notices.show_said()  # last: a run that is cut short by the next one leaves it to that one
