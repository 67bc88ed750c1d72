"""Reservations of ours, pushed to Beds24: one booking there for each room."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from providers.beds24 import outgoing
from providers.beds24.api import Beds24Api
from providers.beds24.bookings import OLDEST, PATH
from providers.beds24.flags import flag
from providers.beds24.items import Item
from providers.beds24.revision import STATUSES
from providers.beds24.rooms import our_key
from providers.beds24.words import known_id, stamp
from providers.errors import Malformed, Retryable
from providers.types import (
    BookingKind,
    OutgoingReservation,
    OutgoingRoom,
    RoomVerdict,
    StayState,
    VerdictKind,
)

CLOCKS_DIFFER = timedelta(minutes=15)
NO_ROOM_TYPE = "Beds24 has no such room type or booking: a number was expected"


class Reservations(Beds24Api):
    def push_reservation(self, reservation: OutgoingReservation) -> tuple[RoomVerdict, ...]:
        """Create, change or cancel the rooms of our reservation in one call; one verdict for each, in order.

        Raises `Retryable(ambiguous)` when nobody knows what was kept: push again with `attempted_at`, the
        time of the first try, and rooms are looked up by our key before they are created again. Our own
        writes fire no webhook.
        """
        if reservation.kind is BookingKind.INQUIRY:
            raise ValueError("a question is not pushed")
        unknown = [room for room in reservation.rooms if not room.external_id]
        found = self._lookup(reservation) if reservation.attempted_at and unknown else {}
        known = outgoing.keys_of(found, reservation.rooms)
        master = known_id(reservation.external_group_id or next(iter(known.values()), None))
        fresh = [room for room in unknown if room.key not in known and not room.cancelled]
        items: dict[str, dict[str, Any]] = {}
        for room in reservation.rooms:
            if _unnamed(room, known):
                continue
            if room.key in known:
                items[room.key] = outgoing.changed_item(reservation, room, known[room.key])
            elif room in fresh:
                items[room.key] = outgoing.new_item(reservation, room, master, len(fresh) > 1)
        said = dict(zip(items, self._written(list(items.values())), strict=True)) if items else {}
        return tuple(_verdict(room, known.get(room.key), said.get(room.key)) for room in reservation.rooms)

    def update_booking_status(self, external_booking_ids: Sequence[str], state: StayState) -> tuple[RoomVerdict, ...]:
        """Show where the guests are by the coloured label: Beds24 has no such states. Labels of others give way."""
        ids = list(dict.fromkeys(one.partition(".")[0] for one in external_booking_ids))
        named = [one for one in ids if known_id(one)]
        items = [{"id": int(one), **flag(state)} for one in named]
        said = dict(zip(named, self._write(PATH, items), strict=True)) if items else {}
        return tuple(
            RoomVerdict(one, one, said[one].kind, said[one].reason)
            if one in said
            else RoomVerdict(one, None, VerdictKind.REFUSED, NO_ROOM_TYPE)
            for one in ids
        )

    def _lookup(self, reservation: OutgoingReservation) -> dict[str, str]:
        """Return, per key of ours, the booking made since the first try. Free fields cannot be searched for."""
        since = reservation.attempted_at or self._clock()
        params = {
            "propertyId": [reservation.external_property_id],
            "status": list(STATUSES),
            "bookingTimeFrom": stamp(since - CLOCKS_DIFFER),
            "departureFrom": str((since - OLDEST).date()),
        }
        found: dict[str, str] = {}
        for booking in self._pages(PATH, params):
            key, identity = our_key(booking), known_id(booking.get("id"))
            if key and identity:
                found.setdefault(key, identity)
        return found

    def _written(self, items: list[dict[str, Any]]) -> list[Item]:
        try:
            said = self._write(PATH, items)
        except Malformed as error:
            message = f"Beds24's answer to our reservation cannot be read: {error}"
            raise Retryable(message, ambiguous=True, call_id=error.call_id) from error
        if any(answer.success and not answer.id and "id" not in item for item, answer in zip(items, said, strict=True)):
            raise Retryable("Beds24 made a booking and did not name it", ambiguous=True)
        return said


def _unnamed(room: OutgoingRoom, known: dict[str, str]) -> bool:
    """True for what has no number at Beds24, so that nothing could be sent for it."""
    return not known_id(room.external_room_type_id) or (room.key in known and not known_id(known[room.key]))


def _verdict(room: OutgoingRoom, known: str | None, item: Item | None) -> RoomVerdict:
    if item is None:
        if room.cancelled and known is None:
            return RoomVerdict(room.key, None, VerdictKind.ACCEPTED, "never reached Beds24")
        return RoomVerdict(room.key, known, VerdictKind.REFUSED, NO_ROOM_TYPE)
    return RoomVerdict(room.key, known or item.id, item.kind, item.reason)
