"""`POST` and `DELETE /bookings`: an array in, a verdict per item out, whatever became of it a 201."""

from __future__ import annotations

from typing import Any

from sandbox.beds24.bookings import Bookings
from sandbox.beds24.calls import Call, Verdict
from sandbox.beds24.errors import Refused
from sandbox.beds24.items import Items
from sandbox.beds24.quirks import Quirks
from sandbox.beds24.state import Booking, World
from sandbox.beds24.words import (
    FINANCIAL,
    PERSONAL,
    READ_ONLY,
    STORABLE,
    SUB_STATUSES,
    WRITABLE,
    BadField,
    checked,
    day,
)
from sandbox.web import Response, answer

PATH = "/bookings"
PER_ITEM = 0.1


class BookingWrites:
    """Creates, changes, cancels and deletes for API clients."""

    def __init__(self, world: World, bookings: Bookings, items: Items, quirks: Quirks) -> None:
        self.world = world
        self.bookings = bookings
        self.items = items
        self.quirks = quirks

    def write(self, call: Call) -> Response:
        """Items with an `id` change that booking, the others make one."""
        given = call.items()
        grouped: list[Booking] = []
        rows = [self._item(call, each, grouped) for each in given]
        self.bookings.group(grouped)
        for row in rows:
            made = self.world.bookings.get(row.get("new", {}).get("id", 0))
            if made in grouped:
                row["new"]["masterId"] = made.fields["masterId"] if made else None
        call.cost = 1 + PER_ITEM * len(given)
        return answer(rows, 201)

    def _item(self, call: Call, given: Any, grouped: list[Booking]) -> dict[str, Any]:
        is_change = isinstance(given, dict) and given.get("id") is not None
        verdict = Verdict("modify booking" if is_change else "new booking")
        if not isinstance(given, dict):
            verdict.refuse("booking")
            return verdict.view()
        quirk = self.quirks.of_item(PATH, given.get("roomId"))
        if quirk and quirk.kind == "refuse":
            verdict.refuse("booking", quirk.message)
        if quirk and quirk.kind in ("refuse", "no_effect"):
            return verdict.view()
        if quirk and quirk.field_name in given:
            verdict.warn(quirk.field_name, "not saved")
            given = {name: value for name, value in given.items() if name != quirk.field_name}
        if is_change:
            self._change(call, given, verdict)
        else:
            booking = self._create(call, given, verdict)
            if booking and _action(given, "makeGroup"):
                grouped.append(booking)
        return verdict.view()

    def _create(self, call: Call, given: dict[str, Any], verdict: Verdict) -> Booking | None:
        room = call.room(given.get("roomId"))
        if room is None:
            verdict.refuse("roomId")
        for name in ("arrival", "departure"):
            if given.get(name) is None:
                verdict.refuse(name)
        fields = self._fields(call, given, verdict)
        if verdict.errors or room is None:
            return None
        first, last = day(fields["arrival"]).toordinal(), day(fields["departure"]).toordinal() - 1
        if last < first:
            verdict.refuse("departure")
            return None
        fields["roomId"] = room.id
        quantity = fields.get("roomQty", 1)
        if _action(given, "checkAvailability") and not self.bookings.is_free(room, first, last, quantity):
            verdict.refuse("roomId", "no availability")
            return None
        booking = self.bookings.create(fields, silent=not _action(given, "allowWebhooks"))
        stored = self._subitems(call, booking, given, verdict)
        if _action(given, "autoInvoiceItemCharge") and booking.fields["price"] and not booking.invoice_items:
            line = {"type": "charge", "description": "Room", "qty": 1, "amount": booking.fields["price"]}
            booking.invoice_items.append(self.items.invoice(booking, line))
        echoed = {name: booking.fields[name] for name in ("roomId", "unitId", "status", "arrival", "departure")}
        verdict.new = {"id": booking.id, **echoed, **{name: booking.fields[name] for name in fields}, **stored}
        verdict.info.append({"action": "new booking", "id": booking.id, "message": "added new booking"})
        return booking

    def _change(self, call: Call, given: dict[str, Any], verdict: Verdict) -> None:
        booking = self._found(call, given["id"])
        if booking is None:
            verdict.refuse("id")
            return
        if given.get("roomId") is not None and call.room(given["roomId"]) is None:
            verdict.refuse("roomId")
        changes = self._fields(call, given, verdict)
        arrival = changes.get("arrival", booking.fields["arrival"])
        if not verdict.errors and changes.get("departure", booking.fields["departure"]) <= arrival:
            verdict.refuse("departure")
        if verdict.errors:
            return
        if "masterId" in changes:
            self._join(booking, changes, verdict)
        self.bookings.change(booking, changes, silent=not _action(given, "allowWebhooks"))
        if _action(given, "deleteInvoice"):
            booking.invoice_items.clear()
        stored = self._subitems(call, booking, given, verdict)
        done = {**{name: booking.fields[name] for name in changes}, **stored}
        if done:
            named = {"id": booking.id} if self.world.switches["modified_has_id"] else {}
            verdict.modified = {**named, **done}

    def _found(self, call: Call, booking_id: Any) -> Booking | None:
        if isinstance(booking_id, str) and booking_id.isdecimal():
            booking_id = int(booking_id)
        booking = self.world.bookings.get(booking_id) if isinstance(booking_id, int) else None
        return booking if booking and call.property(booking.fields["propertyId"]) else None

    def _join(self, booking: Booking, changes: dict[str, Any], verdict: Verdict) -> None:
        """A number joins that booking's group, null leaves; a number nobody has is dropped with a warning."""
        master = self.world.bookings.get(changes["masterId"] or 0)
        if changes["masterId"] is None:
            return
        if master is None or master.fields["propertyId"] != booking.fields["propertyId"]:
            del changes["masterId"]
            verdict.warn("masterId")
        elif self.world.switches["master_names_itself"]:
            master.fields["masterId"] = master.id

    def _subitems(self, call: Call, booking: Booking, given: dict[str, Any], verdict: Verdict) -> dict[str, Any]:
        if "invoiceItems" in given and not call.may("bookings-financial", "write"):
            verdict.warn("invoiceItems", "scope missing")
            given = {name: value for name, value in given.items() if name != "invoiceItems"}
        return self.items.write(booking, given, verdict)

    def _fields(self, call: Call, given: dict[str, Any], verdict: Verdict) -> dict[str, Any]:
        """The writable fields of an item, checked. Unknown names are ignored, read-only ones as the switch says."""
        barred = set() if call.may("bookings-personal", "write") else set(PERSONAL)
        barred |= set() if call.may("bookings-financial", "write") else set(FINANCIAL)
        fields: dict[str, Any] = {}
        for name, value in given.items():
            if name in READ_ONLY:
                self._read_only(name, value, fields, verdict)
            elif name in barred:
                verdict.warn(name, "scope missing")
            elif name in WRITABLE:
                try:
                    fields[name] = checked(name, value)
                except BadField:
                    if self.world.switches["bad_fields"] == "warn" and name not in ("arrival", "departure"):
                        verdict.warn(name)
                    elif not any(each["field"] == name for each in verdict.errors):
                        verdict.refuse(name)
        return fields

    def _read_only(self, name: str, value: Any, fields: dict[str, Any], verdict: Verdict) -> None:
        rule = self.world.switches["read_only_fields"]
        if rule == "warn":
            verdict.warn(name, "read only")
        elif rule == "store" and name in STORABLE and (name != "subStatus" or value in SUB_STATUSES):
            fields[name] = str(value)[:100]

    def delete(self, call: Call) -> Response:
        """Remove bookings for good. Nothing is published about the webhook of a deletion: none is sent."""
        ids = call.query.numbers("id")
        if not ids:
            raise Refused(400, "Parameter id is required")
        rows = []
        for booking_id in ids:
            verdict = Verdict("delete booking")
            booking = self._found(call, booking_id)
            if booking is None:
                verdict.refuse("id")
            else:
                self.bookings.delete(booking)
                verdict.modified = {"id": booking.id}
            rows.append(verdict.view())
        call.cost = 1 + PER_ITEM * len(ids)
        return answer(rows, 201)


def _action(given: dict[str, Any], name: str) -> bool:
    actions = given.get("actions")
    return isinstance(actions, dict) and actions.get(name) is True
