"""The audit log: written with the change, chained by PostgreSQL, out of the application's reach."""

from __future__ import annotations

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from portal import tenancy
from portal.db import unit_of_work
from portal.extensions import db as database
from portal.models import AuditEntry
from portal.services import audit, platform
from tests.factories import alices_house, charlies_house


def write(count=5):
    for number in range(count):
        with unit_of_work():
            audit.record("rate.changed", "rate_plan", None, {"rate": (number, number + 1)})


def test_an_entry_says_who_what_and_from_what_to_what(db):
    house = alices_house()
    who = audit.Actor("user", house.owner.id, "Alice", "203.0.113.9", "c0ffee")

    with tenancy.of(house.organization_id), audit.acting(who):
        write(1)
        entry = db.session.query(AuditEntry).order_by(AuditEntry.number.desc()).first()
        changes = entry.changes

    assert (entry.actor_id, entry.actor_name, entry.address) == (house.owner.id, "Alice", "203.0.113.9")
    assert (entry.action, entry.correlation_id, changes) == ("rate.changed", "c0ffee", {"rate": [0, 1]})


def test_what_changed_is_kept_as_ciphertext(db):
    house = alices_house()
    with tenancy.of(house.organization_id):
        with unit_of_work():
            audit.record("guest.changed", "guest", None, {"name": ("Ana Silva", "Ana Costa")})

        rows = db.session.execute(text("select audit_log::text, encode(changes_sealed, 'escape') from audit_log")).all()

    assert "Silva" not in str(rows) and "Costa" not in str(rows)


def test_an_entry_of_a_change_that_failed_is_not_there(db):
    house = alices_house()

    with tenancy.of(house.organization_id):
        before = db.session.query(AuditEntry).count()
        with pytest.raises(ZeroDivisionError), unit_of_work():
            audit.record("rate.changed", "rate_plan", None)
            raise ZeroDivisionError

        assert db.session.query(AuditEntry).count() == before


@pytest.mark.parametrize(
    "statement",
    [
        "update audit_log set actor_name = 'nobody'",
        "delete from audit_log",
        "truncate audit_log",
        "update audit_heads set number = 0",
        "delete from audit_heads",
        "alter table audit_log disable trigger audit_chain",
        "drop table audit_log",
    ],
)
def test_the_application_cannot_change_what_was_written(db, statement):
    house = alices_house()
    with tenancy.of(house.organization_id):
        write(1)

        with pytest.raises(ProgrammingError, match="permission denied|must be owner"):
            db.session.execute(text(statement))
        db.session.rollback()


def test_the_application_cannot_choose_number_time_or_hash(db):
    house = alices_house()
    with tenancy.of(house.organization_id):
        write(2)
        forged = "insert into audit_log (organization_id, id, number, at, actor_kind, action, subject_kind, actor_name,"
        forged += " address, correlation_id, previous_hash, hash) values (:organization, gen_random_uuid(), 1,"
        forged += " '2001-01-01', 'system', 'x', 'x', '', '', '', '\\x00', '\\x00')"
        db.session.execute(text(forged), {"organization": house.organization_id})
        db.session.commit()

        last = db.session.query(AuditEntry).order_by(AuditEntry.number.desc()).first()
        assert last.action == "x" and last.at.year > 2001 and len(last.hash) == 32
        assert audit.first_broken_entry() is None


def test_chains_of_two_organizations_do_not_touch(db):
    alice, charlie = alices_house(), charlies_house()
    for house in (alice, charlie, alice):
        with tenancy.of(house.organization_id):
            write(2)

    for house in (alice, charlie):
        with tenancy.of(house.organization_id):
            numbers = [entry.number for entry in db.session.query(AuditEntry).order_by(AuditEntry.number)]
            assert numbers == list(range(1, len(numbers) + 1))
            assert audit.first_broken_entry() is None


@pytest.mark.parametrize(
    ("tampering", "noticed_at"),
    [
        ("delete from audit_log where number = 3", 4),
        ("delete from audit_log where number = 1", 2),
        ("update audit_log set actor_name = 'nobody' where number = 4", 4),
        ("update audit_log set at = at + interval '1 hour' where number = 2", 2),
        ("update audit_log set changes_sealed = null where number = 5", 5),
        ("update audit_log set hash = sha256('x') where number = 3", 3),
    ],
)
def test_even_the_owner_of_the_tables_does_not_tamper_unnoticed(fresh_database, tampering, noticed_at):
    house = alices_house()
    with tenancy.of(house.organization_id):
        write(6)
        assert audit.first_broken_entry() is None

    with psycopg.connect(fresh_database.admin_url, autocommit=True) as connection:
        connection.execute(tampering)

    with tenancy.of(house.organization_id):
        assert audit.first_broken_entry() == noticed_at
    assert [verdict.broken_at for verdict in platform.verify_audit()] == [noticed_at]


def test_cutting_off_the_newest_entries_is_noticed_too(fresh_database):
    house = alices_house()
    with tenancy.of(house.organization_id):
        write(6)
        newest = database.session.query(AuditEntry.number).order_by(AuditEntry.number.desc()).first()[0]
        database.session.rollback()

    with psycopg.connect(fresh_database.admin_url, autocommit=True) as connection:
        connection.execute("delete from audit_log where number >= %s", (newest - 1,))

    with tenancy.of(house.organization_id):
        assert audit.first_broken_entry() == newest
