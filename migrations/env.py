"""Run migrations as the owner of the tables, never as the application."""

from __future__ import annotations

import os

from alembic import context
from sqlalchemy import create_engine, pool, text

import portal.models  # noqa: F401  (loads every table into the metadata)
from portal.extensions import Base

config = context.config


def owner_url() -> str:
    url = config.get_main_option("sqlalchemy.url") or os.environ.get("DATABASE_OWNER_URL", "")
    if not url:
        raise SystemExit("DATABASE_OWNER_URL is not set: migrations run as the role that owns the tables.")
    return url.replace("postgresql://", "postgresql+psycopg://", 1)


def run() -> None:
    engine = create_engine(owner_url(), poolclass=pool.NullPool)
    with engine.connect() as connection:
        # A migration that waits for a lock makes everybody behind it wait: give up early instead.
        connection.execute(text("set lock_timeout = '2s'"))
        connection.commit()
        context.configure(connection=connection, target_metadata=Base.metadata, compare_type=True)
        with context.begin_transaction():
            context.run_migrations()
    engine.dispose()


if context.is_offline_mode():
    raise SystemExit("Offline migrations are not supported: policies and grants need the database.")
run()
