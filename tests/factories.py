"""What tests start from: plain functions with defaults. Alice owns a hotel, Bob works for her, Charlie owns another.

Each works under the `db` fixture and commits. Functions named `make_…` that take no organization need one to be
entered: `with tenancy.of(organization.id): …`.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from typing import Any
from uuid import UUID

from portal import tenancy
from portal.extensions import db
from portal.models import Membership, MembershipProperty, Organization, Property, RatePlan, Role, RoomType, User
from portal.services import organizations, passwords, properties, rates, room_types

PASSWORD = "seven herons at low tide"
_numbers = itertools.count(1)


@dataclass(frozen=True)
class House:
    """One organization with one property and its people. Ids are plain values, readable for whomever the code works."""

    organization: Organization
    organization_id: UUID
    property: Property
    property_id: UUID
    owner: User


def make_user(name: str = "Alice Marques", email: str = "", **facts: Any) -> User:
    """A person who can sign in with PASSWORD."""
    user = User(
        email=email or f"{name.split()[0].lower()}{next(_numbers)}@example.test",
        name=name,
        password_hash=password_hash(),
        **{"email_verified_at": datetime.now(UTC), **facts},
    )
    db.session.add(user)
    db.session.commit()
    return user


def make_admin(name: str = "Ada Root") -> User:
    """Somebody who runs the installation and belongs to no organization."""
    return make_user(name, is_platform_admin=True)


def make_organization(name: str = "Seaview Hotels", owner: User | None = None) -> Organization:
    return organizations.create(name, owner.id if owner else None)


def make_membership(
    organization: Organization, user: User, role: Role = Role.STAFF, only: Iterable[Property] | None = None
) -> Membership:
    """Let the user work for the organization: everywhere, or `only` at these properties."""
    with tenancy.of(organization.id):
        membership = Membership(user_id=user.id, role=role, all_properties=only is None)
        db.session.add(membership)
        db.session.flush()
        for each in only or ():
            db.session.add(MembershipProperty(membership_id=membership.id, property_id=each.id))
        db.session.commit()
    return membership


def make_property(organization: Organization, name: str = "Seaview Faro", **facts: Any) -> Property:
    values = {"currency": "EUR", "timezone": "Europe/Lisbon", "country": "PT", "city": "Faro", **facts}
    with tenancy.of(organization.id):
        return properties.create(properties.Facts(name=name, **values))


def make_room_type(
    property: Property, name: str = "Double", numbers: Sequence[str] = ("101", "102"), **facts: Any
) -> RoomType:
    """A room type with its rooms."""
    with tenancy.of(property.organization_id):
        return room_types.create(property.id, room_types.TypeFacts(name=name, **facts), numbers)


def make_rate_plan(
    room_type: RoomType, name: str = "Flexible", rate: Decimal | str | None = "100", **facts: Any
) -> RatePlan:
    values = {"room_type_id": room_type.id, "base_rate": None if rate is None else Decimal(rate), **facts}
    with tenancy.of(room_type.organization_id):
        return rates.create_plan(room_type.property_id, rates.PlanFacts(name=name, **values))


def make_house(name: str = "Seaview", owner_name: str = "Alice Marques", **facts: Any) -> House:
    """An organization, its owner, and one property without rooms."""
    owner = make_user(owner_name)
    organization = make_organization(f"{name} Hotels", owner)
    property = make_property(organization, f"{name} Faro", **facts)
    return House(organization, organization.id, property, property.id, owner)


def alices_house(**facts: Any) -> House:
    """Alice's hotel on the coast."""
    return make_house("Seaview", "Alice Marques", **facts)


def charlies_house() -> House:
    """Charlie's hotel in the mountains: nobody from Alice's may see it, and he may see nothing of hers."""
    facts = {"currency": "CHF", "timezone": "Europe/Zurich", "country": "CH", "city": "Zermatt"}
    return make_house("Alpenblick", "Charlie Gruber", **facts)


def make_bob(house: House, role: Role = Role.STAFF) -> User:
    """Bob, who works in the house."""
    bob = make_user("Bob Tanaka")
    make_membership(house.organization, bob, role)
    return bob


@cache
def password_hash() -> str:
    return passwords.hashed(PASSWORD)
