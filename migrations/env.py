"""Run the migrations on Tally's database, one process at a time."""

from alembic import context
from sqlalchemy import create_engine, make_url, pool, text

import core.db.refresh_models  # noqa: F401  # and, with it, all tables
from core import process
from core.db.base import Base
from core.db.engine import database_url

MIGRATION_LOCK = 0x7A11_0001  # an arbitrary number that no other lock of this database uses


def run() -> None:
    url = make_url(database_url()).set(drivername="postgresql+psycopg2")
    engine = create_engine(url, poolclass=pool.NullPool)
    with engine.begin() as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": MIGRATION_LOCK})
        context.configure(connection=connection, target_metadata=Base.metadata, compare_type=True)
        with context.begin_transaction():
            context.run_migrations()


def print_sql() -> None:
    context.configure(dialect_name="postgresql", target_metadata=Base.metadata, literal_binds=True)
    with context.begin_transaction():
        context.run_migrations()


process.begin()  # by Alembic's own command line nothing has
if context.is_offline_mode():
    print_sql()
else:
    run()
