"""A reservation of ours in Beds24's words. Pure.

Beds24 has no idempotency key: our own key travels in a free field, and is looked for before anything
is created a second time. The amount goes as the stay's price; a charge line is made from it once.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from providers.beds24.rooms import OUR_KEY_FIELD, OUR_KEY_MARK
from providers.strict import clean_text
from providers.types import BookingKind, OutgoingReservation, OutgoingRoom, Person

MOST_PEOPLE = 99
_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s]{1,200}\.[^@\s.]{1,60}")
_LANGUAGE = re.compile(r"[A-Za-z]{2}", re.ASCII)
_STATUS = {BookingKind.STAY: "confirmed", BookingKind.REQUEST: "request", BookingKind.BLOCK: "black"}


def new_item(reservation: OutgoingReservation, room: OutgoingRoom, master: str | None, grouped: bool) -> dict[str, Any]:
    """Return one room to be created: with the others of this call as a group, or joining the one that is there."""
    actions: dict[str, bool] = {"autoInvoiceItemCharge": True} if room.amount else {}
    if grouped and master is None:
        actions["makeGroup"] = True
    if reservation.only_if_free:
        actions["checkAvailability"] = True
    return {
        "roomId": int(room.external_room_type_id),
        **stay(reservation, room),
        OUR_KEY_FIELD: f"{OUR_KEY_MARK}{room.key}",
        **({"masterId": int(master)} if master else {}),
        **({"actions": actions} if actions else {}),
    }


def changed_item(reservation: OutgoingReservation, room: OutgoingRoom, external_id: str) -> dict[str, Any]:
    """Return one room as it must be now. Setting values again changes nothing; charges are left alone."""
    if room.cancelled:
        return cancelled_item(external_id)
    return {"id": int(external_id), "roomId": int(room.external_room_type_id), **stay(reservation, room)}


def cancelled_item(external_id: str) -> dict[str, Any]:
    """Cancelling is a status. Deleting needs a right of its own, and leaves nothing to read back."""
    return {"id": int(external_id), "status": "cancelled"}


def stay(reservation: OutgoingReservation, room: OutgoingRoom) -> dict[str, Any]:
    """Return what is said of a room's stay. What we do not know is left out, never emptied."""
    known: dict[str, Any] = {
        "status": _STATUS.get(reservation.kind, "confirmed"),
        "arrival": str(room.check_in),
        "departure": str(room.check_out),
        "numAdult": min(room.occupancy.adults, MOST_PEOPLE),
        "numChild": min(room.occupancy.children + room.occupancy.infants, MOST_PEOPLE),
        "unitId": room.unit,
        "price": None if room.amount is None else _number(room),
        "arrivalTime": _cut(reservation.arrival_hour, 100),
        "comments": _cut(reservation.guest_notes, 1000),
        "notes": _cut(reservation.host_notes, 2000),
        **guest(room.guest or reservation.customer),
    }
    return {name: value for name, value in known.items() if value is not None}


def guest(person: Person) -> dict[str, str | None]:
    email = person.email or ""
    return {
        "firstName": _cut(person.name, 100),
        "lastName": _cut(person.surname, 100),
        "email": email if len(email) <= 100 and _EMAIL.fullmatch(email) else None,
        "mobile": _cut(person.phone, 100),
        "company": _cut(person.company, 100),
        "address": _cut(person.address, 250),
        "city": _cut(person.city, 100),
        "state": _cut(person.state, 100),
        "postcode": _cut(person.postal_code, 100),
        "country2": person.country,
        "lang": person.language.lower() if person.language and _LANGUAGE.fullmatch(person.language) else None,
    }


def keys_of(bookings: Mapping[str, str], rooms: tuple[OutgoingRoom, ...]) -> dict[str, str]:
    """Return, per key of a room, the booking that holds it: known to us, else found by its key."""
    return {
        room.key: found
        for room in rooms
        if (found := (room.external_id or "").partition(".")[0] or bookings.get(room.key))
    }


def _number(room: OutgoingRoom) -> int | float:
    """Return money as a JSON number in major units: Beds24 takes no text here."""
    amount = room.amount or 0
    return int(amount) if amount == int(amount) else float(amount)


def _cut(value: str | None, longest: int) -> str | None:
    return clean_text(value).strip()[:longest] or None if value else None
