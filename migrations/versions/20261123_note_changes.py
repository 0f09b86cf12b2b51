"""note changes

Statement-level triggers write to the change log (`change_note`) which partitions of "user" and
"item" a transaction changed, so that a refresh exports only these.

Revision ID: efb051c6dd0e
Revises: 192c5fd4d701
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from core.db.base import TransactionId

revision: str = "efb051c6dd0e"
down_revision: str | Sequence[str] | None = "192c5fd4d701"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

RELATIONS = ("user", "item")

# A partition is 262,144 consecutive ids: id >> 18. The functions are SECURITY DEFINER, so roles
# that write users and items need no rights on the change log. Except for a full disk, nothing here
# can make a statement fail that would otherwise succeed.
FUNCTIONS = {
    "note_insert": """
        INSERT INTO change_note (relation, part, xid, inserted)
        SELECT TG_TABLE_NAME, id >> 18, pg_current_xact_id(), count(*)
        FROM new_rows GROUP BY id >> 18;
    """,
    # An update may move a row to another partition, which then has to be exported again too.
    "note_update": """
        INSERT INTO change_note (relation, part, xid, updated)
        SELECT TG_TABLE_NAME, part, pg_current_xact_id(), max(rows)
        FROM (
            SELECT id >> 18 AS part, count(*) AS rows FROM new_rows GROUP BY 1
            UNION ALL
            SELECT id >> 18, count(*) FROM old_rows GROUP BY 1
        ) AS touched
        GROUP BY part;
    """,
    "note_delete": """
        INSERT INTO change_note (relation, part, xid, deleted)
        SELECT TG_TABLE_NAME, id >> 18, pg_current_xact_id(), count(*)
        FROM old_rows GROUP BY id >> 18;
    """,
    "note_truncate": """
        INSERT INTO change_note (relation, part, xid)
        VALUES (TG_TABLE_NAME, NULL, pg_current_xact_id());
    """,
    # If the log is emptied, the checkpoints go too, so that no refresh relies on lost entries.
    "forget_marks": """
        DELETE FROM refresh_mark;
    """,
}

TRIGGERS = {
    "note_insert": "AFTER INSERT ON {relation} REFERENCING NEW TABLE AS new_rows",
    "note_update": "AFTER UPDATE ON {relation}"
    " REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows",
    "note_delete": "AFTER DELETE ON {relation} REFERENCING OLD TABLE AS old_rows",
    "note_truncate": "AFTER TRUNCATE ON {relation}",
}


def upgrade() -> None:
    op.create_table(
        "change_note",
        sa.Column("relation", sa.Text(), nullable=False),
        sa.Column("part", sa.BigInteger(), nullable=True),
        sa.Column("xid", TransactionId(), nullable=False),
        sa.Column("inserted", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("updated", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("deleted", sa.Integer(), server_default=sa.text("0"), nullable=False),
    )
    op.create_index(op.f("ix_change_note_xid"), "change_note", ["xid"], unique=False)
    op.create_table(
        "refresh_mark",
        sa.Column("store", sa.Uuid(), nullable=False),
        sa.Column("token", sa.Uuid(), nullable=False),
        sa.Column("pg_snapshot", sa.Text(), nullable=False),
        sa.Column(
            "marked_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.PrimaryKeyConstraint("store", "token", name=op.f("pk_refresh_mark")),
    )
    for name, body in FUNCTIONS.items():
        op.execute(_function(name, body))
    for relation in RELATIONS:
        for name, event in TRIGGERS.items():
            _create_trigger(name, event.format(relation=f'"{relation}"'), relation, function=name)
    _create_trigger("forget_marks", "AFTER TRUNCATE ON change_note", "change_note", "forget_marks")


def downgrade() -> None:
    for relation in RELATIONS:
        for name in TRIGGERS:
            op.execute(f'DROP TRIGGER {name} ON "{relation}"')
    op.drop_table("refresh_mark")
    op.drop_index(op.f("ix_change_note_xid"), table_name="change_note")
    op.drop_table("change_note")
    for name in FUNCTIONS:
        op.execute(f"DROP FUNCTION {name}")


def _function(name: str, body: str) -> str:
    # The search path is fixed to the migration's schema, as SECURITY DEFINER functions require.
    return f"""
        DO $migration$ BEGIN EXECUTE format($create$
            CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
            SET search_path = %I, pg_temp AS $body$ BEGIN {body} RETURN NULL; END $body$
        $create$, current_schema()); END $migration$
    """


def _create_trigger(name: str, event: str, relation: str, function: str) -> None:
    op.execute(f"CREATE TRIGGER {name} {event} FOR EACH STATEMENT EXECUTE FUNCTION {function}()")
    # ENABLE ALWAYS: replication and restores skip ordinary triggers.
    op.execute(f'ALTER TABLE "{relation}" ENABLE ALWAYS TRIGGER {name}')
