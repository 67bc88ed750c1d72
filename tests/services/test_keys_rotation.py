"""A new master key, while everybody goes on reading and writing."""

from __future__ import annotations

import os
import threading
from contextlib import contextmanager

import psycopg
import pytest

from portal import extensions, tenancy
from portal.config import ConfigError
from portal.crypto import CryptoError, Keyring
from portal.db import unit_of_work
from portal.models import AuditEntry, Guest
from portal.models.keys import forget_keys
from portal.services import audit, health, keys_rotation
from tests.factories import make_organization

NEW = ("new", bytes(reversed(range(32))))


@contextmanager
def master_keys(*keys):
    """The process as it would be with these master keys in its environment."""
    before = extensions.runtime.keyring
    extensions.runtime.keyring = Keyring(keys)
    forget_keys()
    try:
        yield
    finally:
        extensions.runtime.keyring = before
        forget_keys()


def old():
    return extensions.runtime.settings.master_keys[0]


def make_guest(organization_id, name):
    with tenancy.of(organization_id), unit_of_work():
        guest = Guest()
        guest.name = name
        extensions.db.session.add(guest)
    return guest.id


def name_of(organization_id, guest_id):
    forget_keys()  # as another process would, which has not read this key yet
    with tenancy.of(organization_id):
        extensions.db.session.expire_all()
        return extensions.db.session.get(Guest, (organization_id, guest_id)).name


def test_afterwards_the_old_master_key_is_not_needed(db):
    organization_id = make_organization().id
    guest = make_guest(organization_id, "Ana Silva")

    with master_keys(NEW, old()):
        before = keys_rotation.remaining()
        last = list(keys_rotation.rotate())[-1]

    assert before >= 2 and (last.rewrapped, last.remaining, last.failed) == (before, 0, 0)
    with master_keys(NEW):
        assert name_of(organization_id, guest) == "Ana Silva"
    with master_keys(old()), pytest.raises(CryptoError):
        name_of(organization_id, guest)


def test_a_second_rotation_has_nothing_to_do(db):
    make_organization()

    with master_keys(NEW, old()):
        list(keys_rotation.rotate())
        again = list(keys_rotation.rotate())

    assert [each.rewrapped for each in again] == [0]


def test_a_rotation_killed_in_the_middle_is_taken_up_again(db, monkeypatch):
    ids = [make_organization(f"Hotel {number}").id for number in range(4)]
    guests = {each: make_guest(each, f"Guest of {each}") for each in ids}
    monkeypatch.setattr(keys_rotation, "BATCH", 3)

    with master_keys(NEW, old()):
        first = next(keys_rotation.rotate())  # the process dies here
        assert first.rewrapped == 3 and first.remaining >= 5
        assert all(name_of(each, guest) == f"Guest of {each}" for each, guest in guests.items())
        last = list(keys_rotation.rotate())[-1]

    assert last.remaining == 0
    with master_keys(NEW):
        assert all(name_of(each, guest) == f"Guest of {each}" for each, guest in guests.items())


def test_a_key_whose_master_is_gone_is_counted_and_stops_nobody(db):
    lost = make_organization("Lost").id
    with master_keys(("third", os.urandom(32))):
        found = make_organization("Found").id

    with master_keys(NEW, old()):
        last = list(keys_rotation.rotate())[-1]

    assert last.failed == 2 and last.remaining == 2
    with master_keys(NEW):
        assert make_guest(lost, "Ana")
        with pytest.raises(CryptoError):
            make_guest(found, "Ana")


def test_every_key_that_changed_hands_is_in_the_audit_log(db):
    organization_id = make_organization().id

    with master_keys(NEW, old()):
        list(keys_rotation.rotate())
        with tenancy.of(organization_id):
            entries = db.session.query(AuditEntry).filter_by(action="key.rewrapped").all()
            changes = [entry.changes for entry in entries]
            assert audit.first_broken_entry() is None

    assert sorted(field for each in changes for field in each) == ["data 1", "lookup 1"]


def test_nobody_fails_to_read_while_the_keys_are_rewrapped(fresh_database, app):
    ids = [make_organization(f"Hotel {number}").id for number in range(25)]
    guests = {each: make_guest(each, f"Guest of {each}") for each in ids}
    reads, failures, done = [0], [], threading.Event()

    def read():
        with app.app_context():
            while not done.is_set():
                for organization_id, guest in guests.items():
                    try:
                        assert name_of(organization_id, guest) == f"Guest of {organization_id}"
                        reads[0] += 1
                    except Exception as error:  # whatever it is, the test must see it
                        failures.append(error)
                        return

    with master_keys(NEW, old()):
        readers = [threading.Thread(target=read) for _ in range(3)]
        for each in readers:
            each.start()
        last = list(keys_rotation.rotate())[-1]
        done.set()
        for each in readers:
            each.join(20)

    assert failures == []
    assert (last.rewrapped, last.remaining) == (50, 0)
    assert reads[0] > 0
    with psycopg.connect(fresh_database.admin_url) as connection:
        assert connection.execute("select distinct master_key_id from tenant_keys").fetchall() == [("new",)]


def test_the_portal_does_not_start_with_a_wrong_master_key(db):
    make_organization()
    name, _ = old()

    with master_keys((name, os.urandom(32))), pytest.raises(ConfigError, match="does not open what is stored"):
        health.check_keys()
