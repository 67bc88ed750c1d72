"""One booking message becomes what we hold: created, changed, cancelled, or kept as history.

Nothing an OTA sold is ever refused: a full house, an unknown room, a cancel before its booking are
stored and shown. One message, one transaction; the message's row is finished in it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert

from portal import tenancy
from portal.domain import merge
from portal.domain.reservations import Source, Status
from portal.extensions import db
from portal.models import BookingLink, Connection, Guest, InboxMessage, Property, Reservation, ReservationRoom
from portal.models.base import new_id
from portal.services import audit, booking_rooms, guests, own_bookings, reservation_pushes, rooms, waiting
from portal.services import booking_state as state
from portal.services.booking_conflicts import Problems
from providers.registry import connector_class
from providers.types import BookingKind, BookingStatus, Person, Revision

APPLIED = ("created", "changed", "cancelled")

_MADE_LINK = insert(BookingLink).on_conflict_do_nothing().returning(BookingLink)


@dataclass
class Effect:
    """What one message did: an outcome in one word, and each field before → after."""

    outcome: str
    reservation_id: UUID | None = None
    changes: dict[str, tuple[Any, Any]] = field(default_factory=dict)
    decisions: list[dict[str, Any]] = field(default_factory=list)
    unplaced: int = 0

    def as_json(self) -> dict[str, Any]:
        return {
            "outcome": self.outcome,
            "changes": {name: list(pair) for name, pair in self.changes.items()},
            "decisions": self.decisions,
            "unplaced": self.unplaced,
        }


@dataclass
class Desk:
    """What applying a batch of one connection's messages needs, read once."""

    connection: Connection
    property: Property
    products: state.Products


def desk(connection: Connection) -> Desk:
    found = db.session.scalar(
        select(Property).where(
            Property.organization_id == connection.organization_id, Property.id == connection.property_id
        )
    )
    if found is None:
        raise LookupError(f"connection {connection.id} has no property")
    return Desk(connection, found, state.products(connection.id))


def apply(at: Desk, revision: Revision, inbox_id: UUID | None) -> Effect:
    """Bring one revision into our books; a helper, inside the message's own unit of work."""
    link = lock_link(at.connection.id, revision)
    if link.reservation_id is None:
        link.reservation_id = own_bookings.adopt(at, revision)
        if link.reservation_id is not None:  # what they hold is what we sent; what differs by now, we changed since
            link.base = state.to_json(state.theirs(revision, at.products))
    repeated = revision.external_revision_id == link.last_revision_id
    # A message without a time cannot be called old: it counts as it came.
    late = repeated or bool(revision.ordering) and revision.ordering <= link.last_ordering
    if late and (link.reservation_id is not None or revision.status is BookingStatus.CANCELLED):
        _note_booked_at(link, revision)
        return Effect("repeat" if repeated else "older", link.reservation_id)
    if link.reservation_id is None and revision.status is BookingStatus.CANCELLED:
        effect = Effect("tombstone")
        link.cancelled = True
    elif link.reservation_id is None:
        newest = _tombstone(at, link)
        effect = _create(at, link, newest or revision, inbox_id)
        if newest is not None:
            _note_booked_at(link, revision)
    else:
        effect = _change(at, link, revision, inbox_id)
    if not late:
        link.last_ordering = revision.ordering or link.last_ordering
        link.last_revision_id = revision.external_revision_id
        link.base = state.to_json(state.theirs(revision, at.products))
    return effect


def lock_link(connection_id: UUID, revision: Revision) -> BookingLink:
    """The link of this booking, made if need be and held until the end of the transaction."""
    organization_id = tenancy.required()
    made = {
        "organization_id": organization_id,
        "id": new_id(),
        "connection_id": connection_id,
        "external_booking_id": revision.external_booking_id,
        "unique_code": (revision.unique_id or "")[:80],
        "last_ordering": "",
        "last_revision_id": "",
        "cancelled": False,
    }
    link: BookingLink | None = db.session.scalar(_MADE_LINK, made)
    if link is not None:
        return link
    return db.session.scalars(
        select(BookingLink)
        .where(
            BookingLink.organization_id == organization_id,
            BookingLink.connection_id == connection_id,
            BookingLink.external_booking_id == revision.external_booking_id,
        )
        .with_for_update()
    ).one()


def _tombstone(at: Desk, link: BookingLink) -> Revision | None:
    """The cancellation that came before its booking. It is the newer snapshot: the booking is stored as it says,
    so that every order of the messages ends in the same reservation."""
    if not link.cancelled:
        return None
    message = db.session.scalar(
        select(InboxMessage).where(
            InboxMessage.organization_id == link.organization_id,
            InboxMessage.connection_id == link.connection_id,
            InboxMessage.event_key == link.last_revision_id,
        )
    )
    if message is None:
        return None
    newest = connector_class(at.connection.provider).parse(message.raw or b"")
    return newest if newest.rooms else None


def _note_booked_at(link: BookingLink, revision: Revision) -> None:
    """Only a booking's first message says when it was made, and that one may come last."""
    if revision.booked_at is not None and link.reservation_id is not None:
        db.session.execute(
            update(Reservation)
            .where(
                Reservation.organization_id == link.organization_id,
                Reservation.id == link.reservation_id,
                Reservation.booked_at.is_(None),
            )
            .values(booked_at=revision.booked_at)
        )


def _create(at: Desk, link: BookingLink, revision: Revision, inbox_id: UUID | None) -> Effect:
    """Store a booking we did not know. After a tombstone it is stored as cancelled and takes no room."""
    cancelled = link.cancelled
    guest = _guest(at, revision)
    reservation = _new_reservation(at, revision, guest, cancelled)
    booked = [
        booking_rooms.new(at, reservation, revision, position, key, room, active=not cancelled and not room.cancelled)
        for position, (key, room) in enumerate(state.keyed(revision.rooms))
    ]
    db.session.add(reservation)
    db.session.flush()
    unplaced = rooms.take_new(at.property.id, booked)
    if unplaced:
        Problems(at, reservation, inbox_id).report_rooms(booked, unplaced)
    link.reservation_id = reservation.id
    booking_rooms.mark(at, reservation, before=[], after=booked, urgent=True)
    after = state.to_json(state.ours(reservation, booked, guest))
    changes = _flat({}, after)
    audit.record("reservation.created", "reservation", reservation.id, changes, property_id=at.property.id)
    return Effect("created", reservation.id, changes, unplaced=len(unplaced))


def _guest(at: Desk, revision: Revision) -> Guest | None:
    """The guest of a booking. A closed room has none, whatever its label says."""
    if revision.kind is BookingKind.BLOCK:
        return None
    return guests.find_or_create(revision.customer, provider=at.connection.provider, country=at.property.country)


def _new_reservation(at: Desk, revision: Revision, guest: Guest | None, cancelled: bool) -> Reservation:
    return Reservation(
        property_id=at.property.id,
        code=(revision.code or revision.external_booking_id)[:64],
        source=Source.OTA,
        channel=revision.channel[:8],
        status=Status.CANCELLED if cancelled else state.status(revision),
        guest_id=guest.id if guest else None,
        check_in=revision.check_in,
        check_out=revision.check_out,
        adults=revision.occupancy.adults,
        children=revision.occupancy.children,
        infants=revision.occupancy.infants,
        currency=revision.currency,
        amount=revision.amount,
        commission=revision.commission,
        payment_collect=revision.payment_collect,
        details=booking_rooms.details(revision),
        cancel_reason=_cancel_reason(revision) if cancelled else None,
        booked_at=revision.booked_at,
        cancelled_at=_moment(revision) if cancelled else None,
    )


def _change(at: Desk, link: BookingLink, revision: Revision, inbox_id: UUID | None) -> Effect:
    """Merge a newer message into a reservation we hold: base, ours, theirs, field by field."""
    reservation, booked, guest = load(link.reservation_id)
    before_rooms = booking_rooms.footprint(reservation, booked)
    before = state.to_json(state.ours(reservation, booked, guest))
    base, theirs = state.from_json(link.base), state.theirs(revision, at.products)
    mine = state.ours(reservation, booked, guest)
    policies = merge.DEFAULT_POLICIES if reservation.source == Source.OTA else merge.DIRECT_POLICIES
    decisions = merge.decide(base["booking"] if base else None, mine["booking"], theirs["booking"], policies)
    guest = _take_booking(at, reservation, guest, revision, decisions)
    # Everybody locks the reservation, then its guest, then the types (see `services.locks`).
    rooms.lock_types(at.property.id, [row.room_type_id for row in booked] + [at.products.room_type(room)
                                                                            for room in revision.rooms])  # fmt: skip
    room_decisions = booking_rooms.merge_rooms(at, reservation, booked, revision, base, mine, theirs)
    if reservation.status == Status.CANCELLED:
        for room in booked:
            room.active = False
    unplaced = booking_rooms.place(at, reservation, booked, before_rooms)
    problems = Problems(at, reservation, inbox_id)
    problems.report_decisions(decisions)
    rows = {state.room_key(row): row.id for row in booked}
    for key, found in room_decisions.items():
        problems.report_decisions(found, rows[key])
    problems.report_rooms(booked, unplaced)
    booking_rooms.span(reservation, booked)
    grown = booking_rooms.mark_change(at, reservation, before_rooms, booked)
    waiting.place(at.property.id, booking_rooms.freed(reservation, booked, before_rooms))
    changes = _flat(before, state.to_json(state.ours(reservation, booked, guest)))
    outcome = "cancelled" if reservation.status == Status.CANCELLED and "status" in changes else "changed"
    was, reservation.version = reservation.version, reservation.version + bool(changes)
    spoken = [*decisions, *(decision for found in room_decisions.values() for decision in found)]
    reservation_pushes.merged(reservation, at.connection.id, was, ours_stands=merge.ours_stands(spoken))
    if changes:
        audit.record(f"reservation.{outcome}", "reservation", reservation.id, changes, property_id=at.property.id)
    explained = [_explain("", decision) for decision in decisions]
    explained += [_explain(key, decision) for key, found in room_decisions.items() for decision in found]
    return Effect(outcome if changes or grown else "nothing", reservation.id, changes, explained, len(unplaced))


def _take_booking(
    at: Desk, reservation: Reservation, guest: Guest | None, revision: Revision, decisions: Sequence[merge.Decision]
) -> Guest | None:
    taken = {decision.field: decision for decision in decisions if decision.result is merge.Result.TAKE}
    if "amount" in taken:
        reservation.amount = taken["amount"].value
    reservation.commission = revision.commission if revision.commission is not None else reservation.commission
    fresh = booking_rooms.details(revision)
    if "notes" in taken:
        fresh["notes"] = taken["notes"].value
    else:
        fresh["notes"] = (reservation.details or {}).get("notes")
    reservation.details = {**(reservation.details or {}), **fresh}
    if "status" in taken:
        reservation.status = taken["status"].value
        if reservation.status == Status.CANCELLED:
            reservation.cancelled_at = _moment(revision)
            reservation.cancel_reason = _cancel_reason(revision)
        else:
            reservation.cancelled_at = reservation.cancel_reason = None
    if any(name.startswith("guest_") for name in taken) and revision.kind is not BookingKind.BLOCK:
        guest = _take_guest(at, reservation, guest, revision.customer)
    return guest


def _take_guest(at: Desk, reservation: Reservation, guest: Guest | None, person: Person) -> Guest:
    if guest is None:
        guest = guests.find_or_create(person, provider=at.connection.provider, country=at.property.country)
        reservation.guest_id = guest.id
    else:
        guests.refresh(guest, person, provider=at.connection.provider, country=at.property.country)
    return guest


def load(reservation_id: UUID | None) -> tuple[Reservation, list[ReservationRoom], Guest | None]:
    """A reservation, held until the end of the transaction, with its rooms and its guest; a helper."""
    organization_id = tenancy.required()
    reservation = db.session.scalars(
        select(Reservation)
        .where(Reservation.organization_id == organization_id, Reservation.id == reservation_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).one()
    booked = db.session.scalars(
        select(ReservationRoom)
        .where(ReservationRoom.organization_id == organization_id, ReservationRoom.reservation_id == reservation_id)
        .order_by(ReservationRoom.position)
        .execution_options(populate_existing=True)
    ).all()
    guest = None
    if reservation.guest_id:
        guest = db.session.scalar(
            select(Guest).where(Guest.organization_id == organization_id, Guest.id == reservation.guest_id)
        )
    return reservation, list(booked), guest


def _moment(revision: Revision) -> datetime | None:
    """When the message was made, where its order is a time."""
    try:
        return datetime.fromisoformat(revision.ordering).replace(tzinfo=UTC)
    except ValueError:
        return None


def _cancel_reason(revision: Revision) -> str:
    return (revision.cancel_reason or f"Cancelled at {revision.channel_name}")[:500]


def _flat(before: dict[str, Any], after: dict[str, Any]) -> dict[str, tuple[Any, Any]]:
    """Every field that differs, by its path: `amount`, `rooms.<key>.check_in`."""
    changes: dict[str, tuple[Any, Any]] = {}
    for name in {**before.get("booking", {}), **after["booking"]}:
        pair = before.get("booking", {}).get(name), after["booking"].get(name)
        if pair[0] != pair[1]:
            changes[name] = pair
    for key in {**before.get("rooms", {}), **after["rooms"]}:
        old, new = before.get("rooms", {}).get(key, {}), after["rooms"].get(key, {})
        for name in {**old, **new}:
            if old.get(name) != new.get(name):
                changes[f"rooms.{key}.{name}"] = (old.get(name), new.get(name))
    return changes


def _explain(room: str, decision: merge.Decision) -> dict[str, Any]:
    return {
        "field": f"rooms.{room}.{decision.field}" if room else decision.field,
        "base": state.plain(decision.base),
        "ours": state.plain(decision.ours),
        "theirs": state.plain(decision.theirs),
        "result": decision.result.value,
        "reason": decision.reason.value,
    }
