"""Inventory: the calendar read and written, which nights can be arrived on, which unit is taken when."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from sandbox.beds24.calendar import NO_ARRIVAL, OVERRIDES, SLOTS, UNSET, Column, compressed, money
from sandbox.beds24.calendar_writes import CalendarWrites
from sandbox.beds24.calls import Call
from sandbox.beds24.state import Room, World
from sandbox.web import Response, answer

PAGE = 1000
INCLUDES = (
    "includeNumAvail", "includeMinStay", "includeMaxStay", "includeMultiplier", "includeOverride", "includePrices",
    "includeLinkedPrices", "includeChannels",
)  # fmt: skip


class Inventory:
    """The inventory endpoints."""

    def __init__(self, world: World, writes: CalendarWrites) -> None:
        self.world = world
        self.writes = writes

    def calendar(self, call: Call) -> Response:
        """Calendars in compressed ranges, only what was asked to be included."""
        first, last = self._span(call)
        wanted = call.query.flags(*INCLUDES)
        rows = [self._row(room, first, last, wanted) for room in call.asked_rooms()]
        response, _ = call.listing("calendar", rows, PAGE)
        return response

    def _row(self, room: Room, first: int, last: int, wanted: set[str]) -> dict[str, Any]:
        row: dict[str, Any] = {"roomId": room.id, "propertyId": room.property_id}
        if self.world.switches["calendar_names_rooms"]:
            row["name"] = room.attributes["name"]
        ranges = self.ranges(room, first, last, wanted)
        if self.world.switches["numbers_as_text"]:
            ranges = [
                {name: str(value) if isinstance(value, int | float) else value for name, value in each.items()}
                for each in ranges
            ]
        return row | {"calendar": ranges}

    def ranges(self, room: Room, first: int, last: int, wanted: set[str]) -> list[dict[str, Any]]:
        """A room's calendar first..last (date ordinals, both included)."""
        if last < first:
            return []
        nights, columns = room.nights, list[Column]()
        if "includeNumAvail" in wanted:
            columns.append(("numAvail", self.world.available(room, first, last), int))
        if "includeMinStay" in wanted:
            columns.append(("minStay", nights.min_stay.slice(first, last), _or(room.attributes["minStay"] or 1)))
        if "includeMaxStay" in wanted:
            columns.append(("maxStay", nights.max_stay.slice(first, last), _or(room.attributes["maxStay"] or 365)))
        if "includeMultiplier" in wanted:
            columns.append(("multiplier", nights.multiplier.slice(first, last), _thousandths))
        if "includeOverride" in wanted:
            columns.append(("override", nights.override.slice(first, last), lambda value: OVERRIDES[value]))
        if wanted & {"includePrices", "includeLinkedPrices"}:
            for slot in range(1, SLOTS + 1):
                prices = self.world.prices(room, slot, first, last, linked="includeLinkedPrices" in wanted)
                if prices is not None:
                    columns.append((f"price{slot}", prices, money))
        caps = nights.caps if "includeChannels" in wanted else {}
        return compressed(first, columns, {name: caps[name].slice(first, last) for name in sorted(caps)})

    def _span(self, call: Call) -> tuple[int, int]:
        first, last = call.query.required_day("startDate"), call.query.required_day("endDate")
        return first.toordinal(), min(last, first + timedelta(days=1100)).toordinal()

    def availability(self, call: Call) -> Response:
        """Which nights can be arrived on. `endDate` is the last night."""
        first, last = self._span(call)
        rows = []
        for room in call.asked_rooms():
            free, overrides = self.world.available(room, first, last), room.nights.override.slice(first, last)
            open_ = {
                _iso(first + at): left > 0 and override not in NO_ARRIVAL
                for at, (left, override) in enumerate(zip(free, overrides, strict=True))
            }
            rows.append({"roomId": room.id, "propertyId": room.property_id, "name": room.attributes["name"],
                         "availability": open_})  # fmt: skip
        return call.listing("availability", rows, PAGE)[0]

    def unit_bookings(self, call: Call) -> Response:
        """How many bookings each unit has each night."""
        first, last = self._span(call)
        rows = []
        for room in call.asked_rooms():
            blank = {**{str(unit["id"]): 0 for unit in room.units}, "unassigned": 0}
            nights = {_iso(night): dict(blank) for night in range(first, last + 1)}
            for booking in self.world.bookings.values():
                if booking.fields["roomId"] != room.id or not booking.occupies:
                    continue
                start, end = booking.span
                for night in range(max(first, start), min(last, end) + 1):
                    unit = str(booking.fields["unitId"] or "unassigned")
                    nights[_iso(night)][unit if unit in blank else "unassigned"] += booking.fields["roomQty"]
            rows.append({"roomId": room.id, "propertyId": room.property_id, "name": room.attributes["name"],
                         "qty": room.qty, "unitBookings": nights})  # fmt: skip
        return call.listing("unitBookings", rows, PAGE)[0]

    def offers(self, call: Call) -> Response:
        """What a stay costs: one offer per price slot that has a price every night while a unit is left."""
        arrival, departure = call.query.required_day("arrival"), call.query.required_day("departure")
        adults = call.query.number("numAdults", 1)
        first, last = arrival.toordinal(), departure.toordinal() - 1
        rows = []
        for room in call.asked_rooms():
            found = self._offers(room, first, last) if last >= first and adults <= room.attributes["maxPeople"] else []
            if found:
                rows.append({"roomId": room.id, "propertyId": room.property_id, "offers": found})
        return call.listing("offer", rows, PAGE)[0]

    def _offers(self, room: Room, first: int, last: int) -> list[dict[str, Any]]:
        left = min(self.world.available(room, first, last))
        if left <= 0 or room.nights.override.get(first) in NO_ARRIVAL:
            return []
        found = []
        for rule in room.price_rules:
            prices = self.world.prices(room, rule["id"], first, last)
            if prices and UNSET not in prices:
                found.append({"offerId": rule["offer"], "offerName": rule["name"], "price": money(sum(prices)),
                              "unitsAvailable": left})  # fmt: skip
        return found

    def write(self, call: Call) -> Response:
        """Change calendars: a verdict per room."""
        return answer([self.writes.item(call, each) for each in call.items()], 201)


def _or(otherwise: int) -> Callable[[int], Any]:
    return lambda value: value or otherwise


def _thousandths(value: int) -> int | float:
    return value // 1000 if value % 1000 == 0 else value / 1000


def _iso(ordinal: int) -> str:
    return date.fromordinal(ordinal).isoformat()
