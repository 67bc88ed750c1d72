"""Messages between guest and host: one conversation per booking, only where an OTA carries it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sandbox.beds24.bookings import Bookings
from sandbox.beds24.calls import Call, Verdict
from sandbox.beds24.errors import Refused
from sandbox.beds24.state import Booking, World, stamp
from sandbox.beds24.words import OWN_SOURCES
from sandbox.web import Response, answer

PAGE = 100
SOURCES = ("host", "guest", "internalNote", "system")


class Messages:
    """The message endpoints."""

    def __init__(self, world: World, bookings: Bookings) -> None:
        self.world = world
        self.bookings = bookings

    def add(self, booking: Booking, text: str, source: str) -> dict[str, Any]:
        """A message in a booking's conversation; one from a guest calls the webhook."""
        message = {
            "id": self.world.new_id("message"), "authorOwnerId": None, "bookingId": booking.id,
            "roomId": booking.fields["roomId"], "propertyId": booking.fields["propertyId"],
            "time": self.world.stamp(), "read": source != "guest", "message": text, "source": source,
        }  # fmt: skip
        self.world.messages[message["id"]] = message
        self.world.changed()
        if source == "guest":
            self.bookings.tell(booking, "message")
        return message

    def index(self, call: Call) -> Response:
        """Messages, oldest first."""
        rows = self._asked(call)
        return call.listing("message", rows, PAGE)[0]

    def _asked(self, call: Call) -> list[dict[str, Any]]:
        query = call.query
        wanted = {name: set(query.numbers(name)) for name in ("id", "propertyId", "roomId", "bookingId")}
        masters, sources = set(query.numbers("masterId")), query.words("source", SOURCES)
        read = (query.words("filter", ("read", "unread")) or [""])[-1]
        since = stamp(self.world.clock.now() - timedelta(days=query.number("maxAge", 999, 999)))
        found = []
        for each in self.world.messages.values():
            fits = all(not values or each[name] in values for name, values in wanted.items())
            fits = fits and (not sources or each["source"] in sources) and each["time"] >= since
            fits = fits and (not read or each["read"] == (read == "read"))
            fits = fits and (not masters or self.world.bookings[each["bookingId"]].fields["masterId"] in masters)
            if fits and call.sees(self.world.properties[each["propertyId"]]):
                found.append(each)
        return found

    def write(self, call: Call) -> Response:
        """Send (`bookingId`, `message`) or mark as read (`id`, `read`)."""
        return answer([self._item(call, each) for each in call.items()], 201)

    def _item(self, call: Call, given: Any) -> dict[str, Any]:
        verdict = Verdict("message")
        if not isinstance(given, dict):
            verdict.refuse("message")
        elif "id" in given:
            message = self.world.messages.get(given["id"])
            if message is None or call.property(message["propertyId"]) is None:
                verdict.refuse("id")
            else:
                message["read"] = bool(given.get("read"))
                verdict.modified = {"id": message["id"], "read": message["read"]}
        else:
            self._send(call, given, verdict)
        self.world.changed()
        return verdict.view()

    def _send(self, call: Call, given: dict[str, Any], verdict: Verdict) -> None:
        booking = self.world.bookings.get(given.get("bookingId") or 0)
        if booking is None or call.property(booking.fields["propertyId"]) is None:
            verdict.refuse("bookingId")
        elif booking.fields["apiSourceId"] in OWN_SOURCES:
            verdict.refuse("bookingId", "no conversation")
        elif not isinstance(given.get("message"), str) or not given["message"]:
            verdict.refuse("message")
        else:
            verdict.new = self.add(booking, given["message"], "host")

    def mark(self, call: Call) -> Response:
        """Mark many as read at once: `{"read": true}` for whatever the query selects."""
        given = call.request.json()
        if not isinstance(given.get("read"), bool):
            raise Refused(400, "read must be true or false")
        rows = self._asked(call)
        for each in rows:
            each["read"] = given["read"]
        self.world.changed()
        return answer({"success": True, "count": len(rows)})

    def invoices(self, call: Call) -> Response:
        """`GET /bookings/invoices`: the lines of each booking, by invoice."""
        wanted = set(call.query.numbers("bookingId"))
        rows = [
            {"invoiceId": None, "invoiceDate": None, "invoiceItems": booking.invoice_items}
            for booking in self.world.bookings.values()
            if (not wanted or booking.id in wanted)
            and booking.invoice_items
            and call.sees(self.world.properties[booking.fields["propertyId"]])
        ]
        return call.listing("invoice", rows, PAGE)[0]
