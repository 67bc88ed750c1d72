"""What happens to bookings, whoever acts: made, changed, deleted; units taken and given back; groups joined."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sandbox.beds24.calendar import BLACKOUT
from sandbox.beds24.state import Booking, Room, World
from sandbox.beds24.words import BLANK, FINANCIAL, PERSONAL, TRIGGERS

Listener = Callable[[Booking, str], None]


class Bookings:
    """The rules of bookings. Fields given here were checked before."""

    def __init__(self, world: World) -> None:
        self.world = world
        # Told of what a webhook may be sent for: the booking, and new, modify, cancel or message.
        self.tell: Listener = lambda booking, what: None

    def create(self, fields: dict[str, Any], source: str = "api", silent: bool = False) -> Booking:
        """A booking, with the first free unit unless it names one."""
        world = self.world
        room = world.rooms[fields["roomId"]]
        now = world.stamp()
        booking = Booking(world.new_id("booking"), dict(BLANK), source=source)
        booking.fields |= {"propertyId": room.property_id, "bookingTime": now, "modifiedTime": now, **fields}
        booking.fields["id"] = booking.id
        if booking.occupies and not booking.fields["unitId"]:
            booking.fields["unitId"] = self._free_unit(room, *booking.span)
        self._occupy(booking, 1)
        world.bookings[booking.id] = booking
        world.changed()
        if not silent:
            self.tell(booking, "new")
        return booking

    def change(self, booking: Booking, changes: dict[str, Any], silent: bool = False) -> bool:
        """Apply changes; whether they touch what webhooks are sent for. `modifiedTime` moves in any case."""
        before = {name: booking.fields[name] for name in TRIGGERS}
        self._occupy(booking, -1)
        booking.fields |= changes
        room = self.world.rooms[booking.fields["roomId"]]
        booking.fields["propertyId"] = room.property_id
        moved = booking.fields["roomId"] != before["roomId"] and "unitId" not in changes
        if booking.occupies and (moved or not booking.fields["unitId"]):
            booking.fields["unitId"] = self._free_unit(room, *booking.span, booking.id)
        self._occupy(booking, 1)
        booking.fields["modifiedTime"] = self.world.stamp()
        booking.versions += 1
        self.world.changed()
        triggered = any(booking.fields[name] != before[name] for name in TRIGGERS)
        if triggered and not silent:
            cancelled = booking.fields["status"] == "cancelled" != before["status"]
            self.tell(booking, "cancel" if cancelled else "modify")
        return triggered

    def delete(self, booking: Booking) -> None:
        """Remove a booking without a trace."""
        self._occupy(booking, -1)
        del self.world.bookings[booking.id]
        for number in [each["id"] for each in self.world.messages.values() if each["bookingId"] == booking.id]:
            del self.world.messages[number]
        self.world.changed()

    def group(self, bookings: list[Booking]) -> None:
        """Make one group; the first is its master."""
        if len(bookings) < 2:
            return
        master = bookings[0]
        for each in bookings:
            own = None if each is master and not self.world.switches["master_names_itself"] else master.id
            each.fields["masterId"] = own
        self.world.changed()

    def is_free(self, room: Room, first: int, last: int, quantity: int) -> bool:
        """Whether `checkAvailability` would let a stay in; nights first..last as date ordinals, both included."""
        strict = self.world.switches["check_counts_blackout"]
        if strict and BLACKOUT in room.nights.override.slice(first, last):
            return False
        return min(self.world.free(room, first, last)) >= quantity

    def _occupy(self, booking: Booking, sign: int) -> None:
        if not booking.occupies:
            return
        booked = self.world.rooms[booking.fields["roomId"]].nights.booked
        for night in range(booking.span[0], booking.span[1] + 1):
            booked.fill(night, night, booked.get(night) + sign * booking.fields["roomQty"])

    def _free_unit(self, room: Room, first: int, last: int, besides: int | None = None) -> int | None:
        taken = set()
        for other in self.world.bookings.values():
            if other.fields["roomId"] != room.id or other.id == besides or not other.occupies:
                continue
            start, end = other.span
            if start <= last and first <= end:
                taken.add(other.fields["unitId"])
        return next((unit["id"] for unit in room.units if unit["id"] not in taken), None)


def view(
    world: World, booking: Booking, includes: set[str], personal: bool = True, financial: bool = True
) -> dict[str, Any]:
    """A booking as a read shows it. Without the scope personal fields are blank, financial ones absent."""
    shape = dict(booking.fields)
    if not personal:
        shape |= {name: BLANK[name] for name in PERSONAL}
    if not financial:
        shape = {name: value for name, value in shape.items() if name not in FINANCIAL}
    if "includeBookingGroup" in includes:
        shape["bookingGroup"] = group(world, booking)
    if "includeInvoiceItems" in includes and financial:
        shape["invoiceItems"] = [dict(each) for each in booking.invoice_items]
    if "includeInfoItems" in includes:
        shape["infoItems"] = [dict(each) for each in booking.info_items]
    if "includeGuests" in includes and personal:
        shape["guests"] = [dict(each) for each in booking.guests]
    return shape


def group(world: World, booking: Booking) -> dict[str, Any] | None:
    """The group a booking is in."""
    ids = world.group_of(booking)
    return {"master": ids[0], "ids": ids} if len(ids) > 1 else None
