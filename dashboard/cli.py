"""The command line `tally`, a composition root."""

from core.telemetry import malloc

malloc.configure()  # before Arrow and Polars are imported, which read it once

import os
import signal
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from core import process
from core.db import engine, schema
from core.db.bulk_copy import Watch
from core.errors import TallyError, Unavailable
from core.manage import imports
from core.process import Process
from core.provision import db_roles, demo, setup
from core.settings import Settings, get_settings
from core.snapshots import reader
from core.telemetry import setup as telemetry
from core.text.addresses import warn_of_lookalikes
from core.text.wording import counted
from dashboard.command.errors import Commands
from dashboard.command.keyboard import ask_password, at_the_keyboard
from dashboard.command.progress import bars
from dashboard.process import server as web_server

out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)


app = typer.Typer(
    cls=Commands,
    help="Tally: the dashboard for users and the items they own.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,  # its tracebacks show local variables, secrets included
)


def main() -> None:
    """Run the command line; SIGTERM ends it as tidily as Ctrl-C does."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with Process():
        app()


@app.command()
def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on, instead of HOST.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on, instead of PORT.")] = None,
) -> None:
    """Serve the dashboard: PostgreSQL, schema, first superuser and first snapshot included."""
    _override(HOST=host, PORT=port)
    settings = get_settings()
    sockets = web_server.listen(settings.host, settings.port)
    sign_in: list[str] = []

    def welcome() -> None:
        out.print(f"\nTally is at [bold]{settings.address}[/bold] (Ctrl-C stops it).")
        _show(sign_in)

    try:
        sign_in += _describe(setup.prepare())
        server = web_server.load(ready=welcome)
        _ensure_snapshot()
        web_server.run(server, sockets)
    finally:
        web_server.close(sockets)
        _show(sign_in)  # nobody else knows the password, so it is shown even if nothing came up
    out.print("Tally has stopped.")


@app.command()
def refresh(
    full: Annotated[bool, typer.Option("--full", help="Write all parts, changed or not.")] = False,
    accept_drop: Annotated[
        bool, typer.Option("--accept-drop", help="Publish even though many rows are gone.")
    ] = False,
    verify: Annotated[
        bool,
        typer.Option("--verify", help="Write nothing: compare the snapshot with the database."),
    ] = False,
) -> None:
    """Export what changed in users and items to a new Parquet snapshot now."""
    get_settings()
    with bars(err) as watch:
        telemetry.configure(suffix=telemetry.ETL_SUFFIX)  # in here, its lines go above the bars
        _make_ready()
        if verify:
            outcome, good = _verify(watch)
        else:
            options = {"full": full, "accept_drop": accept_drop}
            name = at_the_keyboard().email
            outcome = _refresh(watch, trigger="command", requested_by=name, **options)
            good = True
        telemetry.shutdown()
    out.print(outcome, markup=False)
    if not good:
        raise typer.Exit(1)


@app.command("import")
def import_(
    users_file: Annotated[
        Path, typer.Argument(help="File with a column email; full_name, created_at if known.")
    ],
    items_file: Annotated[
        Path,
        typer.Argument(help="File with title and owner_email; description, created_at if known."),
    ],
) -> None:
    """Import users and items from CSV, Excel, OpenDocument, JSON or Parquet files.

    When any line is bad, nothing is imported. Users who exist already keep their account. Items are
    always added: importing the same file twice adds its items twice.
    """
    _make_ready()
    with bars(err) as watch, engine.transaction() as db:
        result = imports.import_files(
            db, actor=at_the_keyboard(), users=users_file, items=items_file, watch=watch
        )
    for warning in result.warnings:
        out.print(f"Warning: {warning}", markup=False)
    known = f" ({result.users_known:,} existed already)" if result.users_known else ""
    users, items = counted(result.users_added, "user"), counted(result.items_added, "item")
    out.print(f"Imported {users}{known} and {items}.")
    _mention_refresh()


@app.command("demo")
def demo_(
    user_count: Annotated[int, typer.Option("--users", min=1, help="How many users.")] = 1_000,
    item_count: Annotated[int, typer.Option("--items", min=0, help="How many items.")] = 10_000,
    force: Annotated[bool, typer.Option(help="Also when ENVIRONMENT is not local.")] = False,
) -> None:
    """Add invented users and items, to see Tally with as much data as you like."""
    _make_ready()
    with bars(err) as watch:
        with engine.transaction() as db:
            demo.fill(
                db,
                actor=at_the_keyboard(),
                user_count=user_count,
                item_count=item_count,
                force=force,
                watch=watch,
            )
        watch("Tidying up", 0, 1)
        demo.tidy()
        watch("Tidying up", 1, 1)
    out.print(f"Added {counted(user_count, 'user')} and {counted(item_count, 'item')}.")
    _mention_refresh()


@app.command()
def create_superuser(
    email: Annotated[str, typer.Argument(help="Address to sign in with.")],
    full_name: Annotated[str | None, typer.Option(help="Name to show.")] = None,
    promote: Annotated[
        bool, typer.Option(help="If the user exists, make it a superuser with the new password.")
    ] = False,
) -> None:
    """Create a superuser; the password is asked for, or read from standard input."""
    _make_ready()
    password = ask_password() if get_settings().password_sign_in else None
    with engine.transaction() as db:
        user = setup.create_superuser(
            db,
            actor=at_the_keyboard(),
            email=email,
            password=password,
            full_name=full_name,
            promote=promote,
        )
        email = user.email
    out.print(f"{email} is a superuser and may sign in.", markup=False)
    if warning := warn_of_lookalikes(email):
        out.print(f"Warning: {warning}", markup=False)


@app.command()
def migrate() -> None:
    """Wait for the database, migrate it, and create the first superuser if there is none."""
    _show(_describe(setup.prepare()))
    out.print("The database is ready.")


@app.command()
def grant(
    role: Annotated[str, typer.Argument(help="A role of PostgreSQL that exists.")],
    show: Annotated[
        bool, typer.Option("--print", help="Grant nothing: print the statements.")
    ] = False,
) -> None:
    """Let a database role serve Tally: the audit it may read and add to, and nothing else."""
    if show:
        out.print(
            "\n".join(f"{statement};" for statement in db_roles.statements(role)), markup=False
        )
        return
    _make_ready()
    with engine.transaction() as db:
        db_roles.grant(db, role=role)
    out.print(f"{role} may serve Tally. Grant again after each upgrade.", markup=False)


def _make_ready() -> None:
    setup.wait_for_database()
    schema.upgrade()


def _override(**values: object) -> None:
    os.environ.update({name: str(value) for name, value in values.items() if value is not None})
    process.current().put(Settings())


def _describe(created: setup.FirstSuperuser | None) -> list[str]:
    """Return the lines that tell how the first superuser signs in; none after the first start."""
    if created is None:
        return []
    how = "the password that FIRST_SUPERUSER_PASSWORD holds."
    if not created.has_password:
        how = f"{' or '.join(created.providers)}."
    elif created.random_password:
        how = f"the password [bold]{created.random_password}[/bold] (shown this once only)."
    return [f"Sign in as [bold]{created.email}[/bold] with {how}\n"]


def _show(lines: list[str]) -> None:
    """Print lines and remove them from the list, so that they are printed only once."""
    while lines:
        out.print(lines.pop(0))


def _ensure_snapshot() -> None:
    with suppress(Unavailable):
        reader.current()
        return
    try:
        with bars(err) as watch:
            _refresh(watch, trigger="start")
    except TallyError as error:
        # The pages tell how to create one, and the scheduler tries again.
        err.print(f"There is no snapshot yet: {error.message}", markup=False, style="yellow")


def _refresh(
    watch: Watch, *, trigger: str, requested_by: str | None = None, **options: bool
) -> str:
    """Run a refresh and return a summary; SIGINT and SIGTERM stop it without leftovers."""
    # Imported here, as it takes a second that the other commands do not need.
    from etl import export_to_parquet, refresh

    with export_to_parquet.stop_on_signals() as stop:
        run = refresh.run(
            trigger=trigger,
            requested_by=requested_by,
            progress=lambda p: watch(p.step.capitalize(), p.done, p.total),
            stop=stop,
            **options,
        )
    return export_to_parquet.describe(run)


def _verify(watch: Watch) -> tuple[str, bool]:
    """Compare the snapshot with the database; return a summary, and whether it is correct."""
    from etl import export_to_parquet
    from etl.verify import verification

    with export_to_parquet.stop_on_signals() as stop:
        report = verification.verify(
            progress=lambda p: watch(p.step.capitalize(), p.done, p.total), stop=stop
        )
    lines = [f"Different: {difference}" for difference in report.wrong]
    lines += [f"Changed since: {difference}" for difference in report.newer]
    lines.append(
        f"Snapshot {report.generation}: {counted(report.partitions, 'part')} compared, different:"
        f" {len(report.wrong):,}, changed in the database since: {len(report.newer):,}."
    )
    return "\n".join(lines), not report.wrong


def _mention_refresh() -> None:
    out.print("The analytics show them after the next refresh; `tally refresh` makes one now.")


if __name__ == "__main__":
    main()
