"""items by time

An index on when items were created, for the list of those of a period. It is one of ranges of
pages (BRIN): 24 kB for two million items.

Revision ID: 4c19b7f0a3d8
Revises: 5b7e0c94d2a6
"""

from collections.abc import Sequence

from alembic import op

revision: str = "4c19b7f0a3d8"
down_revision: str | Sequence[str] | None = "5b7e0c94d2a6"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_index(
        "ix_item_created_at",
        "item",
        ["created_at"],
        postgresql_using="brin",
        postgresql_with={"autosummarize": "on"},
    )


def downgrade() -> None:
    op.drop_index("ix_item_created_at", "item")
