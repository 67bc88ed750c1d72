"""Who gets into an organization: `allowed_in_organization`, without a page around it."""

from __future__ import annotations

from uuid import uuid4

import pytest
from flask import g
from werkzeug.exceptions import Forbidden

from portal import tenancy
from portal.models import Role
from portal.services.errors import NotFound
from portal.web.guards import allowed_in_organization
from tests.factories import alices_house, charlies_house, make_bob, make_membership, make_user
from tests.people import COOKIE, token_of


@allowed_in_organization("properties.create")
def add_property(organization_id):
    return organization_id, g.organization.organization_name, tenancy.current()


@allowed_in_organization("members.edit")
def edit_members(organization_id):
    return organization_id


@pytest.fixture
def knock(app, db, redis):
    """Ask for a view of an organization as somebody who is signed in."""

    def ask(view, who, organization_id):
        with app.test_request_context("/", headers={"Cookie": f"{COOKIE}={token_of(who)}"}):
            app.preprocess_request()
            return view(organization_id=organization_id)

    return ask


def test_an_owner_works_in_her_organization_and_the_tenant_is_set_for_the_request(knock):
    alice = alices_house()

    found = knock(add_property, alice.owner, alice.organization_id)

    assert found == (alice.organization_id, "Seaview Hotels", alice.organization_id)


def test_a_strangers_organization_is_missing_like_one_that_never_was(knock):
    alice, charlie = alices_house(), charlies_house()

    for each in (alice.organization_id, uuid4()):
        with pytest.raises(NotFound):
            knock(add_property, charlie.owner, each)


@pytest.mark.parametrize("role", [Role.STAFF, Role.VIEWER])
def test_who_does_not_run_the_organization_is_refused(knock, role):
    alice = alices_house()
    bob = make_bob(alice, role)

    with pytest.raises(Forbidden):
        knock(add_property, bob, alice.organization_id)


def test_a_manager_of_all_properties_adds_one_and_one_of_some_properties_does_not(knock):
    alice = alices_house()
    bob, carol = make_user("Bob Tanaka"), make_user("Carol Reis")
    make_membership(alice.organization, bob, Role.MANAGER)
    make_membership(alice.organization, carol, Role.MANAGER, only=[alice.property])

    assert knock(add_property, bob, alice.organization_id)
    with pytest.raises(Forbidden):
        knock(add_property, carol, alice.organization_id)


def test_only_an_owner_decides_who_works_here(knock):
    alice = alices_house()
    bob = make_bob(alice, Role.MANAGER)

    assert knock(edit_members, alice.owner, alice.organization_id) == alice.organization_id
    with pytest.raises(Forbidden):
        knock(edit_members, bob, alice.organization_id)
