"""The simulated Channex put together: one world, its API, its timers."""

from __future__ import annotations

import hmac
import re
from typing import Any

from sandbox.channex import errors, persist
from sandbox.channex.airbnb import Airbnb
from sandbox.channex.ari import Ari
from sandbox.channex.ari_reads import AriReads
from sandbox.channex.bookings import Bookings
from sandbox.channex.channels import Channels
from sandbox.channex.crs import Crs
from sandbox.channex.errors import Refused
from sandbox.channex.feed import Feed, Reports
from sandbox.channex.frame import Frame
from sandbox.channex.groups import Groups
from sandbox.channex.hooks import Hooks
from sandbox.channex.limits import Limits
from sandbox.channex.plans import Plans
from sandbox.channex.properties import Properties
from sandbox.channex.retention import warn_and_remove
from sandbox.channex.rooms import Rooms
from sandbox.channex.rules import Rules
from sandbox.channex.sim import Sim
from sandbox.channex.state import World
from sandbox.clock import Clock
from sandbox.web import BadBody, Handler, Request, Response, Router

BASE = "/api/v1"
NAMED = re.compile(rb"property_id[^0-9a-f]{1,6}(?:5D=)?([0-9a-f-]{36})")
PAYLOAD_LIMIT = 10 * 1024 * 1024
# This one calls the client back and waits for it, so it must not hold the world meanwhile.
UNLOCKED = frozenset((f"POST {BASE}/webhooks/test",))


class Channex:
    """A whole Channex. `api_key` None accepts any key that is not empty."""

    prefixes: tuple[str, ...] = ("/api/", "/auth/")

    def __init__(self, clock: Clock, api_key: str | None = None) -> None:
        self.api_key = api_key
        self.world = World(clock)
        self.limits = Limits(clock, self.world.switches)
        self.hooks = Hooks(self.world)
        self.bookings = Bookings(self.world)
        self.channels = Channels(self.world)
        ari = Ari(self.world, self.limits)
        self.properties = Properties(self.world)
        self.router = Router()
        for part in (
            Groups(self.world), self.properties, Rooms(self.world), Plans(self.world), ari, AriReads(self.world),
            Feed(self.world, self.bookings), Reports(self.world, self.bookings), Crs(self.world, self.bookings),
            self.hooks, self.channels, Rules(self.world), Frame(self.world, self.channels),
            Airbnb(self.world, self.channels),
        ):  # fmt: skip
            part.routes(self.router, BASE)
        self.sim = Sim(self.world, self.hooks, self.bookings, self.channels, ari)
        self.controls = Router()
        self.sim.routes(self.controls)
        self.channels.otas.routes(self.controls)
        clock.watch(self.tick)

    def handle(self, request: Request) -> Response:
        """Answer one API request."""
        handler = self.router.find(request)
        try:
            if request.path.startswith(BASE):
                self._admit(request)
            if handler is None:
                raise Refused(404)
            if request.endpoint in UNLOCKED:
                return handler(request)
            with self.world.lock:
                return handler(request)
        except Refused as refusal:
            return self._refusal(refusal)
        except BadBody as error:
            return self._refusal(Refused(400, [str(error)]))

    def _admit(self, request: Request) -> None:
        key = request.headers.get("user-api-key", "")
        right = hmac.compare_digest(key.encode(), self.api_key.encode()) if self.api_key else bool(key)
        if not right:
            raise Refused(401)
        if len(request.body) > PAYLOAD_LIMIT:
            raise Refused(413)

    def _refusal(self, refusal: Refused) -> Response:
        old = self.world.switches["not_found_spelling"] == "not_found"
        body = errors.body(refusal.status, refusal.details, refusal.code, old)
        return Response(refusal.status, body, refusal.headers)

    def control(self, request: Request, path: str) -> Response | None:
        """Answer one control request; None when it is not one of Channex's. `path` is what follows /_sim."""
        handler = self.controls.find(request, f"/_sim{path}")
        if handler is None:
            return None
        try:
            with self.world.lock:
                return handler(request)
        except Refused as refusal:
            return self._refusal(refusal)
        except BadBody as error:
            return self._refusal(Refused(400, [str(error)]))

    def locate(self, request: Request) -> Handler | None:
        """The handler of a request, with its `endpoint` filled in."""
        return self.router.find(request)

    def mentioned(self, request: Request) -> set[str]:
        """The properties a request names, for the journal of calls that were never looked at."""
        named = NAMED.findall(request.body) + NAMED.findall(request.query_string.encode())
        return {each.decode() for each in named} & set(self.world.properties)

    def error_body(self, status: int, details: dict[str, Any] | None) -> bytes:
        """The body of an error made on purpose."""
        return errors.body(status, details)

    def tick(self) -> None:
        """Do what is due: publish, warn about the unacknowledged, remove what was abandoned."""
        with self.world.lock:
            self.bookings.tick()
            places, channels = warn_and_remove(self.world)
            for channel in channels:
                self.channels.remove(channel)
            for place in places:
                self.properties.remove(place)

    def error_headers(self, status: int, request: Request) -> dict[str, str]:
        """The headers of an error made on purpose."""
        return {}

    def stop(self) -> None:
        """Send no more webhooks."""
        self.hooks.sender.stop()

    def reset(self) -> None:
        """A new account: nothing in it, every switch at its default."""
        with self.world.lock:
            self.hooks.sender.clear()
            self.limits.clear()
            self.world.switches.reset()
            self.world.clear()

    def dump(self) -> bytes:
        """Everything, as JSON."""
        with self.world.lock:
            return persist.dump(self.world, self.hooks.sender.pending())

    def load(self, document: dict[str, Any]) -> None:
        """Take up where a dump left off."""
        with self.world.lock:
            self.hooks.sender.restore(persist.load(self.world, document))

    def version(self) -> object:
        """Changes whenever a dump would."""
        return self.world.version, self.hooks.sender.finished
