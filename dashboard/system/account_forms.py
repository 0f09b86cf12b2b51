"""The components of the Account page: the person's sessions, name and password."""

from collections.abc import Sequence
from functools import partial

import streamlit as st

from core.actor import Actor
from core.db.engine import transaction
from core.db.fields import PASSWORD_MAXIMUM, PASSWORD_MINIMUM
from core.db.models import AuthSession
from core.errors import Invalid, TooMany
from core.sign_in import account
from core.text.characters import one_line
from dashboard.auth import user_agent
from dashboard.ui import drafts, forms, local_time, notices, panels
from dashboard.ui.drafts import Draft
from dashboard.ui.forms import Dialog, Fields

SCREEN = "account"
WRONG = "This is not your current password."
TOO_MANY = "There were too many wrong passwords. Please wait a little and try again."


def sessions(actor: Actor, rows: Sequence[AuthSession]) -> None:
    """Show the actor's sessions, each with a button that ends it."""
    others = [row for row in rows if row.id != actor.session_id]
    for row in rows:
        _session(actor, row)
    if len(others) > 1 and st.button("End all other sessions", key="end-others"):
        notices.carry_out(lambda: _end_others(actor))


def open_name(actor: Actor) -> None:
    """Open the form for the actor's name."""
    drafts.open_draft(Draft(SCREEN, "name", {"full_name": one_line(actor.full_name or "")}))


def open_password() -> None:
    """Open the form for a new password."""
    drafts.open_draft(Draft(SCREEN, "password"))


def show(actor: Actor) -> None:
    """Show the dialog that is open on this page, if any."""
    actions = {
        "name": Dialog("Change name", partial(_name, actor)),
        "password": Dialog("Change password", partial(_password, actor)),
    }
    forms.show(SCREEN, actions)


def _session(actor: Actor, row: AuthSession) -> None:
    entry, about = panels.entry()
    about.text(user_agent.describe(row.user_agent))
    place = f"from {row.address}, " if row.address else ""
    used = local_time.ago(row.last_seen_at)
    began = local_time.clock(row.created_at)
    about.caption(notices.escape(f"{place}last used {used}, signed in {began}"))
    if row.id == actor.session_id:
        entry.badge("This browser", color="green")
    elif entry.button("End", key=f"end-{row.id}", help="Signs this browser out at once."):
        notices.carry_out(lambda: _end(actor, row.id))


def _end(actor: Actor, session_id: int) -> str:
    with transaction() as db:
        account.end_session(db, actor=actor, session_id=session_id)
    return "The session was ended."


def _end_others(actor: Actor) -> str:
    with transaction() as db:
        count = account.end_other_sessions(db, actor=actor)
    return f"{count:,} other sessions were ended."


def _name(actor: Actor, draft: Draft) -> None:
    def save(fields: Fields) -> str:
        with transaction() as db:
            account.rename(db, actor=actor, values=fields.values)
        return "Your name was changed. Open pages show it after a reload."

    forms.edit(draft, _name_field, save)


def _name_field(fields: Fields) -> None:
    fields.text("full_name", "Full name", autocomplete="name")


def _password(actor: Actor, draft: Draft) -> None:
    forms.edit(draft, _password_fields, lambda fields: _change_password(actor, fields))


def _password_fields(fields: Fields) -> None:
    fields.text("current", "Current password", type="password", autocomplete="current-password")
    fields.text(
        "password",
        "New password",
        type="password",
        autocomplete="new-password",
        placeholder=f"{PASSWORD_MINIMUM} to {PASSWORD_MAXIMUM} characters",
    )
    st.caption("Your other sessions end.")


def _change_password(actor: Actor, fields: Fields) -> str:
    """Change the password in two transactions, so that none is open while hashing."""
    current = str(fields.values["current"] or "")
    if len(current) > PASSWORD_MAXIMUM:
        raise Invalid({"current": WRONG})
    with transaction() as db:
        attempt = account.begin_password_change(db, actor=actor)
    if attempt.wait:
        raise TooMany(TOO_MANY, seconds=attempt.wait)
    checked = attempt.check(current)
    with transaction() as db:
        changed = account.change_password(
            db,
            actor=actor,
            attempt=attempt,
            checked=checked,
            values={"password": fields.values["password"]},
        )
    if not changed:
        raise Invalid({"current": WRONG})
    return "Your password was changed, and your other sessions were ended."
