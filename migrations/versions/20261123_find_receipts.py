"""find receipts

Adds an index on the hashes of exported files, so that a file's receipt is found quickly.

Revision ID: 5b7e0c94d2a6
Revises: c41d7a90e6b3
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "5b7e0c94d2a6"
down_revision: str | Sequence[str] | None = "c41d7a90e6b3"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_index(
        "ix_audit_event_receipt",
        "audit_event",
        [sa.text("(changes #>> '{sha256,1}')")],
        postgresql_where=sa.text("action = 'export.end'"),
    )


def downgrade() -> None:
    op.drop_index("ix_audit_event_receipt", "audit_event")
