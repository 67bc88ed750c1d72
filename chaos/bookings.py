"""The OTAs' ledger against our inbox and reservations, booking by booking."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select, text

from portal import tenancy
from portal.domain.reservations import OCCUPYING, Source, Status
from portal.extensions import db
from portal.models import BookingLink, Conflict, Connection, InboxMessage, InboxState, Reservation, ReservationRoom
from portal.models import RoomMapping as Mapped

Found = list[tuple[str, str]]
FINISHED = (InboxState.APPLIED, InboxState.HISTORY)


def compare(other: object, connection: Connection, ledger: Sequence[Mapping[str, Any]], nights: int) -> Found:
    """Every accepted revision in one final state, one reservation a booking with the newest revision in it."""
    books = Books(connection)
    found: Found = []
    for booking in ledger:
        if booking["source"] != "raw":  # nonsense made by hand has no true reservation to compare with
            found += books.booking(booking)
    found += books.without_a_booking({booking["booking_id"] for booking in ledger})
    return found + _nights(connection)


class Books:
    """What we hold of one connection's bookings, read once."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        mine = (BookingLink.connection_id == connection.id,)
        self.links = {row.external_booking_id: row for row in _all(BookingLink, *mine)}
        rows = _all(Reservation, Reservation.property_id == connection.property_id)
        self.reservations = {row.id: row for row in rows}
        self.rooms: dict[UUID, list[ReservationRoom]] = defaultdict(list)
        for room in _all(ReservationRoom, ReservationRoom.property_id == connection.property_id):
            self.rooms[room.reservation_id].append(room)
        columns = select(InboxMessage.event_key, InboxMessage.state, InboxMessage.acknowledged_at)
        messages = db.session.execute(columns.where(InboxMessage.connection_id == connection.id)).all()
        self.messages = {row.event_key: row for row in messages}
        self.types = {row.external_id: row.room_type_id for row in _all(Mapped, Mapped.connection_id == connection.id)}
        open_ones = _all(Conflict, Conflict.resolved_at.is_(None))
        # What waits for a person keeps ours on purpose.
        self.undecided = {(row.reservation_id, row.field.split(".")[-1]) for row in open_ones}

    def booking(self, booking: Mapping[str, Any]) -> Found:
        name = f"{booking['code']} ({booking['booking_id']})"
        found = [problem for revision in booking["revisions"] for problem in self._revision(name, revision)]
        link = self.links.get(booking["booking_id"])
        if link is None:
            return [*found, ("lost", f"booking {name} is not here")]
        newest = max(booking["revisions"], key=lambda revision: str(revision["at"]), default={"id": None})["id"]
        if newest is not None and link.last_revision_id != newest:
            found.append(("lost", f"booking {name} stands at {link.last_revision_id}, the newest is {newest}"))
        reservation = self.reservations.get(link.reservation_id) if link.reservation_id else None
        if reservation is None:
            tombstone = link.cancelled and booking["status"] == "cancelled" and len(booking["revisions"]) <= 1
            return found if tombstone else [*found, ("lost", f"booking {name} has no reservation")]
        return found + self._reservation(name, booking, reservation)

    def _revision(self, name: str, revision: Mapping[str, Any]) -> Found:
        message = self.messages.get(revision["id"])
        if message is None:
            return [("lost", f"revision {revision['id']} of booking {name} never arrived")]
        found: Found = []
        if message.state not in FINISHED:
            found.append(("late", f"revision {revision['id']} of booking {name} is {message.state}"))
        if not revision["acked"]:
            found.append(("late", f"revision {revision['id']} of booking {name} is not acknowledged there"))
        if message.acknowledged_at is None:
            found.append(("late", f"revision {revision['id']} of booking {name} is not noted as acknowledged"))
        return found

    def _reservation(self, name: str, booking: Mapping[str, Any], ours: Reservation) -> Found:
        cancelled = booking["status"] == "cancelled"
        pairs = {
            "status": (ours.status == Status.CANCELLED, cancelled),
            "check_in": (ours.check_in.isoformat(), booking["check_in"]),
            "check_out": (ours.check_out.isoformat(), booking["check_out"]),
        }
        found: Found = [
            ("wrong", f"booking {name}: {field} is {here} here and {there} there")
            for field, (here, there) in pairs.items()
            if here != there and (ours.id, field) not in self.undecided
        ]
        here = Counter(
            (room.room_type_id, room.check_in.isoformat(), room.check_out.isoformat())
            for room in self.rooms[ours.id]
            if room.active or cancelled
        )
        there = Counter(
            (self.types.get(room["room_type_id"]), room["checkin_date"], room["checkout_date"])
            for room in booking["rooms"]
        )
        if here != there and not any(row == ours.id for row, _ in self.undecided):
            found.append(("wrong", f"booking {name}: rooms {dict(here)} here, {dict(there)} there"))
        return found

    def without_a_booking(self, known: set[str]) -> Found:
        """Reservations of an OTA that no booking explains, and bookings that have two."""
        linked = Counter(link.reservation_id for link in self.links.values() if link.reservation_id)
        found: Found = [
            ("doubled", f"reservation {row.code} ({row.id}) belongs to {linked[row.id]} bookings")
            for row in self.reservations.values()
            if row.source == Source.OTA and linked[row.id] != 1 and not _of_another(row.id, self.connection.id)
        ]
        strangers = [link for external, link in self.links.items() if external not in known]
        return found + [("doubled", f"booking {link.external_booking_id} is not in the ledger") for link in strangers]


def _of_another(reservation_id: UUID, connection_id: UUID) -> bool:
    query = select(BookingLink.id).where(
        BookingLink.reservation_id == reservation_id, BookingLink.connection_id != connection_id
    )
    return db.session.scalar(query.limit(1)) is not None


_UNEVEN = text(
    """
    with wanted as (
        select rr.room_id, cast(night as date) as night, rr.id as stay from reservation_rooms rr
        join reservations r on r.organization_id = rr.organization_id and r.id = rr.reservation_id
        cross join lateral generate_series(rr.check_in, rr.check_out - 1, interval '1 day') as night
        where rr.organization_id = :organization and rr.property_id = :property
          and rr.active and rr.room_id is not null and r.status = any(:occupying)
    ), taken as (
        select room_id, night, reservation_room_id as stay from room_nights
        where organization_id = :organization and property_id = :property and reservation_room_id is not null
    )
    select coalesce(wanted.stay, taken.stay) as stay, coalesce(wanted.night, taken.night) as night,
        taken.stay is null as missing
    from wanted full join taken using (room_id, night, stay)
    where wanted.stay is null or taken.stay is null
    limit 20
    """
)


def _nights(connection: Connection) -> Found:
    """Every stay that has a room holds exactly its nights."""
    values = {
        "organization": tenancy.required(),
        "property": connection.property_id,
        "occupying": [status.value for status in OCCUPYING],
    }
    return [
        ("wrong", f"stay {row.stay} {'does not hold' if row.missing else 'still holds'} the night of {row.night}")
        for row in db.session.execute(_UNEVEN, values)
    ]


def _all(model: Any, *conditions: Any) -> Sequence[Any]:
    query = select(model).where(model.organization_id == tenancy.required(), *conditions)
    return db.session.scalars(query.execution_options(populate_existing=True)).all()
