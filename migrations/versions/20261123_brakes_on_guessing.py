"""brakes on guessing

Adds counts of failed sign-ins, and the browsers with which people have signed in before.

Revision ID: 5b1f0c8e7a42
Revises: efb051c6dd0e
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "5b1f0c8e7a42"
down_revision: str | Sequence[str] | None = "efb051c6dd0e"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "sign_in_throttle",
        sa.Column("bucket", sa.LargeBinary(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("failed_at", MOMENT, server_default=sa.text("now()"), nullable=False),
        sa.Column("open_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("bucket", name=op.f("pk_sign_in_throttle")),
    )
    op.create_index(op.f("ix_sign_in_throttle_failed_at"), "sign_in_throttle", ["failed_at"])
    op.create_table(
        "known_browser",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("created_at", MOMENT, server_default=sa.text("now()"), nullable=False),
        sa.Column("used_at", MOMENT, server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user.id"], name=op.f("fk_known_browser_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_known_browser")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_known_browser_token_hash")),
    )
    op.create_index(op.f("ix_known_browser_user_id"), "known_browser", ["user_id"])
    op.create_index(op.f("ix_known_browser_used_at"), "known_browser", ["used_at"])


def downgrade() -> None:
    op.drop_table("known_browser")
    op.drop_table("sign_in_throttle")
