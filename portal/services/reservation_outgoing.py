"""A reservation of ours in the words every provider is told it in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy import select

from portal import tenancy
from portal.domain.reservations import Status
from portal.extensions import db
from portal.models import Connection, Guest, Property, Reservation, ReservationRoom, RoomMapping
from portal.services.own_bookings import room_key
from providers.types import BookingKind, Occupancy, OutgoingReservation, OutgoingRoom, Person


def outgoing(
    connection: Connection,
    reservation: Reservation,
    rows: Sequence[ReservationRoom],
    guest: Guest | None,
    *,
    leader: str | None,
) -> OutgoingReservation:
    """The reservation as the provider is to hold it. `leader`: its booking that leads the rooms, once there is one.

    A room whose type is not mapped has an empty room type: the connector refuses it.
    """
    currency = db.session.scalar(
        select(Property.currency).where(
            Property.organization_id == tenancy.required(), Property.id == reservation.property_id
        )
    )
    mapped = _mapped(connection.id)
    customer = _person(guest)
    details = reservation.details or {}
    return OutgoingReservation(
        external_property_id=connection.external_property_id or "",
        rooms=tuple(_room(reservation, row, mapped, customer, currency) for row in rows),
        customer=customer,
        kind=BookingKind.REQUEST if reservation.status == Status.PENDING else BookingKind.STAY,
        external_group_id=leader,
        arrival_hour=details.get("arrival_hour"),
        host_notes=details.get("notes"),  # written at the desk: not for the guest's eyes
    )


def _room(
    reservation: Reservation,
    row: ReservationRoom,
    mapped: Mapping[UUID | None, str],
    customer: Person,
    currency: str | None,
) -> OutgoingRoom:
    # A guest who never came keeps the booking there; a cancelled one does not.
    gone = reservation.status == Status.CANCELLED or (not row.active and reservation.status != Status.NO_SHOW)
    sleeper = _named(row.guest_name) if row.guest_name and row.guest_name != customer.full_name else None
    return OutgoingRoom(
        key=room_key(row),
        external_id=row.external_id,
        external_room_type_id=mapped.get(row.room_type_id, ""),
        check_in=row.check_in,
        check_out=row.check_out,
        occupancy=Occupancy(row.adults, row.children, row.infants),
        amount=row.amount if reservation.currency == currency else None,
        guest=sleeper,
        cancelled=gone,
    )


def _mapped(connection_id: UUID) -> dict[UUID | None, str]:
    rows = db.session.execute(
        select(RoomMapping.room_type_id, RoomMapping.external_id).where(
            RoomMapping.organization_id == tenancy.required(), RoomMapping.connection_id == connection_id
        )
    )
    return {row.room_type_id: row.external_id for row in rows}


def _person(guest: Guest | None) -> Person:
    if guest is None:
        return Person()
    contact = {name: value for name, value in (guest.contact or {}).items() if value}
    known = ("email", "phone", "address", "city", "postal_code", "state", "company")
    name = _named(guest.name or "")
    return Person(
        name=name.name,
        surname=name.surname,
        country=guest.country,
        language=guest.language,
        **{field: contact.get(field) for field in known},
    )


def _named(full_name: str) -> Person:
    """The last word is taken for the surname: the two together are what is read back."""
    first, _, last = full_name.strip().rpartition(" ")
    return Person(name=first or None, surname=last or None)
