"""Who works for an organization, as what, and at which properties. Somebody always owns it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import delete, func, select

from portal import tenancy
from portal.db import unit_of_work
from portal.extensions import db
from portal.models import Membership, MembershipProperty, Property, Role, User
from portal.services import audit, locks
from portal.services.errors import NotFound, Refused
from portal.services.sentences import Phrase


class LastOwner(Refused):
    """An organization without an owner could never be changed again."""

    def __init__(self) -> None:
        super().__init__(Phrase("An organization needs an owner."), field="role")


@dataclass(frozen=True)
class Scope:
    """At which properties somebody works; None: at all, those to come included."""

    properties: tuple[UUID, ...] | None = None


EVERYWHERE = Scope()


@dataclass(frozen=True)
class Member:
    """One person as the members page shows them."""

    id: UUID
    user_id: UUID
    name: str
    email: str
    role: Role
    scope: Scope
    property_names: tuple[str, ...]


def listed() -> list[Member]:
    """The members of the current organization, by name."""
    rows = db.session.execute(
        select(Membership, User)
        .join(User, User.id == Membership.user_id)
        .where(Membership.organization_id == tenancy.required())
        .order_by(func.lower(User.name), User.id)
        .execution_options(populate_existing=True)
    ).all()
    limits = _limits()
    return [_member(membership, user, limits.get(membership.id, [])) for membership, user in rows]


def change(membership_id: UUID, role: Role, scope: Scope) -> None:
    """Another role or other properties, from the person's next request on.

    Raises `NotFound`, `LastOwner`, `Refused` for a scope without a property of ours.
    """
    with unit_of_work():
        membership = _held(membership_id)
        if membership.role is Role.OWNER and role is not Role.OWNER:
            _keep_an_owner(membership)
        scope = checked_scope(role, scope)
        before = _described(membership.role, _scope_of(membership))
        limit(membership, scope)
        after = _described(role, scope)
        changes = {key: (before[key], after[key]) for key in after if before[key] != after[key]}
        membership.role = role
        if changes:
            audit.record("membership.changed", "membership", membership.id, changes)


def remove(membership_id: UUID) -> None:
    """From the person's next request on they work here no more; the account stays. Raises `NotFound`, `LastOwner`."""
    with unit_of_work():
        membership = _held(membership_id)
        if membership.role is Role.OWNER:
            _keep_an_owner(membership)
        described = _described(membership.role, _scope_of(membership))
        audit.record(
            "membership.removed", "membership", membership.id, {key: (value, None) for key, value in described.items()}
        )
        db.session.delete(membership)


def add(user_id: UUID, role: Role, scope: Scope) -> Membership:
    """Helper inside a unit of work: the person works here from now on. Whoever does already keeps what they are."""
    locks.hold(locks.Kind.MEMBERS, ["all"])
    known: Membership | None = db.session.scalar(select(Membership).where(Membership.user_id == user_id))
    if known is not None:
        return known
    membership = Membership(user_id=user_id, role=role, all_properties=scope.properties is None)
    db.session.add(membership)
    db.session.flush()
    for property_id in scope.properties or ():
        db.session.add(MembershipProperty(membership_id=membership.id, property_id=property_id))
    described = _described(role, scope)
    audit.record(
        "membership.created", "membership", membership.id, {key: (None, value) for key, value in described.items()}
    )
    return membership


def checked_scope(role: Role, scope: Scope) -> Scope:
    """The scope as it is stored: owners work everywhere. Raises `Refused` when nothing of ours is named."""
    if role is Role.OWNER or scope.properties is None:
        return EVERYWHERE
    query = select(Property.id).where(Property.id.in_(scope.properties)).order_by(Property.id)
    ours = tuple(db.session.scalars(query))
    if not ours or len(ours) != len(set(scope.properties)):
        raise Refused("Choose at least one property.", field="properties")
    return Scope(ours)


def limit(membership: Membership, scope: Scope) -> None:
    """Helper inside a unit of work: these properties and no others."""
    db.session.execute(delete(MembershipProperty).where(MembershipProperty.membership_id == membership.id))
    membership.all_properties = scope.properties is None
    for property_id in scope.properties or ():
        db.session.add(MembershipProperty(membership_id=membership.id, property_id=property_id))


def _held(membership_id: UUID) -> Membership:
    """The membership, while nobody else changes who works here: two owners must not remove each other at once."""
    locks.hold(locks.Kind.MEMBERS, ["all"])
    query = select(Membership).where(Membership.id == membership_id).execution_options(populate_existing=True)
    membership: Membership | None = db.session.scalar(query)
    if membership is None:
        raise NotFound("membership")
    return membership


def _keep_an_owner(leaving: Membership) -> None:
    other = db.session.scalar(
        select(Membership.id)
        .join(User, User.id == Membership.user_id)
        .where(Membership.role == Role.OWNER, Membership.id != leaving.id, User.disabled_at.is_(None))
        .limit(1)
    )
    if other is None:
        raise LastOwner


def _scope_of(membership: Membership) -> Scope:
    if membership.all_properties:
        return EVERYWHERE
    query = select(MembershipProperty.property_id).where(MembershipProperty.membership_id == membership.id)
    return Scope(tuple(db.session.scalars(query.order_by(MembershipProperty.property_id))))


def _limits() -> dict[UUID, list[tuple[UUID, str]]]:
    rows = db.session.execute(
        select(MembershipProperty.membership_id, Property.id, Property.name)
        .join(Property, Property.id == MembershipProperty.property_id)
        .order_by(Property.name)
    )
    found: dict[UUID, list[tuple[UUID, str]]] = {}
    for membership_id, property_id, name in rows:
        found.setdefault(membership_id, []).append((property_id, name))
    return found


def _member(membership: Membership, user: User, limited: Sequence[tuple[UUID, str]]) -> Member:
    scope = EVERYWHERE if membership.all_properties else Scope(tuple(each for each, _ in limited))
    names = tuple(name for _, name in limited)
    return Member(membership.id, user.id, user.name, user.email, membership.role, scope, names)


def _described(role: Role, scope: Scope) -> dict[str, object]:
    return {"role": role.value, "properties": _words(scope.properties)}


def _words(properties: Iterable[UUID] | None) -> object:
    return "all" if properties is None else sorted(str(each) for each in properties)
