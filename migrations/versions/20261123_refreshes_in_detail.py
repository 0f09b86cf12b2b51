"""refreshes in detail

A refresh stores its spans and its changes, and has an option to export all partitions.
Verifications of the published snapshot against the database get their own table.

Revision ID: 6f3a9d20c7e1
Revises: 5d0c4be27a91
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "6f3a9d20c7e1"
down_revision: str | Sequence[str] | None = "5d0c4be27a91"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column(
        "refresh_run",
        sa.Column("full", sa.Boolean(), server_default=sa.text("false"), nullable=False),
    )
    for name, empty in (("changes", "{}"), ("spans", "[]")):
        default = sa.text(f"'{empty}'::jsonb")
        op.add_column(
            "refresh_run",
            sa.Column(name, postgresql.JSONB(), server_default=default, nullable=False),
        )
    op.create_table(
        "snapshot_check",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column(
            "status", sa.String(length=16), server_default=sa.text("'requested'"), nullable=False
        ),
        sa.Column("requested_by", sa.String(length=255), nullable=True),
        sa.Column("requested_at", TIME, server_default=sa.text("now()"), nullable=False),
        sa.Column("started_at", TIME, nullable=True),
        sa.Column("finished_at", TIME, nullable=True),
        sa.Column("generation", sa.BigInteger(), nullable=True),
        sa.Column("parts_total", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("parts_done", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("wrong", sa.Integer(), nullable=True),
        sa.Column("newer", sa.Integer(), nullable=True),
        sa.Column(
            "findings",
            postgresql.JSONB(),
            server_default=sa.text("'[]'::jsonb"),
            nullable=False,
        ),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("trace_id", sa.String(length=32), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_snapshot_check")),
    )
    op.create_index(
        "uq_snapshot_check_open",
        "snapshot_check",
        [sa.text("(true)")],
        unique=True,
        postgresql_where=sa.text("status IN ('requested', 'running')"),
    )


def downgrade() -> None:
    op.drop_table("snapshot_check")
    for name in ("spans", "changes", "full"):
        op.drop_column("refresh_run", name)
