"""guard notes

Deleting or changing entries of the change log (`change_note`) also deletes all checkpoints
(`refresh_mark`), except when a refresh prunes. A refresh records why it was a full one, and has an
option to accept that many rows are gone.

Revision ID: 8d1f4c7a90b2
Revises: 5b1f0c8e7a42
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "8d1f4c7a90b2"
down_revision: str | Sequence[str] | None = "5b1f0c8e7a42"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

TRIGGER = "forget_marks_unless_pruning"
BODY = """
    IF current_setting('tally.pruning', true) IS DISTINCT FROM 'on' THEN
        DELETE FROM refresh_mark;
    END IF;
"""


def upgrade() -> None:
    op.add_column("refresh_run", sa.Column("reason", sa.Text(), nullable=True))
    op.add_column(
        "refresh_run",
        sa.Column("accept_drop", sa.Boolean(), server_default=sa.text("false"), nullable=False),
    )
    op.execute(f"""
        DO $migration$ BEGIN EXECUTE format($create$
            CREATE FUNCTION {TRIGGER}() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
            SET search_path = %I, pg_temp AS $body$ BEGIN {BODY} RETURN NULL; END $body$
        $create$, current_schema()); END $migration$
    """)
    op.execute(
        f"CREATE TRIGGER {TRIGGER} AFTER UPDATE OR DELETE ON change_note"
        f" FOR EACH STATEMENT EXECUTE FUNCTION {TRIGGER}()"
    )
    op.execute(f"ALTER TABLE change_note ENABLE ALWAYS TRIGGER {TRIGGER}")


def downgrade() -> None:
    op.execute(f"DROP TRIGGER {TRIGGER} ON change_note")
    op.execute(f"DROP FUNCTION {TRIGGER}")
    op.drop_column("refresh_run", "accept_drop")
    op.drop_column("refresh_run", "reason")
