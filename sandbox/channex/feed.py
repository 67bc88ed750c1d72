"""The feed of unacknowledged revisions, acknowledgement, and reads of bookings."""

from __future__ import annotations

import copy
from itertools import islice
from typing import Any

from sandbox.channex import views
from sandbox.channex.bookings import Bookings
from sandbox.channex.errors import Refused
from sandbox.channex.lists import listing, paging
from sandbox.channex.state import Booking, Revision, World
from sandbox.web import Request, Response, Router, answer

FIELDS = {"arrival_date", "departure_date", "inserted_at", "status", "unique_id", "ota_reservation_code"}


class Feed:
    """The revision and booking endpoints that read."""

    def __init__(self, world: World, bookings: Bookings) -> None:
        self.world = world
        self.bookings = bookings

    def routes(self, router: Router, base: str) -> None:
        """Add them under the API's base path."""
        router.add("GET", f"{base}/booking_revisions/feed", self.feed)
        router.add("GET", f"{base}/booking_revisions", self.revisions)
        router.add("GET", f"{base}/booking_revisions/<id>", self.revision)
        router.add("POST", f"{base}/booking_revisions/<id>/ack", self.ack)
        router.add("GET", f"{base}/bookings", self.all_bookings)
        router.add("GET", f"{base}/bookings/<id>", self.booking)

    def feed(self, request: Request) -> Response:
        """Unacknowledged revisions, oldest first unless asked otherwise; paging is by offset over what is left."""
        page, limit = paging(request)
        property_id = request.query.get("filter[property_id]")
        queue = self.world.unacked
        if property_id:
            request.property_ids.add(property_id)
            queue = self.world.unacked_of.get(property_id, type(queue)())
        direction = request.query.get("order[inserted_at]", "asc")
        ids = reversed(queue) if direction == "desc" else iter(queue)
        start = (page - 1) * limit
        found = [self.world.revisions[each] for each in islice(ids, start, start + limit)]
        for revision in found:
            if revision.served_at is None:
                self.bookings.start_timer(revision)
                self.world.changed()
        meta = {
            "page": page, "limit": limit, "total": len(queue), "order_by": "inserted_at", "order_direction": direction,
        }  # fmt: skip
        return answer({"data": [views.revision(each) for each in found], "meta": meta})

    def revisions(self, request: Request) -> Response:
        """Every revision."""
        rows = [each for each in self.world.revisions.values() if each.published]
        filters = frozenset(("property_id", "booking_id", *FIELDS))
        return listing(request, rows, views.revision, self._revision_key, "inserted_at", filters=filters)

    def _revision_key(self, row: Revision, name: str) -> Any:
        return row.id if name == "id" else row.attributes.get(name)

    def revision(self, request: Request) -> Response:
        """One revision, acknowledged or not."""
        revision = self.world.revision(request.params["id"])
        request.property_ids.add(revision.property_id)
        return answer({"data": views.revision(revision)})

    def ack(self, request: Request) -> Response:
        """The client has it safe: it leaves the feed for good. Doing it again changes nothing."""
        revision = self.world.revision(request.params["id"])
        request.property_ids.add(revision.property_id)
        if not revision.acked:
            revision.acked = True
            self.bookings.leave_feed(revision)
            self.world.changed()
        return answer(views.SUCCESS)

    def all_bookings(self, request: Request) -> Response:
        """Bookings in their latest state, newest first; `inserted_at` is the latest revision's, as shown."""
        property_id = request.query.get("filter[property_id]")
        if property_id:
            request.property_ids.add(property_id)
        rows = [
            each
            for each in self.world.bookings.values()
            if any(self.world.revisions[revision].published for revision in each.revisions)
        ]

        def key(row: Booking, name: str) -> Any:
            return row.property_id if name == "property_id" else self.world.latest(row).attributes.get(name)

        filters = frozenset(("property_id", *FIELDS))
        return listing(request, rows, lambda row: views.booking(self.world, row), key, "inserted_at", True, filters)

    def booking(self, request: Request) -> Response:
        """One booking in its latest state."""
        booking = self.world.booking(request.params["id"])
        request.property_ids.add(booking.property_id)
        return answer({"data": views.booking(self.world, booking)})


class Reports:
    """What a hotel may report about a Booking.com booking, and the message endpoints nobody installed."""

    def __init__(self, world: World, bookings: Bookings) -> None:
        self.world = world
        self.bookings = bookings

    def routes(self, router: Router, base: str) -> None:
        """Add them under the API's base path."""
        router.add("POST", f"{base}/bookings/<id>/no_show", self.report)
        router.add("POST", f"{base}/bookings/<id>/invalid_card", self.report)
        router.add("POST", f"{base}/bookings/<id>/cancel_due_invalid_card", self.cancel)
        for method in ("GET", "POST"):
            router.add(method, f"{base}/bookings/<id>/messages", self.not_installed)

    def report(self, request: Request) -> Response:
        """Noted, when the booking is Booking.com's."""
        self._own(request)
        return answer(views.SUCCESS)

    def cancel(self, request: Request) -> Response:
        """Cancel a booking whose card failed."""
        booking = self._own(request)
        attributes = fresh_copy(self.world.latest(booking))
        self.bookings.record(booking.property_id, "cancelled", attributes, booking_id=booking.id)
        return answer(views.SUCCESS)

    def not_installed(self, request: Request) -> Response:
        """Messages need an application that is not installed here."""
        raise Refused(403)

    def _own(self, request: Request) -> Booking:
        booking = self.world.booking(request.params["id"])
        request.property_ids.add(booking.property_id)
        if not booking.unique_id.startswith("BDC-"):
            raise Refused(422, code="method_not_supported")
        return booking


def fresh_copy(revision: Revision) -> dict[str, Any]:
    """A revision's attributes, to be changed into the next revision of the booking."""

    return {
        name: copy.deepcopy(value)
        for name, value in revision.attributes.items()
        if name not in ("inserted_at", "system_id", "raw_message")
    }
