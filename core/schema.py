"""The schema of the operational database, kept by Alembic."""

from alembic import command
from alembic.config import Config

from core.settings import ROOT


def upgrade() -> None:
    """Bring the database to the newest revision; a no-op when it is there already."""
    command.upgrade(Config(toml_file=ROOT / "pyproject.toml"), "head")
