"""The fixtures themselves: what a test commits is undone, and what must be separate is."""

from __future__ import annotations

import threading

import psycopg
import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import ProgrammingError

from portal import extensions
from portal.config import Settings


@pytest.fixture(scope="module")
def keepsake(settings: Settings):
    """A table that is there for these tests only."""
    with psycopg.connect(settings.database_owner_url, autocommit=True) as owner:
        owner.execute("CREATE TABLE keepsake (number int)")
        owner.execute("GRANT ALL ON keepsake TO roomwire_app")
        yield
        owner.execute("DROP TABLE keepsake")


def count_tables(db) -> int:
    return db.session.scalar(text("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"))


def test_the_suite_speaks_as_the_application(db):
    assert db.session.scalar(text("SELECT current_user")) == "roomwire_app"
    assert (
        db.session.scalar(text("SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user")) is False
    )


def test_the_migrations_have_run_and_belong_to_the_owner(db):
    owners = db.session.scalars(text("SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = 'public'"))

    assert list(owners) == ["roomwire_owner"]


@pytest.mark.parametrize("run", [1, 2])
def test_what_a_test_commits_ends_with_the_test(keepsake, db, run):
    db.session.execute(text("INSERT INTO keepsake VALUES (:run)"), {"run": run})
    db.session.commit()

    assert db.session.scalars(text("SELECT number FROM keepsake")).all() == [run]


def test_a_rollback_in_a_test_undoes_only_what_came_after_the_last_commit(keepsake, db):
    db.session.execute(text("INSERT INTO keepsake VALUES (7)"))
    db.session.commit()

    with pytest.raises(ProgrammingError):
        db.session.execute(text("SELECT * FROM nowhere"))
    db.session.rollback()

    assert db.session.scalars(text("SELECT number FROM keepsake")).all() == [7]


def test_a_fresh_database_shows_a_commit_to_every_connection(app, fresh_database):
    db = extensions.db
    seen = []

    def look() -> None:
        with app.app_context():
            seen.append(db.session.scalar(select(text("current_database()"))))

    threads = [threading.Thread(target=look) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert seen == [fresh_database.name] * 3
    assert extensions.runtime.settings.database_url == fresh_database.url
    assert count_tables(db) > 0


def test_redis_is_empty_and_the_apps_own(app, redis):
    assert redis.dbsize() == 0
    redis.set("bell", "rung")
    assert extensions.redis.client.get("bell") == b"rung"
