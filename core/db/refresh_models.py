"""The tables of refreshes: runs, verifications, the change log and its checkpoints."""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Identity,
    Integer,
    String,
    Table,
    Text,
    Uuid,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from core.db.base import Base, TransactionId, one_open
from core.db.models import EMAIL_LENGTH


class RefreshRun(Base):
    """One refresh, from its request to its outcome; at most one is open at a time.

    `status` is requested, running, then succeeded, failed or held; held waits for a superuser to
    confirm that many rows are gone. `mode` is full, incremental or unchanged; `reason` says why it
    was full. `full` asks for all partitions. `changes` holds the rows inserted, updated and deleted
    by table, from the change log. `spans` is `core.telemetry.spans.Kept.rows()`, loaded on demand.
    """

    __tablename__ = "refresh_run"
    __table_args__ = (one_open("uq_refresh_run_open"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    status: Mapped[str] = mapped_column(String(16), server_default=text("'requested'"))
    trigger: Mapped[str] = mapped_column(String(16))
    requested_by: Mapped[str | None] = mapped_column(String(EMAIL_LENGTH))
    requested_at: Mapped[datetime] = mapped_column(server_default=func.now(), index=True)
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    step: Mapped[str | None] = mapped_column(String(32))
    parts_total: Mapped[int] = mapped_column(server_default=text("0"))
    parts_done: Mapped[int] = mapped_column(server_default=text("0"))
    mode: Mapped[str | None] = mapped_column(String(16))
    reason: Mapped[str | None] = mapped_column(Text)
    full: Mapped[bool] = mapped_column(server_default=text("false"))
    accept_drop: Mapped[bool] = mapped_column(server_default=text("false"))
    generation: Mapped[int | None] = mapped_column(BigInteger)
    users: Mapped[int | None] = mapped_column(BigInteger)
    items: Mapped[int | None] = mapped_column(BigInteger)
    parts_written: Mapped[int | None]
    rows_written: Mapped[int | None] = mapped_column(BigInteger)
    bytes_written: Mapped[int | None] = mapped_column(BigInteger)
    step_seconds: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'::jsonb"))
    changes: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'::jsonb"))
    spans: Mapped[list[Any]] = mapped_column(
        JSONB, server_default=text("'[]'::jsonb"), deferred=True, deferred_raiseload=True
    )
    error: Mapped[str | None] = mapped_column(Text)
    trace_id: Mapped[str | None] = mapped_column(String(32))


class SnapshotCheck(Base):
    """A verification of the published snapshot against the database, from request to outcome.

    At most one is open. `status` is requested, running, then succeeded or failed. `wrong` counts
    unexplained differences, `newer` the partitions changed since the snapshot; `findings` lists
    both.
    """

    __tablename__ = "snapshot_check"
    __table_args__ = (one_open("uq_snapshot_check_open"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    status: Mapped[str] = mapped_column(String(16), server_default=text("'requested'"))
    requested_by: Mapped[str | None] = mapped_column(String(EMAIL_LENGTH))
    requested_at: Mapped[datetime] = mapped_column(server_default=func.now())
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    generation: Mapped[int | None] = mapped_column(BigInteger)
    parts_total: Mapped[int] = mapped_column(server_default=text("0"))
    parts_done: Mapped[int] = mapped_column(server_default=text("0"))
    wrong: Mapped[int | None]
    newer: Mapped[int | None]
    findings: Mapped[list[Any]] = mapped_column(JSONB, server_default=text("'[]'::jsonb"))
    error: Mapped[str | None] = mapped_column(Text)
    trace_id: Mapped[str | None] = mapped_column(String(32))


# The change log: which partitions of "user" and "item" changed, written by triggers; see
# core/snapshots/change_log.py. An entry without a partition stands for the whole table. The table
# has no key, as entries are never read one by one.
change_note = Table(
    "change_note",
    Base.metadata,
    Column("relation", Text, nullable=False),
    Column("part", BigInteger),
    Column("xid", TransactionId, nullable=False, index=True),
    Column("inserted", Integer, nullable=False, server_default=text("0")),
    Column("updated", Integer, nullable=False, server_default=text("0")),
    Column("deleted", Integer, nullable=False, server_default=text("0")),
)


class RefreshCheckpoint(Base):
    """A checkpoint: what a published snapshot saw, as proof that no later log entry is missing.

    `store` is the id of a folder of snapshots, `token` the id of one of its manifests. Truncating
    the change log also removes the checkpoints, and so does restoring an older backup. Without its
    checkpoint, a refresh starts from scratch.
    """

    __tablename__ = "refresh_mark"

    store: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    token: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    pg_snapshot: Mapped[str] = mapped_column(Text)
    marked_at: Mapped[datetime] = mapped_column(server_default=func.now())
