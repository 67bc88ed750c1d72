"""One booking as plain values, from either side, so that the two can be compared field by field.

    {"booking": {status, amount, notes, guest_name …}, "rooms": {key: {check_in, check_out, room_type …}}}

A room's key is the provider's id of it, else its place in the list.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import select

from portal import tenancy
from portal.domain.reservations import Status
from portal.extensions import db
from portal.models import Guest, RateMapping, RatePlan, Reservation, ReservationRoom, RoomMapping
from providers.types import BookedRoom, BookingKind, BookingStatus, Occupancy, Revision, StayState

DATES = ("check_in", "check_out")
Fields = dict[str, Any]


@dataclass
class Products:
    """What a connection's provider calls our room types and rate plans. Read once a batch."""

    rooms: dict[str, UUID] = field(default_factory=dict)
    plans: dict[str, tuple[UUID, UUID]] = field(default_factory=dict)  # → (rate plan, its room type)

    def room_type(self, room: BookedRoom) -> UUID | None:
        """Our room type, by the room's own id or else by the plan it was sold under."""
        found = self.rooms.get(room.external_room_type_id or "")
        if found is None:
            plan = self._plan(room)
            found = plan[1] if plan else None
        return found

    def rate_plan(self, room: BookedRoom) -> UUID | None:
        plan = self._plan(room)
        return plan[0] if plan else None

    def _plan(self, room: BookedRoom) -> tuple[UUID, UUID] | None:
        return self.plans.get(room.external_rate_plan_id or "") or self.plans.get(room.parent_rate_plan_id or "")


def products(connection_id: UUID) -> Products:
    organization_id = tenancy.required()
    found = Products()
    rooms = select(RoomMapping.external_id, RoomMapping.room_type_id).where(
        RoomMapping.organization_id == organization_id, RoomMapping.connection_id == connection_id
    )
    found.rooms = {row.external_id: row.room_type_id for row in db.session.execute(rooms)}
    plans = (
        select(RateMapping.external_id, RateMapping.option_ids, RateMapping.rate_plan_id, RatePlan.room_type_id)
        .join(
            RatePlan,
            (RatePlan.organization_id == RateMapping.organization_id) & (RatePlan.id == RateMapping.rate_plan_id),
        )
        .where(RateMapping.organization_id == organization_id, RateMapping.connection_id == connection_id)
    )
    for row in db.session.execute(plans):
        for external in (*row.option_ids, row.external_id):
            found.plans[external] = (row.rate_plan_id, row.room_type_id)
    return found


def theirs(revision: Revision, known: Products) -> dict[str, Any]:
    """The provider's side of a revision."""
    person = revision.customer
    return {
        "booking": {
            "status": status(revision),
            "amount": revision.amount,
            "notes": revision.notes,
            "guest_name": person.full_name or None,
            "guest_email": person.email,
            "guest_phone": person.phone,
        },
        "rooms": {key: _their_room(room, known) for key, room in keyed(revision.rooms)},
    }


def status(revision: Revision) -> Status:
    """Their word on the reservation's state. Where the guest is only some providers can be told."""
    if revision.status is BookingStatus.CANCELLED:
        return Status.CANCELLED
    if revision.stay_state in _GUESTS:
        return _GUESTS[revision.stay_state]
    return Status.PENDING if revision.kind is BookingKind.REQUEST else Status.CONFIRMED


_GUESTS: Mapping[StayState | None, Status] = {
    StayState.CHECKED_IN: Status.IN_HOUSE,
    StayState.CHECKED_OUT: Status.CHECKED_OUT,
    StayState.NO_SHOW: Status.NO_SHOW,
}


def keyed(rooms: Sequence[BookedRoom]) -> Iterable[tuple[str, BookedRoom]]:
    """The rooms with their keys; an id that comes twice does not hide a room."""
    seen: set[str] = set()
    for position, room in enumerate(rooms):
        key = room.external_id or f"#{position}"
        if key in seen:
            key = f"{key}#{position}"
        seen.add(key)
        yield key, room


def _their_room(room: BookedRoom, known: Products) -> Fields:
    return {
        "active": not room.cancelled,
        "check_in": room.check_in,
        "check_out": room.check_out,
        "room_type": known.room_type(room),
        "rate_plan": known.rate_plan(room),
        "amount": room.amount,
        "occupancy": occupancy(room.occupancy),
    }


def occupancy(value: Occupancy) -> list[int]:
    return [value.adults, value.children, value.infants]


def ours(reservation: Reservation, rooms: Sequence[ReservationRoom], guest: Guest | None) -> dict[str, Any]:
    """Our side, in the same words. A cancelled reservation's rooms still count as booked ones."""
    contact = (guest.contact or {}) if guest else {}
    cancelled = reservation.status == Status.CANCELLED
    return {
        "booking": {
            "status": Status(reservation.status),
            "amount": reservation.amount,
            "notes": (reservation.details or {}).get("notes"),
            "guest_name": guest.name if guest else None,
            "guest_email": contact.get("email"),
            "guest_phone": contact.get("phone"),
        },
        "rooms": {
            room_key(room): {
                "active": room.active or cancelled,
                "check_in": room.check_in,
                "check_out": room.check_out,
                "room_type": room.room_type_id,
                "rate_plan": room.rate_plan_id,
                "amount": room.amount,
                "occupancy": [room.adults, room.children, room.infants],
            }
            for room in rooms
        },
    }


def room_key(room: ReservationRoom) -> str:
    return room.external_id or f"#{room.position}"


def to_json(state: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "booking": _plain(state["booking"]),
        "rooms": {key: _plain(fields) for key, fields in state["rooms"].items()},
    }


def from_json(state: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """What `to_json` wrote, as values again; None stays None."""
    if not state:
        return None
    booking = dict(state["booking"])
    booking["status"] = Status(booking["status"])
    booking["amount"] = _money(booking["amount"])
    return {"booking": booking, "rooms": {key: _room(fields) for key, fields in state["rooms"].items()}}


def _room(fields: Mapping[str, Any]) -> Fields:
    found = dict(fields)
    for name in DATES:
        found[name] = date.fromisoformat(found[name])
    found["amount"] = _money(found["amount"])
    for name in ("room_type", "rate_plan"):
        found[name] = UUID(found[name]) if found[name] else None
    return found


def _money(value: str | None) -> Decimal | None:
    return None if value is None else Decimal(value)


def _plain(fields: Mapping[str, Any]) -> Fields:
    return {name: plain(value) for name, value in fields.items()}


def plain(value: Any) -> Any:
    """A value as JSON and people can hold it; equal values become equal text."""
    if isinstance(value, Decimal):
        return format(value.normalize(), "f")
    if isinstance(value, date | UUID):
        return str(value)
    return value.value if isinstance(value, Status) else value
