"""`GET /bookings`: its filters, what it hides unless told otherwise, and its pages."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

from sandbox.beds24.bookings import view
from sandbox.beds24.calls import Call
from sandbox.beds24.state import Booking, World, stamp
from sandbox.beds24.words import CHANNELS, STATUSES
from sandbox.web import Response

FILTERS = ("arrivals", "departures", "new", "current")
INCLUDES = ("includeInvoiceItems", "includeInfoItems", "includeGuests", "includeBookingGroup")
DAYS = ("arrival", "departure", "arrivalFrom", "arrivalTo", "departureFrom", "departureTo")
MOMENTS = ("bookingTimeFrom", "bookingTimeTo", "modifiedFrom", "modifiedTo")
LIFTING = frozenset((*DAYS, "bookingTimeFrom", "bookingTimeTo", "id", "masterId", "apiReference", "filter"))
Test = Callable[[Booking], bool]


class BookingReads:
    """Finds bookings."""

    def __init__(self, world: World) -> None:
        self.world = world

    def index(self, call: Call) -> Response:
        """A page of bookings in the order of their ids. Cancelled ones are hidden unless the status is named."""
        tests = self._tests(call)
        includes = call.query.flags(*INCLUDES)
        found = [each for each in self._candidates(call) if all(test(each) for test in tests)]
        personal, financial = call.may("bookings-personal", "read"), call.may("bookings-financial", "read")
        size = int(self.world.switches["bookings_page_size"])
        page = call.query.number("page", 1)
        start, end = (page - 1) * size, page * size
        # Rows outside the page are only counted: rendering them would cost more than the search.
        rows: list[Any] = [
            view(self.world, each, includes, personal, financial) if start <= at < end else None
            for at, each in enumerate(found)
        ]
        response, shown = call.listing("booking", rows, size)
        call.cost = 1 + (0.5 if shown == size else 0) + 0.1 * len(includes)
        return response

    def _candidates(self, call: Call) -> list[Booking]:
        world = self.world
        reached = {place.id for place in world.properties.values() if call.sees(place)}
        asked = set(call.query.numbers("propertyId"))
        for property_id in asked & reached:
            call.mention(property_id)
        ids = call.query.numbers("id")
        pool = [world.bookings[each] for each in sorted(set(ids)) if each in world.bookings] if ids else list(
            world.bookings.values())  # fmt: skip
        found = [each for each in pool if each.fields["propertyId"] in (reached & asked if asked else reached)]
        for each in found if ids else []:
            call.mention(each.fields["propertyId"])
        return found

    def _tests(self, call: Call) -> list[Test]:
        query = call.query
        tests = [*self._status_tests(call), *self._date_tests(call)]
        for name, field in (("roomId", "roomId"), ("masterId", "masterId")):
            wanted = set(query.numbers(name))
            if wanted:
                tests.append(lambda booking, field=field, wanted=wanted: booking.fields[field] in wanted)  # type: ignore[misc]
        references = set(query.texts("apiReference"))
        if references:
            tests.append(lambda booking: booking.fields["apiReference"] in references)
        channels = query.words("channel", CHANNELS)
        if channels:
            tests.append(lambda booking: booking.fields["channel"] in channels)
        wanted_text = (query.text("searchString") or "").strip().lower()
        if wanted_text:
            tests.append(lambda booking: _mentions(booking, wanted_text))
        if self._is_windowed(call):
            tests.append(self._in_window)
        return tests

    def _is_windowed(self, call: Call) -> bool:
        if not self.world.switches["default_window"]:
            return False
        lifting = set(LIFTING)
        if self.world.switches["modified_lifts_window"]:
            lifting |= {"modifiedFrom", "modifiedTo"}
        return not any(name in call.query for name in lifting)

    def _in_window(self, booking: Booking) -> bool:
        today = self.world.today(booking.fields["propertyId"])
        arrival = date.fromisoformat(booking.fields["arrival"])
        return today - timedelta(days=1) <= arrival <= today + timedelta(days=365)

    def _status_tests(self, call: Call) -> list[Test]:
        named = call.query.words("status", STATUSES)
        kind = (call.query.words("filter", FILTERS) or [""])[-1]
        tests: list[Test] = []
        if kind:
            tests.append(lambda booking: self._matches(kind, booking))
        if named:
            tests.append(lambda booking: booking.fields["status"] in named)
        elif not call.query.texts("id"):
            tests.append(lambda booking: booking.fields["status"] != "cancelled")
        return tests

    def _matches(self, kind: str, booking: Booking) -> bool:
        if booking.fields["status"] not in ("confirmed", "new", "request"):
            return False
        today = self.world.today(booking.fields["propertyId"]).isoformat()
        if kind == "arrivals":
            return bool(booking.fields["arrival"] == today)
        if kind == "departures":
            return bool(booking.fields["departure"] == today)
        if kind == "current":
            return bool(booking.fields["arrival"] <= today < booking.fields["departure"])
        return bool(booking.fields["bookingTime"] >= stamp(self.world.clock.now() - timedelta(days=1)))

    def _date_tests(self, call: Call) -> list[Test]:
        """Both ends of every range are included. Stamps and dates compare as text."""
        tests: list[Test] = []
        for name in (*DAYS, *MOMENTS):
            at: date | None = call.query.day(name) if name in DAYS else call.query.moment(name)
            if at is None:
                continue
            edge = stamp(at) if isinstance(at, datetime) else at.isoformat()
            field = {"modified": "modifiedTime", "bookingTime": "bookingTime"}.get(base := _base(name), base)
            tests.append(_within(field, name, edge))
        return tests


def _base(name: str) -> str:
    return name.removesuffix("From").removesuffix("To")


def _within(field: str, name: str, edge: str) -> Test:
    if name.endswith("From"):
        return lambda booking: bool(booking.fields[field] >= edge)
    if name.endswith("To"):
        return lambda booking: bool(booking.fields[field] <= edge)
    return lambda booking: bool(booking.fields[field] == edge)


def _mentions(booking: Booking, wanted: str) -> bool:
    have = booking.fields
    name = f"{have['firstName']} {have['lastName']}".lower()
    return (
        wanted in name or wanted in have["email"].lower() or wanted in (have["apiReference"].lower(), str(have["id"]))
    )
