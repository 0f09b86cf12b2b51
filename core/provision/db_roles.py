"""What a database role needs that serves Tally and owns nothing: all it uses, and no more."""

from sqlalchemy import text
from sqlalchemy.orm import Session

from core.db.base import Base
from core.db.models import AuditEvent
from core.errors import Invalid

READ_ONLY = "alembic_version"  # which revision the schema is at
ROLE = text("""
    SELECT r.rolsuper AS is_superuser,
           pg_has_role(r.oid, c.relowner, 'MEMBER') AS is_owner
    FROM pg_roles r, pg_class c
    WHERE r.rolname = :role AND c.oid = to_regclass('audit_event')
""")


def statements(role: str) -> list[str]:
    """Return what lets a role serve: rows of the audit it adds and reads, all others it changes.

    What the role was granted on Tally's tables before is taken back first.
    """
    name = _quoted(role)
    changed = [t.name for t in Base.metadata.sorted_tables if t.name != AuditEvent.__tablename__]
    tables = ", ".join(map(_quoted, changed))
    audit = _quoted(AuditEvent.__tablename__)
    everything = f"{tables}, {audit}, {_quoted(READ_ONLY)}"
    return [
        f"REVOKE ALL ON {everything} FROM {name}",
        f"GRANT USAGE ON SCHEMA public TO {name}",
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON {tables} TO {name}",
        f"GRANT SELECT, INSERT ON {audit} TO {name}",
        f"GRANT SELECT ON {_quoted(READ_ONLY)} TO {name}",
        f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {name}",
    ]


def grant(db: Session, *, role: str) -> None:
    """Let a role serve Tally; raise `Invalid` when it is not there, or could do more anyway."""
    found = db.execute(ROLE, {"role": role}).one_or_none()
    if found is None:
        raise Invalid({"role": f"There is no role {role}; make it first, with CREATE ROLE."})
    if found.is_superuser or found.is_owner:
        raise Invalid({"role": f"{role} owns Tally's tables, or all; no grant can narrow that."})
    for statement in statements(role):
        db.execute(text(statement))


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
