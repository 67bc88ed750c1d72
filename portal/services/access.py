"""Who may do what, and where: roles, permissions, and the way from a URL to a property."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, or_, select, text

from portal import tenancy
from portal.db import unit_of_work
from portal.extensions import db, redis
from portal.models import Membership, MembershipProperty, Property, Role
from portal.services import audit
from portal.services.errors import NotFound
from portal.throttle import Throttle

_LOOK = {"reservations.view", "rates.view", "connections.view", "history.view", "rooms.view"}
_WORK = _LOOK | {"reservations.edit", "webhooks.view", "housekeeping.edit", "guests.view", "guests.edit"}
_RUN = _WORK | {"rates.edit", "connections.edit", "webhooks.replay", "rooms.edit"}

# The one place that says what a role may do. What is not named here is forbidden.
PERMISSIONS: dict[Role, frozenset[str]] = {
    Role.VIEWER: frozenset(_LOOK),
    Role.STAFF: frozenset(_WORK),
    Role.MANAGER: frozenset(_RUN),
    Role.OWNER: frozenset(_RUN),
}
ALL_PERMISSIONS = frozenset(_RUN)
# The same for what concerns a whole organization, not one property.
ORGANIZATION_PERMISSIONS: dict[Role, frozenset[str]] = {
    Role.VIEWER: frozenset(),
    Role.STAFF: frozenset(),
    Role.MANAGER: frozenset({"properties.create"}),
    Role.OWNER: frozenset({"properties.create", "members.edit"}),
}
ALL_ORGANIZATION_PERMISSIONS = frozenset().union(*ORGANIZATION_PERMISSIONS.values())

_ORGANIZATIONS_OF = text("select organization_id, name, role from organizations_of(:user)")
# Denials are audited, but a person who tries a million ids must not fill the audit log.
_DENIALS_PER_MINUTE = 30


@dataclass(frozen=True)
class Belonging:
    """One organization a person works for."""

    organization_id: UUID
    organization_name: str
    role: Role


@dataclass(frozen=True)
class Place:
    """Where a person works right now, and as what."""

    belonging: Belonging
    membership: Membership
    property: Property

    def may(self, permission: str) -> bool:
        return permission in PERMISSIONS[self.membership.role]


@dataclass(frozen=True)
class Office:
    """An organization as a whole that a person works for, and as what."""

    belonging: Belonging
    membership: Membership

    def may(self, permission: str) -> bool:
        """Who is limited to some properties decides nothing for all of them, an owner excepted."""
        whole = self.membership.all_properties or self.membership.role is Role.OWNER
        return whole and permission in ORGANIZATION_PERMISSIONS[self.membership.role]


def belongings(user_id: UUID) -> list[Belonging]:
    """The organizations of a person, by name."""
    rows = db.session.execute(_ORGANIZATIONS_OF, {"user": user_id})
    return [Belonging(row.organization_id, row.name, Role(row.role)) for row in rows]


def offices(user_id: UUID, permission: str = "properties.create") -> list[Belonging]:
    """The organizations in which a person may do this, by name."""
    works_for = belongings(user_id)
    found = [find_office(user_id, each.organization_id, works_for) for each in works_for]
    return [office.belonging for office in found if office.may(permission)]


def find_place(user_id: UUID, property_id: UUID, works_for: Sequence[Belonging]) -> Place:
    """The person's place at a property. Raises `NotFound` for a missing, a stranger's and an unassigned one alike."""
    for belonging in works_for:
        with tenancy.of(belonging.organization_id):
            row = db.session.execute(
                select(Property, Membership)
                .join(Membership, Membership.organization_id == Property.organization_id)
                .where(
                    Property.organization_id == belonging.organization_id,
                    Property.id == property_id,
                    Membership.user_id == user_id,
                    _in_scope(),
                )
            ).first()
        if row is not None:
            return Place(belonging, row[1], row[0])
    raise NotFound("property")


def find_office(user_id: UUID, organization_id: UUID, works_for: Sequence[Belonging]) -> Office:
    """The person's place in an organization. Raises `NotFound` for a missing one and a stranger's alike."""
    for belonging in works_for:
        if belonging.organization_id != organization_id:
            continue
        with tenancy.of(organization_id):
            membership = db.session.scalar(
                select(Membership).where(Membership.organization_id == organization_id, Membership.user_id == user_id)
            )
        if membership is not None:
            return Office(belonging, membership)
    raise NotFound("organization")


def properties(user_id: UUID, belonging: Belonging) -> Sequence[Property]:
    """What a person may choose from in one organization, by name."""
    with tenancy.of(belonging.organization_id):
        query = (
            select(Property)
            .join(Membership, Membership.organization_id == Property.organization_id)
            .where(Property.organization_id == belonging.organization_id, Membership.user_id == user_id, _in_scope())
            .order_by(Property.name, Property.id)
        )
        return db.session.scalars(query).all()


def choices(user_id: UUID, words: str = "") -> list[tuple[Belonging, list[Property]]]:
    """Every property a person may choose whose name or organization holds the words, by organization."""
    wanted = words.casefold().split()
    found = []
    for belonging in belongings(user_id):
        hotels = [
            hotel
            for hotel in properties(user_id, belonging)
            if all(word in f"{belonging.organization_name} {hotel.name}".casefold() for word in wanted)
        ]
        if hotels:
            found.append((belonging, hotels))
    return found


def denied(user_id: UUID, works_for: Sequence[Belonging], what: str, subject_id: UUID | None) -> None:
    """Write down that somebody was turned away, in the log of an organization of theirs."""
    if not works_for:
        return
    throttle = Throttle(redis.client, "denials", _DENIALS_PER_MINUTE, 60, _DENIALS_PER_MINUTE)
    if throttle.take(str(user_id)) > 0:
        return
    with tenancy.of(works_for[0].organization_id), unit_of_work():
        audit.record("access.denied", what[:32], subject_id)


def _in_scope() -> ColumnElement[bool]:
    limited_to = exists().where(
        MembershipProperty.organization_id == Membership.organization_id,
        MembershipProperty.membership_id == Membership.id,
        MembershipProperty.property_id == Property.id,
    )
    return or_(Membership.all_properties, and_(~Membership.all_properties, limited_to))
