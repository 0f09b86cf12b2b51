"""The least privileges of a database role that runs Tally but owns no tables."""

from sqlalchemy import text
from sqlalchemy.orm import Session

from core.db.base import Base
from core.db.models import AuditEvent
from core.errors import Invalid

READ_ONLY = "alembic_version"  # holds the schema's revision
ROLE = text("""
    SELECT r.rolsuper AS is_superuser,
           pg_has_role(r.oid, c.relowner, 'MEMBER') AS is_owner
    FROM pg_roles r, pg_class c
    WHERE r.rolname = :role AND c.oid = to_regclass('audit_event')
""")


def statements(role: str) -> list[str]:
    """Return the GRANTs for a role: read and append the audit, change all other tables.

    Privileges that the role had on Tally's tables are revoked first.
    """
    name = _quoted(role)
    writable = [t.name for t in Base.metadata.sorted_tables if t.name != AuditEvent.__tablename__]
    tables = ", ".join(map(_quoted, writable))
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
    """Grant a role what it needs; raise `Invalid` if it is missing, a superuser or the owner."""
    rights = db.execute(ROLE, {"role": role}).one_or_none()
    if rights is None:
        raise Invalid({"role": f"There is no role {role}; make it first, with CREATE ROLE."})
    if rights.is_superuser or rights.is_owner:
        raise Invalid({"role": f"{role} owns Tally's tables, or all; no grant can narrow that."})
    for statement in statements(role):
        db.execute(text(statement))


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
