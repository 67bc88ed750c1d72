"""Who works for an organization; somebody always owns it."""

from __future__ import annotations

import threading
from uuid import uuid4

import pytest

from portal import extensions, tenancy
from portal.models import Membership, Role
from portal.services import access, accounts, members
from portal.services.errors import NotFound, Refused
from portal.services.members import EVERYWHERE, LastOwner, Scope
from tests.factories import alices_house, charlies_house, make_bob, make_membership, make_property, make_user


@pytest.fixture
def alice(db):
    return alices_house()


def membership_of(house, user):
    with tenancy.of(house.organization_id):
        (found,) = [each for each in members.listed() if each.user_id == user.id]
    return found


def audited(db, house):
    with tenancy.of(house.organization_id):
        return db.session.execute(db.text("select action from audit_log order by number desc limit 1")).scalar()


def test_bob_gets_another_role_at_one_hotel(db, alice):
    bob = make_bob(alice, Role.STAFF)
    porto = make_property(alice.organization, "Seaview Porto")

    with tenancy.of(alice.organization_id):
        members.change(membership_of(alice, bob).id, Role.MANAGER, Scope((porto.id,)))

    found = membership_of(alice, bob)
    assert (found.role, found.scope.properties, found.property_names) == (Role.MANAGER, (porto.id,), ("Seaview Porto",))
    assert [each.id for each in access.properties(bob.id, access.belongings(bob.id)[0])] == [porto.id]
    assert audited(db, alice) == "membership.changed"


def test_an_owner_works_everywhere_whatever_is_ticked(db, alice):
    bob = make_bob(alice, Role.STAFF)

    with tenancy.of(alice.organization_id):
        members.change(membership_of(alice, bob).id, Role.OWNER, Scope((alice.property_id,)))

    assert membership_of(alice, bob).scope == EVERYWHERE


@pytest.mark.parametrize("chosen", ["none", "charlies", "nobodys"])
def test_a_scope_needs_a_hotel_of_ours(db, alice, chosen):
    bob, charlie = make_bob(alice), charlies_house()
    wanted = {"none": (), "charlies": (alice.property_id, charlie.property_id), "nobodys": (uuid4(),)}[chosen]

    with tenancy.of(alice.organization_id), pytest.raises(Refused):
        members.change(membership_of(alice, bob).id, Role.STAFF, Scope(wanted))

    assert membership_of(alice, bob).scope == EVERYWHERE


def test_who_is_removed_is_out_and_keeps_the_account(db, alice):
    bob = make_bob(alice)

    with tenancy.of(alice.organization_id):
        members.remove(membership_of(alice, bob).id)

    assert access.belongings(bob.id) == []
    assert accounts.by_email(bob.email) is not None
    assert audited(db, alice) == "membership.removed"


@pytest.mark.parametrize("act", ["remove", "change"])
def test_the_last_owner_stays_one(db, alice, act):
    own = membership_of(alice, alice.owner)
    make_bob(alice, Role.MANAGER)

    with tenancy.of(alice.organization_id), pytest.raises(LastOwner):
        if act == "remove":
            members.remove(own.id)
        else:
            members.change(own.id, Role.STAFF, EVERYWHERE)

    assert membership_of(alice, alice.owner).role is Role.OWNER


def test_an_owner_who_is_locked_out_does_not_count(db, alice):
    carla = make_user("Carla")
    make_membership(alice.organization, carla, Role.OWNER)
    accounts.disable(carla)

    with tenancy.of(alice.organization_id), pytest.raises(LastOwner):
        members.remove(membership_of(alice, alice.owner).id)


def test_two_owners_who_remove_each_other_at_once_do_not_both_go(fresh_database, app, redis):
    alice, carla = alices_house(), make_user("Carla")
    make_membership(alice.organization, carla, Role.OWNER)
    both = [membership_of(alice, each).id for each in (alice.owner, carla)]
    gate, outcomes = threading.Barrier(2), []

    def leave(membership_id):
        with app.app_context(), tenancy.of(alice.organization_id):
            gate.wait(5)
            try:
                members.remove(membership_id)
                outcomes.append("gone")
            except LastOwner:
                outcomes.append("stays")
            extensions.db.session.remove()

    threads = [threading.Thread(target=leave, args=(each,)) for each in both]
    for each in threads:
        each.start()
    for each in threads:
        each.join(10)

    assert sorted(outcomes) == ["gone", "stays"]
    with tenancy.of(alice.organization_id):
        assert [each.role for each in members.listed()] == [Role.OWNER]


def test_charlie_changes_nobody_at_alices(db, alice):
    bob, charlie = make_bob(alice), charlies_house()

    with tenancy.of(charlie.organization_id):
        for act in (members.remove, lambda each: members.change(each, Role.VIEWER, EVERYWHERE)):
            with pytest.raises(NotFound):
                act(membership_of(alice, bob).id)

    with tenancy.of(alice.organization_id):
        assert db.session.query(Membership).count() == 2
