"""The simulated Beds24 put together: one world, its API under two bases, its controls."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from typing import Any

from sandbox.beds24 import errors, persist
from sandbox.beds24.booking_reads import BookingReads
from sandbox.beds24.booking_writes import BookingWrites
from sandbox.beds24.bookings import Bookings
from sandbox.beds24.calendar_writes import CalendarWrites
from sandbox.beds24.calls import Call
from sandbox.beds24.credits import Credits
from sandbox.beds24.errors import Refused
from sandbox.beds24.hooks import Hooks
from sandbox.beds24.inventory import Inventory
from sandbox.beds24.items import Items
from sandbox.beds24.messages import Messages
from sandbox.beds24.ota import Ota
from sandbox.beds24.properties import Properties
from sandbox.beds24.provision import Provision
from sandbox.beds24.quirks import Quirks
from sandbox.beds24.sim import Sim
from sandbox.beds24.state import World
from sandbox.beds24.tokens import Tokens
from sandbox.clock import Clock
from sandbox.web import BadBody, Handler, Request, Response, Router

BASE = re.compile(r"^(?:/api)?/v2(?=/|$)")
NUMBERS = re.compile(rb"\d{6,9}")
PAUSE = threading.Event()


class Beds24:
    """A whole Beds24."""

    prefixes: tuple[str, ...] = ("/api/v2/", "/v2/")

    def __init__(self, clock: Clock) -> None:
        self.world = World(clock)
        self.credits = Credits(self.world)
        self.tokens = Tokens(self.world, self.credits)
        self.quirks = Quirks()
        self.hooks = Hooks(self.world)
        self.bookings = Bookings(self.world)
        self.bookings.tell = self.hooks.tell
        self.messages = Messages(self.world, self.bookings)
        self.items = Items(self.world)
        self.ota = Ota(self.world, self.bookings, self.items)
        self.inventory = Inventory(self.world, CalendarWrites(self.world, self.quirks))
        self.router = Router()
        self._routes()
        provision = Provision(self.world, self.tokens, self.bookings, self.items, self.ota)
        self.sim = Sim(self, provision)
        self.controls = Router()
        self.sim.routes(self.controls)

    def _routes(self) -> None:
        for method, path, free in (
            ("GET", "/authentication/setup", self.tokens.setup), ("GET", "/authentication/token", self.tokens.refresh),
            ("DELETE", "/authentication/token", self.tokens.revoke),
            ("GET", "/authentication/details", self.tokens.details),
        ):  # fmt: skip
            self.router.add(method, path, free)
        reads, inventory, properties = BookingReads(self.world), self.inventory, Properties(self.world)
        writes = BookingWrites(self.world, self.bookings, self.items, self.quirks)
        table: tuple[tuple[str, str, str, Callable[[Call], Response]], ...] = (
            ("GET", "/bookings", "bookings", reads.index),
            ("POST", "/bookings", "bookings", writes.write),
            ("DELETE", "/bookings", "bookings", writes.delete),
            ("GET", "/bookings/messages", "bookings-personal", self.messages.index),
            ("POST", "/bookings/messages", "bookings-personal", self.messages.write),
            ("PATCH", "/bookings/messages", "bookings-personal", self.messages.mark),
            ("GET", "/bookings/invoices", "bookings-financial", self.messages.invoices),
            ("GET", "/inventory/rooms/calendar", "inventory", inventory.calendar),
            ("POST", "/inventory/rooms/calendar", "inventory", inventory.write),
            ("GET", "/inventory/rooms/availability", "inventory", inventory.availability),
            ("GET", "/inventory/rooms/offers", "inventory", inventory.offers),
            ("GET", "/inventory/rooms/unitBookings", "inventory", inventory.unit_bookings),
            ("GET", "/accounts", "accounts", properties.accounts),
            ("GET", "/properties", "properties", properties.index),
            ("POST", "/properties", "properties", properties.write),
        )
        for method, path, category, act in table:
            self.router.add(method, path, self._guarded(path, category, act))

    def _guarded(self, path: str, category: str, act: Callable[[Call], Response]) -> Handler:
        """An endpoint behind token, scope and credits. What is refused with a 400 costs nothing."""

        def handle(request: Request) -> Response:
            token = self.tokens.admit(request, category)
            self.credits.check(token.owner_id)
            call = Call(self.world, request, token, path)
            response = act(call)
            if request.method == "GET":
                response = self.quirks.of_read(path, request.target, response)
            response.headers = {**response.headers, **self.credits.charge(token.owner_id, round(call.cost, 2))}
            return response

        return handle

    def handle(self, request: Request) -> Response:
        """Answer one API request."""
        handler = self.locate(request)
        try:
            if handler is None:
                raise Refused(404)
            token = self.tokens.find(request.headers.get("token"), "access", "long")
            if token is None:
                return self._work(handler, request)
            with self.credits.under_way(token.owner_id):
                return self._work(handler, request)
        except Refused as refusal:
            headers = self.error_headers(refusal.status, request)
            return Response(refusal.status, errors.body(refusal.status, refusal.error), headers)
        except BadBody as error:
            return Response(400, errors.body(400, str(error)), self.error_headers(400, request))

    def _work(self, handler: Handler, request: Request) -> Response:
        seconds = float(self.world.switches["answer_seconds"])
        if seconds:
            PAUSE.wait(seconds)
        with self.world.lock:
            return handler(request)

    def error_headers(self, status: int, request: Request) -> dict[str, str]:
        """The meter that goes with an error, where the account is known: no cost, and no Retry-After on a 429."""
        token = self.tokens.find(request.headers.get("token"), "access", "long")
        if token is None or status not in (400, 429) or "/authentication/" in request.path:
            return {}
        return self.credits.headers(token.owner_id)

    def error_body(self, status: int, details: dict[str, Any] | None) -> bytes:
        """The body of an error made on purpose."""
        return errors.body(status, details)

    def locate(self, request: Request) -> Handler | None:
        """The handler of a request, with its `endpoint` filled in."""
        return self.router.find(request, BASE.sub("", request.path))

    def mentioned(self, request: Request) -> set[str]:
        """The properties a request names, be it by a room type or a booking."""
        numbers = NUMBERS.findall(request.body) + NUMBERS.findall(request.query_string.encode())
        world, named = self.world, {int(each) for each in numbers}
        with world.lock:
            found = named & world.properties.keys()
            found |= {world.rooms[each].property_id for each in named & world.rooms.keys()}
            found |= {world.bookings[each].fields["propertyId"] for each in named & world.bookings.keys()}
        return {str(each) for each in found}

    def control(self, request: Request, path: str) -> Response | None:
        """Answer one control request; None when it is not one of these."""
        handler = self.controls.find(request, path)
        if handler is None:
            return None
        with self.world.lock:
            return handler(request)

    def tick(self) -> None:
        """Nothing happens here by the hour: what expires is found out when it is used."""

    def stop(self) -> None:
        """Send no more webhooks."""
        self.hooks.sender.stop()

    def reset(self) -> None:
        """A new account: nothing in it, every switch at its default."""
        with self.world.lock:
            self.hooks.clear()
            self.credits.clear()
            self.quirks.clear()
            self.world.switches.reset()
            self.world.clear()

    def dump(self) -> bytes:
        """Everything, as JSON."""
        with self.world.lock:
            return persist.dump(self.world, self.hooks.dump(), self.credits.dump())

    def load(self, document: dict[str, Any]) -> None:
        """Take up where a dump left off."""
        with self.world.lock:
            persist.load(self.world, document)
            self.credits.load(document["meters"])
            self.hooks.sender.restore(document["deliveries"])

    def version(self) -> object:
        """Changes whenever a dump would."""
        return self.world.version, self.hooks.sender.finished, self.credits.counted
