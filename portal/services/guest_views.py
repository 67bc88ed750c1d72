"""Guests to look at: who they are, their stays, who else they may be. Whoever opens one is written down."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import and_, select
from sqlalchemy.orm import aliased

from portal import tenancy
from portal.db import unit_of_work
from portal.domain import guest_hints as rule
from portal.domain.reservations import Status
from portal.extensions import db
from portal.models import Guest, GuestKey, GuestMerge, Property, Reservation
from portal.services import audit, guest_merges, guests
from portal.services.errors import NotFound

_MOST_STAYS = 200
_MOST_SHARED = 600  # rows of shared keys looked at: a very common name has many


@dataclass(frozen=True)
class Stay:
    """One reservation of a guest."""

    reservation: Reservation
    property_name: str


@dataclass(frozen=True)
class Hint:
    """Somebody who may be the same person, and why."""

    guest: Guest
    reasons: Sequence[rule.Reason]


@dataclass(frozen=True)
class Detail:
    """A guest with all that a person at the desk may see."""

    guest: Guest
    stays: Sequence[Stay]
    merges: Sequence[tuple[GuestMerge, str]]  # with the name of the guest that was merged into this one
    hints: Sequence[Hint]


def newest(at: UUID | None = None, most: int = 20) -> Sequence[Guest]:
    """The guests met last; `at` leaves out who never had a stay at this property."""
    query = select(Guest).where(Guest.organization_id == tenancy.required(), Guest.merged_into.is_(None))
    if at is not None:
        query = query.where(guests.seen_at(at))
    return db.session.scalars(query.order_by(Guest.id.desc()).limit(most)).all()


def searched(text: str, property_id: UUID, *, country: str | None, at: UUID | None) -> Sequence[Guest]:
    """`guests.search`, written down: who looked for whom."""
    with unit_of_work():
        found = guests.search(text, country=country, at=at)
        changes = {"words": (None, text), "found": (None, len(found))}
        audit.record("guest.searched", "guest", None, changes, property_id=property_id)
    return found


def find(guest_id: UUID, at: UUID | None = None) -> Guest:
    """A guest this person may see. Raises `NotFound`, with `at` also for who never had a stay at that property."""
    guest = guests.find(guest_id)
    if at is not None:
        seen = select(Guest.id).where(
            Guest.organization_id == tenancy.required(), Guest.id == guest_id, guests.seen_at(at)
        )
        if db.session.scalar(seen) is None:
            raise NotFound(f"guest {guest_id}")
    return guest


def opened(guest_id: UUID, property_id: UUID, at: UUID | None = None) -> Detail:
    """A guest with stays, merges and hints; that it was opened is written down. Raises `NotFound`."""
    with unit_of_work():
        guest = find(guest_id, at)
        audit.record("guest.viewed", "guest", guest_id, property_id=property_id)
    merges = [(merge, guests.find(merge.gone_id).name or "") for merge in guest_merges.of(guest_id)]
    return Detail(guest, _stays([guest_id], at)[:_MOST_STAYS], merges, hints(guest, at))


def hints(guest: Guest, at: UUID | None = None) -> list[Hint]:
    """Who may be the same person, those with the most reasons first."""
    if guest.merged_into is not None:
        return []
    shared = _sharing(guest.id)
    if not shared:
        return []
    query = select(Guest).where(
        Guest.organization_id == tenancy.required(), Guest.id.in_(shared), Guest.merged_into.is_(None)
    )
    if at is not None:
        query = query.where(guests.seen_at(at))
    nights = _nights([guest.id, *shared])
    mine = rule.Known(guest.name, nights.get(guest.id, ()))
    found = []
    for other in db.session.scalars(query):
        kinds = shared[other.id]
        theirs = rule.Known(other.name, nights.get(other.id, ()))
        why = rule.reasons(mine, theirs, same_email="email" in kinds, same_phone="phone" in kinds)
        if why:
            found.append(Hint(other, why))
    return sorted(found, key=lambda hint: (-len(hint.reasons), str(hint.guest.id)))


def set_notes(guest_id: UUID, notes: str, property_id: UUID, at: UUID | None = None) -> None:
    """Write what the house should know of the guest. Raises `NotFound`."""
    with unit_of_work():
        guest = find(guest_id, at)
        before = guest.notes or None
        if (notes or None) != before:
            guest.notes = notes or None
            audit.record("guest.notes", "guest", guest_id, {"notes": (before, notes or None)}, property_id=property_id)


def stays(guest_id: UUID, at: UUID | None = None) -> list[Stay]:
    """The guest's reservations, newest arrival first; `at` limits them to one property."""
    return _stays([guest_id], at)


def _sharing(guest_id: UUID) -> dict[UUID, set[str]]:
    """Guests known by one of the same keys, with the kinds of keys they share. Alias addresses are never keys."""
    mine, theirs = aliased(GuestKey), aliased(GuestKey)
    query = (
        select(theirs.guest_id, theirs.kind)
        .join(
            mine,
            and_(mine.organization_id == theirs.organization_id, mine.kind == theirs.kind, mine.key == theirs.key),
        )
        .where(
            mine.organization_id == tenancy.required(),
            mine.guest_id == guest_id,
            theirs.guest_id != guest_id,
            mine.kind.in_(("email", "phone", "name")),
        )
        .order_by(theirs.kind)
        .limit(_MOST_SHARED)
    )
    found: dict[UUID, set[str]] = {}
    for other, kind in db.session.execute(query):
        found.setdefault(other, set()).add(kind)
    return found


def _nights(guest_ids: Collection[UUID]) -> dict[UUID, list[rule.Nights]]:
    query = select(Reservation.guest_id, Reservation.property_id, Reservation.check_in, Reservation.check_out).where(
        Reservation.organization_id == tenancy.required(),
        Reservation.guest_id.in_(guest_ids),
        Reservation.status != Status.CANCELLED,
    )
    found: dict[UUID, list[rule.Nights]] = {}
    for guest_id, property_id, check_in, check_out in db.session.execute(query):
        if guest_id is not None:
            found.setdefault(guest_id, []).append(rule.Nights(property_id, check_in, check_out))
    return found


def _stays(guest_ids: Collection[UUID], at: UUID | None) -> list[Stay]:
    query = (
        select(Reservation, Property.name)
        .join(
            Property,
            and_(Property.organization_id == Reservation.organization_id, Property.id == Reservation.property_id),
        )
        .where(Reservation.organization_id == tenancy.required(), Reservation.guest_id.in_(guest_ids))
        .order_by(Reservation.check_in.desc(), Reservation.id.desc())
    )
    if at is not None:
        query = query.where(Reservation.property_id == at)
    return [Stay(reservation, name) for reservation, name in db.session.execute(query)]
