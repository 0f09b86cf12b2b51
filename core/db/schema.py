"""The schema of the operational database, kept by Alembic."""

from core.errors import TallyError
from core.settings import ROOT

NOT_MIGRATED = "The database cannot be migrated: {error}. Was it made by a newer version of Tally?"


def upgrade() -> None:
    """Bring the database to the newest revision; a no-op when it is there already.

    Raises `TallyError` when it is of a newer Tally.
    """
    # Only a start migrates; a refresh by command would carry Alembic's 20 MB to the end.
    from alembic import command
    from alembic.config import Config
    from alembic.util import CommandError

    try:
        command.upgrade(Config(toml_file=ROOT / "pyproject.toml"), "head")
    except CommandError as error:
        raise TallyError(NOT_MIGRATED.format(error=error)) from error
