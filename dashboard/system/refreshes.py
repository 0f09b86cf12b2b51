"""The Refreshes page: what superusers may do, the histories, and the snapshots on disk."""

from core.actor import Actor
from core.db.engine import transaction
from core.refreshes import requests, verifications
from dashboard.charts import refreshes as refresh_charts
from dashboard.system import (
    refresh_actions,
    refresh_history,
    stored_snapshots,
    verification_history,
)
from dashboard.system.verification_history import MOST_CHECKS
from dashboard.ui import local_time, notices, panels, tables

MOST_RUNS = 50


def show(actor: Actor) -> None:
    """Draw the whole page; a timer reruns it to show progress."""
    with notices.errors_shown():
        with transaction() as db:
            runs = requests.history(db, actor=actor, limit=MOST_RUNS + 1)
            checked = verifications.history(db, actor=actor, limit=MOST_CHECKS + 1)
        if actor.is_superuser:
            refresh_actions.show(actor, runs, checked)
        if not runs:
            notices.empty(
                "There was no refresh yet.", "Press Refresh data, or run `tally refresh`."
            )
            return
        if any(run.step_seconds for run in runs):
            panels.chart("Time by step", refresh_charts.steps(runs[:MOST_RUNS], local_time.zone()))
        chosen = refresh_history.choose(tables.newest(runs, MOST_RUNS, "refreshes"))
        if chosen is not None:
            refresh_history.details(actor, chosen)
        if checked:
            verification_history.show(checked)
        if actor.is_superuser:
            stored_snapshots.show(actor)
