"""The entry script of every page run: finds the user, builds the menu, draws the page's frame."""

from contextlib import nullcontext

import streamlit as st

from core import process
from dashboard.analytics import explain_dialog
from dashboard.auth.current_user import current_actor
from dashboard.cache import pinned_snapshot
from dashboard.cache.reader_zones import ReaderZones
from dashboard.cache.run_queue import RunQueue
from dashboard.process.page_runs import PageRuns
from dashboard.shell import freshness, header, navigation, sidebar
from dashboard.system import kept_forms
from dashboard.ui import local_time, notices, url_state
from dashboard.web.tracing import page_run

actor = current_actor()
process.resource(ReaderZones).note(actor.id, local_time.zone().key)
# Before the navigation; otherwise the browser would load an icon for its tab from a CDN.
st.set_page_config(page_icon="🧮", layout="wide")
page = st.navigation(navigation.sections(actor), expanded=True)
st.set_page_config(page_title=f"{page.title} · Tally")

url_state.catch_up()
follows = navigation.shows_snapshot(page)
with (
    process.resource(PageRuns).under_way(),
    process.resource(RunQueue).slot(actor.id) if follows else nullcontext(),
    page_run(page.url_path or "overview"),
):
    state = freshness.read()
    sidebar.draw(actor)
    header.header(actor, page.title, state, follows=follows)
    with pinned_snapshot.pinned(state.snapshot), notices.errors_shown():
        with notices.errors_shown():
            kept_forms.take_up(actor)
        page.run()
        explain_dialog.show(actor)
    notices.show_said()  # last, so that a run that is interrupted leaves the toasts to the next one
