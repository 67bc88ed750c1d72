"""The migrations make the tables that the models describe, and take them away again."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

import portal.models  # noqa: F401  (loads every table into the metadata)
from portal.extensions import Base
from tests.house import CHECKOUT


@pytest.mark.filterwarnings("ignore:.*detected to include an operator clause:UserWarning")
def test_the_migrated_tables_are_the_ones_the_models_describe(settings):
    engine = sa.create_engine(settings.database_owner_url.replace("postgresql://", "postgresql+psycopg://", 1))

    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        differences = compare_metadata(context, Base.metadata)
    engine.dispose()

    assert differences == []


def test_every_migration_can_be_taken_back_and_made_again(fresh_database):
    environment = {**os.environ, "DATABASE_OWNER_URL": fresh_database.owner_url}

    for step in (["downgrade", "base"], ["upgrade", "head"]):
        subprocess.run([sys.executable, "-m", "alembic", *step], env=environment, cwd=CHECKOUT, check=True)

    engine = sa.create_engine(fresh_database.owner_url.replace("postgresql://", "postgresql+psycopg://", 1))
    with engine.connect() as connection:
        tables = set(sa.inspect(connection).get_table_names())
    engine.dispose()
    assert {"reservations", "lanes", "audit_log", "alembic_version"} <= tables
