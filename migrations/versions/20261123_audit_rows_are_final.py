"""audit rows are final

A trigger refuses to change or delete rows of the audit trail, whoever asks.

Revision ID: 8c2d6f31b9e4
Revises: 8d1f4c7a90b2
"""

from collections.abc import Sequence

from alembic import op

revision: str = "8c2d6f31b9e4"
down_revision: str | Sequence[str] | None = "8d1f4c7a90b2"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_index("ix_audit_event_action", "audit_event", ["action", "id"])
    op.execute("""
        CREATE FUNCTION keep_audit_event() RETURNS trigger LANGUAGE plpgsql AS $body$
        BEGIN
            RAISE EXCEPTION 'rows of audit_event can be added, and neither changed nor deleted'
                USING ERRCODE = 'insufficient_privilege';
        END $body$
    """)
    op.execute("""
        CREATE TRIGGER keep_audit_event BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_event
        FOR EACH STATEMENT EXECUTE FUNCTION keep_audit_event()
    """)
    # ENABLE ALWAYS: replication skips ordinary triggers.
    op.execute("ALTER TABLE audit_event ENABLE ALWAYS TRIGGER keep_audit_event")


def downgrade() -> None:
    op.execute("DROP TRIGGER keep_audit_event ON audit_event")
    op.execute("DROP FUNCTION keep_audit_event")
    op.drop_index("ix_audit_event_action", "audit_event")
