"""single sign-on

Revision ID: c41d7a90e6b3
Revises: 6f3a9d20c7e1
"""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from alembic import op

revision: str = "c41d7a90e6b3"
down_revision: str | Sequence[str] | None = "6f3a9d20c7e1"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "linked_identity",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("issuer", sa.String(length=255), nullable=False),
        sa.Column("subject", sa.String(length=255), nullable=False),
        _moment("created_at"),
        _moment("used_at"),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user.id"], name=op.f("fk_linked_identity_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_linked_identity")),
        sa.UniqueConstraint("issuer", "subject", name=op.f("uq_linked_identity_issuer_subject")),
        sa.UniqueConstraint("user_id", "issuer", name=op.f("uq_linked_identity_user_id_issuer")),
    )
    op.create_table(
        "sign_in_request",
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("provider", sa.String(length=32), nullable=False),
        sa.Column("target", sa.Text(), nullable=False),
        _moment("created_at"),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_sign_in_request")),
    )
    op.create_index(
        op.f("ix_sign_in_request_created_at"), "sign_in_request", ["created_at"], unique=False
    )


def downgrade() -> None:
    op.drop_index(op.f("ix_sign_in_request_created_at"), table_name="sign_in_request")
    op.drop_table("sign_in_request")
    op.drop_table("linked_identity")


def _moment(name: str) -> "sa.Column[datetime]":
    return sa.Column(
        name, sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
    )
