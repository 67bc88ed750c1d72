"""The tenant belongs to a transaction: nothing of it stays on a connection that is used again."""

from __future__ import annotations

import threading
from uuid import uuid4

import pytest
import sqlalchemy
from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError, ProgrammingError

from portal import extensions, tenancy
from portal.models import Property, RoomType
from tests.factories import alices_house, charlies_house, make_property, make_room_type

COUNT = select(func.count()).select_from(Property)


@pytest.fixture
def one_connection(fresh_database, app):
    """The whole process shares one connection: what one request leaves on it, the next one finds."""
    usual = extensions.db.engines[None]
    single = sqlalchemy.create_engine(fresh_database.sqlalchemy_url, pool_size=1, max_overflow=0, pool_timeout=5)
    extensions.db.engines[None] = single
    yield extensions.db
    extensions.db.session.remove()
    extensions.db.engines[None] = usual
    single.dispose()


def seen(db):
    """How many properties are visible: by the ORM, by Core, by plain SQL, by a subquery and by exists()."""
    counts = {
        db.session.scalar(COUNT),
        len(db.session.scalars(select(Property)).all()),
        db.session.execute(text("select count(*) from properties")).scalar_one(),
        db.session.execute(text("select count(*) from organizations o, properties p")).scalar_one(),
        int(db.session.scalar(select(select(Property).exists()))),
    }
    (count,) = counts
    return count


def test_everybody_sees_their_own_and_nobody_sees_anything_without_a_tenant(one_connection):
    db, alice, charlie = one_connection, alices_house(), charlies_house()

    for house in (alice, charlie, alice):
        with tenancy.of(house.organization_id):
            assert seen(db) == 1
            assert db.session.scalar(select(Property.id)) == house.property_id
            db.session.commit()
        assert seen(db) == 0
        db.session.rollback()


@pytest.mark.parametrize("ending", ["commit", "rollback", "error", "remove"])
def test_nothing_of_a_tenant_stays_on_the_connection(one_connection, ending):
    db, alice = one_connection, alices_house()

    with tenancy.of(alice.organization_id):
        assert seen(db) == 1
        if ending == "error":
            with pytest.raises(ProgrammingError):
                db.session.execute(text("select no_such_column from properties"))
            db.session.rollback()
        else:
            getattr(db.session, ending)()

    with db.engine.connect() as raw:
        assert raw.execute(text("select count(*) from properties")).scalar_one() == 0
        assert raw.execute(text("select current_setting('roomwire.organization', true)")).scalar() in ("", None)


def test_a_tenant_that_changes_within_a_transaction_changes_what_is_seen(one_connection):
    db, alice, charlie = one_connection, alices_house(), charlies_house()

    with tenancy.of(alice.organization_id):
        assert db.session.scalar(select(Property.id)) == alice.property_id
        with tenancy.of(charlie.organization_id):
            assert db.session.scalar(select(Property.id)) == charlie.property_id
        assert db.session.scalar(select(Property.id)) == alice.property_id


def test_a_lazy_read_after_the_commit_is_still_the_tenants(one_connection):
    db, alice = one_connection, alices_house()

    with tenancy.of(alice.organization_id):
        hotel = db.session.scalar(select(Property))
        db.session.commit()
        db.session.expire(hotel)

        assert hotel.name == "Seaview Faro"


def test_threads_that_share_one_connection_never_meet_each_others_rows(one_connection, app):
    houses = [alices_house(), charlies_house()]
    mistakes = []

    def work(house):
        with app.app_context():
            for _ in range(50):
                with tenancy.of(house.organization_id):
                    found = extensions.db.session.scalars(select(Property.id)).all()
                    extensions.db.session.commit()
                if found != [house.property_id]:
                    mistakes.append(found)

    extensions.db.session.remove()
    threads = [threading.Thread(target=work, args=(house,)) for house in houses * 2]
    for each in threads:
        each.start()
    for each in threads:
        each.join(60)

    assert mistakes == []
    assert not any(each.is_alive() for each in threads)


def test_a_row_of_another_organization_cannot_be_written_changed_or_deleted(db):
    alice, charlie = alices_house(), charlies_house()

    with tenancy.of(charlie.organization_id):
        forged = Property(organization_id=alice.organization_id, name="Forged", currency="EUR", timezone="UTC")
        db.session.add(forged)
        with pytest.raises(ProgrammingError, match="row-level security"):
            db.session.flush()
        db.session.rollback()
        by_id = {"id": alice.property_id, "mine": charlie.organization_id}
        assert db.session.execute(text("update properties set name = 'x' where id = :id"), by_id).rowcount == 0
        assert db.session.execute(text("delete from properties where id = :id"), by_id).rowcount == 0
        with pytest.raises(ProgrammingError, match="row-level security"):
            take_away = "update properties set organization_id = :id"
            db.session.execute(text(take_away), {"id": alice.organization_id})
        db.session.rollback()

    with tenancy.of(alice.organization_id):
        assert db.session.scalar(select(Property.name)) == "Seaview Faro"


def test_without_a_tenant_nothing_is_written(db):
    house = alices_house()

    with pytest.raises(RuntimeError, match="needs an organization"):
        Property(name="Nobody's", currency="EUR", timezone="UTC")
    db.session.add(Property(organization_id=house.organization_id, name="x", currency="EUR", timezone="UTC"))
    with pytest.raises(ProgrammingError, match="row-level security"):
        db.session.flush()
    db.session.rollback()


def test_nobody_hangs_their_room_type_under_a_strangers_property(db):
    alice, charlie = alices_house(), charlies_house()

    with tenancy.of(charlie.organization_id):
        db.session.add(RoomType(property_id=alice.property_id, name="Double"))
        with pytest.raises(IntegrityError, match="foreign key"):
            db.session.flush()
        db.session.rollback()


def test_a_name_that_is_taken_elsewhere_is_free_here(db):
    alice, charlie = alices_house(), charlies_house()
    for house in (alice, charlie):
        make_room_type(house.property, "Double", ("B-201",))

    second = make_property(charlie.organization, "Seaview Faro")

    assert second.organization_id == charlie.organization_id


def test_unsaved_rows_of_one_organization_are_not_carried_to_another(db):
    alice, charlie = alices_house(), charlies_house()

    with tenancy.of(alice.organization_id):
        db.session.execute(text("select 1"))
        db.session.add(RoomType(property_id=alice.property_id, name="Unsaved"))
        with pytest.raises(RuntimeError, match="unsaved rows"), tenancy.of(charlie.organization_id):
            pass
        db.session.rollback()


def test_an_organization_that_does_not_exist_has_nothing(db):
    alices_house()

    with tenancy.of(uuid4()):
        assert seen(db) == 0
