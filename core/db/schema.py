"""The schema of the operational database, managed by Alembic."""

from core.errors import TallyError
from core.settings import ROOT

NOT_MIGRATED = "The database cannot be migrated: {error}. Was it made by a newer version of Tally?"


def upgrade() -> None:
    """Upgrade the database to the newest revision; do nothing if it is there already.

    Raises `TallyError` if a newer version of Tally has migrated it.
    """
    # Imported here because only startup migrates: a refresh would hold Alembic's 20 MB to its end.
    from alembic import command
    from alembic.config import Config
    from alembic.util import CommandError

    try:
        command.upgrade(Config(toml_file=ROOT / "pyproject.toml"), "head")
    except CommandError as error:
        raise TallyError(NOT_MIGRATED.format(error=error)) from error
