"""Bookings and their revisions: recorded once, whoever made them, with everything Channex does about it."""

from __future__ import annotations

import copy
import heapq
from datetime import date
from typing import Any

import orjson

from sandbox.channex.state import Booking, Revision, World, new_id
from sandbox.clock import local_stamp

UNACKED_SECONDS = 30 * 60
EVENTS = {"new": "booking_new", "modified": "booking_modification", "cancelled": "booking_cancellation"}
OTA_NAMES = {"BDC": "BookingCom", "EXP": "A-Expedia", "ABB": "Airbnb", "AGO": "Agoda", "OFL": "Offline"}
BLANK: dict[str, Any] = {
    "arrival_hour": None, "amount": "0.00", "ota_commission": None, "payment_collect": None, "payment_type": None,
    "notes": None, "meta": {}, "agent": None, "deposits": [], "services": [], "secondary_ota": None, "guarantee": None,
    "channel_id": None, "is_crs_revision": False, "raw_message": None,
    "customer": {"name": None, "surname": None, "mail": None, "phone": None, "address": None, "city": None,
                 "zip": None, "state": None, "country": None, "language": None, "company": None, "meta": {}},
    "occupancy": {"adults": 1, "children": 0, "infants": 0, "ages": []}, "rooms": [],
}  # fmt: skip


class Bookings:
    """Records revisions, serves their timers, and keeps the OTAs' own ledger of what they sold."""

    def __init__(self, world: World) -> None:
        self.world = world

    def record(
        self,
        property_id: str,
        status: str,
        attributes: dict[str, Any],
        *,
        booking_id: str | None = None,
        source: str = "ota",
        forced: bool = False,
        announce: bool = True,
        adjust: bool = True,
        delay: float = 0,
    ) -> Revision:
        """A new revision of a booking, or of a new booking. `delay` seconds pass before anybody can see it."""
        world = self.world
        booking = world.bookings.get(booking_id) if booking_id else None
        if booking is None:
            booking = Booking(booking_id or new_id(), property_id, str(attributes.get("unique_id")))
            world.bookings[booking.id] = booking
        at = world.moment()
        known = {name: copy.deepcopy(value) for name, value in BLANK.items() if name not in attributes}
        full = {
            **known, "system_id": new_id().replace("-", ""), **attributes, "status": status,
            "booking_id": booking.id, "property_id": property_id,
        }  # fmt: skip
        full.setdefault("inserted_at", local_stamp(at))
        if full["raw_message"] is None:
            full["raw_message"] = orjson.dumps({"reservation": full.get("unique_id"), "status": status}).decode()
        revision = Revision(new_id(), booking.id, property_id, full, at.timestamp(), published=False)
        world.revisions[revision.id] = revision
        booking.revisions.append(revision.id)
        if full.get("ota_reservation_code"):
            world.codes[str(full["ota_reservation_code"])] = booking.id
        self._enter_ledger(booking, revision, source, forced)
        if delay > 0:
            heapq.heappush(world.timers, (at.timestamp() + delay, "publish", revision.id))
        else:
            self.publish(revision, announce, adjust)
        world.changed()
        return revision

    def publish(self, revision: Revision, announce: bool = True, adjust: bool = True) -> None:
        """Make a revision visible: feed, availability, webhooks."""
        world = self.world
        revision.published = True
        world.unacked[revision.id] = None
        self._queue_of(revision)[revision.id] = None
        if world.switches["feed_timer_from"] == "inserted":
            self.start_timer(revision)
        if adjust and revision.property_id in world.properties:
            self._adjust(revision)
        if announce:
            self.announce(revision)

    def _queue_of(self, revision: Revision) -> Any:
        return self.world.unacked_of.setdefault(revision.property_id, type(self.world.unacked)())

    def start_timer(self, revision: Revision) -> None:
        """From now on the revision has 30 minutes to be acknowledged."""
        revision.served_at = self.world.clock.timestamp()
        revision.due = revision.served_at + UNACKED_SECONDS
        heapq.heappush(self.world.timers, (revision.due, "unacked", revision.id))

    def leave_feed(self, revision: Revision) -> None:
        """Take a revision out of the feed."""
        self.world.unacked.pop(revision.id, None)
        self._queue_of(revision).pop(revision.id, None)

    def tick(self) -> None:
        """Do what is due on the provider's clock."""
        world = self.world
        while world.timers and world.timers[0][0] <= world.clock.timestamp():
            _, kind, revision_id = heapq.heappop(world.timers)
            revision = world.revisions.get(revision_id)
            if revision is None:
                continue
            if kind == "publish":
                self.publish(revision)
            elif not revision.acked and revision.id in world.unacked:
                world.emit("non_acked_booking", revision.property_id, self.summary(revision))
                if world.switches["feed_drop"]:
                    revision.dropped = True
                    self.leave_feed(revision)
            world.changed()

    def announce(self, revision: Revision) -> None:
        """Fire the webhooks of a revision."""
        emit, place = self.world.emit, revision.property_id
        ids = {"booking_id": revision.booking_id, "property_id": place, "revision_id": revision.id}
        emit("booking", place, ids)
        event = EVENTS.get(str(revision.attributes.get("status")))
        if event:
            emit(event, place, {**self.summary(revision), "live_feed_event_id": new_id()})
        rooms = revision.attributes.get("rooms") or []
        unmapped = {"booking_id": revision.booking_id, "booking_revision_id": revision.id}
        if any(room.get("room_type_id") is None for room in rooms if isinstance(room, dict)):
            emit("booking_unmapped_room", place, unmapped)
        elif any(room.get("rate_plan_id") is None for room in rooms if isinstance(room, dict)):
            emit("booking_unmapped_rate", place, unmapped)

    def summary(self, revision: Revision) -> dict[str, Any]:
        """What the captured `booking_new` payload carries, without its live feed id."""
        have = revision.attributes
        customer = have.get("customer") or {}
        rooms = have.get("rooms") or []
        return {
            "booking_id": revision.booking_id, "booking_revision_id": revision.id,
            "booking_unique_id": have.get("unique_id"), "property_id": revision.property_id,
            "channel_id": have.get("channel_id"), "ota_code": have.get("ota_name"),
            "customer_name": f"{customer.get('name') or ''} {customer.get('surname') or ''}".strip(),
            "arrival_date": have.get("arrival_date"), "count_of_nights": len(nights_of(rooms)),
            "count_of_rooms": len(rooms), "amount": have.get("amount"), "currency": have.get("currency"),
        }  # fmt: skip

    def _adjust(self, revision: Revision) -> None:
        """Channex lowers availability on a new booking; on the other two only where a setting says so."""
        world = self.world
        settings = world.properties[revision.property_id].settings
        status = revision.attributes["status"]
        if status == "new":
            self._move(revision, -1)
        elif status == "modified" and settings["allow_availability_autoupdate_on_modification"]:
            before = self._before(revision)
            if before:
                self._move(before, +1)
            self._move(revision, -1)
        elif status == "cancelled" and settings["allow_availability_autoupdate_on_cancellation"]:
            self._move(self._before(revision) or revision, +1)

    def _before(self, revision: Revision) -> Revision | None:
        earlier = self.world.bookings[revision.booking_id].revisions
        at = earlier.index(revision.id)
        return self.world.revisions[earlier[at - 1]] if at else None

    def _move(self, revision: Revision, by: int) -> None:
        cells = []
        for room in revision.attributes.get("rooms") or []:
            room_type = self.world.room_types.get(str(room.get("room_type_id")))
            if room_type is None or room_type.property_id != revision.property_id:
                continue
            for night in nights_of([room]):
                left = max(0, room_type.availability.get(night) + by)
                room_type.availability.fill(night, night, left)
                cells.append({
                    "date": date.fromordinal(night).isoformat(), "room_type_id": room_type.id, "rate_plan_id": None,
                    "availability": left, "booked": 1,
                })  # fmt: skip
        if cells:
            self.world.emit("ari", revision.property_id, cells)

    def _enter_ledger(self, booking: Booking, revision: Revision, source: str, forced: bool) -> None:
        have = revision.attributes
        entry = self.world.ledger.setdefault(booking.id, {
            "booking_id": booking.id, "property_id": booking.property_id, "unique_id": have.get("unique_id"),
            "ota": str(have.get("unique_id")).partition("-")[0], "code": have.get("ota_reservation_code"),
            "source": source, "forced": forced, "sold_at": have["inserted_at"], "revisions": [],
        })  # fmt: skip
        rooms = [room for room in have.get("rooms") or [] if isinstance(room, dict)]
        entry |= {
            "status": have["status"], "check_in": have.get("arrival_date"), "check_out": have.get("departure_date"),
            "amount": have.get("amount"), "currency": have.get("currency"),
            "rooms": [
                {name: room.get(name) for name in ("room_type_id", "rate_plan_id", "checkin_date", "checkout_date")}
                for room in rooms
            ],
        }  # fmt: skip
        entry["forced"] = entry["forced"] or forced
        entry["revisions"].append({"id": revision.id, "status": have["status"], "at": have["inserted_at"]})


def nights_of(rooms: list[Any]) -> list[int]:
    """The nights of rooms as date ordinals, each once, in order; rooms with unreadable dates have none."""
    nights: set[int] = set()
    for room in rooms:
        try:
            first = date.fromisoformat(room["checkin_date"]).toordinal()
            last = date.fromisoformat(room["checkout_date"]).toordinal()
        except (KeyError, TypeError, ValueError):
            continue
        if 0 < last - first <= 1_000:
            nights.update(range(first, last))
    return sorted(nights)
