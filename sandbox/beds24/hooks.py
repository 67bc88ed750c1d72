"""The booking webhook: one per property, a minute late, with neither an event type nor an id, and never signed."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import asdict
from typing import Any
from urllib.parse import urlencode, urlsplit

import orjson

from sandbox.beds24.bookings import view
from sandbox.beds24.state import Booking, Property, World
from sandbox.beds24.words import NAMED
from sandbox.clock import zulu_stamp
from sandbox.sender import Delivery, Plan, Sender

# Beds24 publishes no schedule; this one is invented.
WAITS = [60.0, 300.0, 900.0]
INCLUDES = {"includeBookingGroup"}


class Hooks:
    """Queues a delivery for each change that counts, and writes each body when it is sent."""

    def __init__(self, world: World) -> None:
        self.world = world
        switches = world.switches
        self.sender = Sender(world.clock, Plan(
            lambda: WAITS, lambda: float(switches["webhook_timeout_seconds"]), lambda name: switches[name],
            again=400, render=self.render, agent="Beds24",
        ))  # fmt: skip
        self._waiting: dict[tuple[int, str], Delivery] = {}

    def tell(self, booking: Booking, what: str) -> None:
        """Something happened to a booking: new, modify, cancel or message. The world's lock is held."""
        place = self.world.properties[booking.fields["propertyId"]]
        for url in _urls(place):
            waiting = self._waiting.get((booking.id, url))
            if waiting and waiting.state == "pending" and self.world.switches["webhook_coalesce"]:
                waiting.event = "new" if waiting.event == "new" else what
                continue
            delivery = self._delivery(place, booking, url, what)
            self._waiting[booking.id, url] = delivery
            self.sender.enqueue(delivery)

    def _delivery(self, place: Property, booking: Booking, url: str, what: str) -> Delivery:
        first = place.webhooks["version"] == "one"
        body = "" if self.world.switches["webhook_latest_state"] else self._body(place, booking)
        return Delivery(
            str(place.id), url, headers(place.webhooks["customHeader"]), body, what, str(place.id),
            self.world.clock.timestamp(), method="GET" if first else "POST", about=str(booking.id),
        )  # fmt: skip

    def render(self, delivery: Delivery) -> tuple[str, dict[str, str]]:
        """Body and headers of the next attempt. From the first attempt on the state stays what it was."""
        with self.world.lock:
            self._settle(delivery)
            if delivery.method == "GET":
                return "", delivery.headers
            frozen = orjson.loads(delivery.body)
        stamp = zulu_stamp(self.world.clock.now())[:19] + "Z"
        body = orjson.dumps({"timeStamp": stamp, **frozen, "retries": len(delivery.attempts)})
        return body.decode(), {**delivery.headers, **self._signature(body)}

    def _settle(self, delivery: Delivery) -> None:
        """Fix what is sent, and let the booking's next change queue a delivery of its own."""
        place = self.world.properties.get(int(delivery.hook_id))
        booking = self.world.bookings.get(int(delivery.about))
        if self._waiting.get((int(delivery.about), delivery.url)) is delivery:
            del self._waiting[int(delivery.about), delivery.url]
        if delivery.method == "GET" and not delivery.attempts:
            joint = "&" if urlsplit(delivery.url).query else "?"
            delivery.url += joint + urlencode({"bookid": delivery.about, "status": delivery.event})
        elif delivery.method == "POST" and not delivery.body:
            gone = {"booking": {"id": int(delivery.about), "propertyId": int(delivery.hook_id)}}
            delivery.body = self._body(place, booking) if place and booking else orjson.dumps(gone).decode()

    def _body(self, place: Property, booking: Booking) -> str:
        shape = view(self.world, booking, INCLUDES)
        if place.webhooks["version"] == "twoNoPersonalData":
            shape = {name: value for name, value in shape.items() if name not in NAMED}
        return orjson.dumps({
            "booking": shape, "infoItems": booking.info_items, "invoiceItems": booking.invoice_items,
            "messages": [each for each in self.world.messages.values() if each["bookingId"] == booking.id],
        }).decode()  # fmt: skip

    def _signature(self, body: bytes) -> dict[str, str]:
        """A signature such as an operator's own relay may add; Beds24 has none."""
        secret = str(self.world.switches["relay_secret"])
        if not secret:
            return {}
        digest = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
        return {str(self.world.switches["relay_header"]): digest}

    def again(self, booking: Booking) -> int:
        """Queue a booking's webhook once more, as it is now; how many addresses get it."""
        urls = _urls(self.world.properties[booking.fields["propertyId"]])
        self.tell(booking, "modify")
        return len(urls)

    def clear(self) -> None:
        """Forget every delivery."""
        self.sender.clear()
        self._waiting.clear()

    def dump(self) -> list[dict[str, Any]]:
        """Deliveries not finished."""
        return [asdict(each) for each in self.sender.pending()]


def _urls(place: Property) -> list[str]:
    lines = place.webhooks["url"].split("\n")
    return [line.strip().replace("[PROPERTYID]", str(place.id)) for line in lines if line.strip()]


def headers(lines: str) -> dict[str, str]:
    """Headers from `name: value` lines; anything else is left out."""
    found = {}
    for line in lines.split("\n"):
        name, colon, value = line.partition(":")
        if colon and name.strip():
            found[name.strip()] = value.strip()
    return found
