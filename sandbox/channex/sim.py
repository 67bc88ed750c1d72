"""The controls of the simulated Channex under /_sim: no key, and no part of what a client may depend on."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from sandbox.channex import ledger, views
from sandbox.channex.ari import Ari
from sandbox.channex.ari_reads import AriReads, span
from sandbox.channex.bookings import Bookings
from sandbox.channex.channels import Channels
from sandbox.channex.errors import Refused
from sandbox.channex.hooks import Hooks
from sandbox.channex.ota import Ota
from sandbox.channex.provision import Provision
from sandbox.channex.state import Revision, World
from sandbox.stay import NotSold
from sandbox.switches import UnknownSwitch
from sandbox.web import Request, Response, Router, answer


class Sim:
    """Drills: hotels, bookings, calendars, switches."""

    def __init__(self, world: World, hooks: Hooks, bookings: Bookings, channels: Channels, ari: Ari) -> None:
        self.world = world
        self.hooks = hooks
        self.bookings = bookings
        self.channels = channels
        self.ari = ari
        self.reads = AriReads(world)
        self.ota = Ota(world, bookings)
        self.provisioner = Provision(world, bookings, channels)

    def routes(self, router: Router) -> None:
        """Add the controls."""
        router.add("GET", "/_sim/switches", lambda request: answer(self.world.switches.all()))
        router.add("POST", "/_sim/switches", self.switches)
        router.add("POST", "/_sim/provision", self.provision)
        router.add("POST", "/_sim/properties/<id>/channels", self.connect)
        router.add("POST", "/_sim/channels/<id>/<action>", self.switch_channel)
        router.add("GET", "/_sim/calendar/<id>", self.calendar)
        router.add("POST", "/_sim/calendar/<id>", self.edit_calendar)
        router.add("POST", "/_sim/bookings", self.bulk)
        router.add("POST", "/_sim/revisions", self.raw_revision)
        router.add("POST", "/_sim/revisions/<id>/redeliver", self.redeliver)
        router.add("GET", "/_sim/ledger", self.ledger)
        router.add("GET", "/_sim/deliveries", self.deliveries)
        router.add("POST", "/_sim/events", self.event)
        router.add("GET", "/_sim/feed", self.feed)
        for verb, act in (("book", self.ota.book), ("modify", self.ota.modify), ("cancel", self.ota.cancel)):
            router.add("POST", f"/_sim/ota/<id>/{verb}", self._trade(act))

    def switches(self, request: Request) -> Response:
        """Turn switches."""
        try:
            self.world.switches.turn(request.json())
        except UnknownSwitch as error:
            return answer({"error": str(error)}, 422)
        self.hooks.sender.wake()
        self.world.changed()
        return answer(self.world.switches.all())

    def provision(self, request: Request) -> Response:
        """Hotels from a description."""
        made = [self.provisioner.property(each) for each in request.json().get("properties") or []]
        return answer({"properties": made}, 201)

    def connect(self, request: Request) -> Response:
        """An active channel mapped to every rate plan."""
        given = request.json()
        place = self.world.property(request.params["id"])
        channel = self.provisioner.connect(place, str(given.get("code")), given.get("settings"))
        return answer(views.channel(self.world, channel, detail=True), 201)

    def switch_channel(self, request: Request) -> Response:
        """Activate, deactivate or disconnect a channel as somebody at the OTA would."""
        channel = self.world.channel(request.params["id"])
        action = request.params["action"]
        if action == "activate":
            self.channels.activate(channel)
        elif action == "deactivate":
            self.channels.deactivate(channel)
        elif action == "disconnect":
            channel.is_active = False
            self.channels.tell("disconnect_channel", channel)
        else:
            raise Refused(404)
        return answer(views.channel(self.world, channel))

    def calendar(self, request: Request) -> Response:
        """The whole calendar of a property, `first` to `last`, both included; 30 nights from today unless asked."""
        property_id = self.world.property(request.params["id"]).id
        today = self.world.today(property_id)
        first = request.query.get("first") or today.isoformat()
        last = request.query.get("last") or (today + timedelta(days=29)).isoformat()
        return answer(self.reads.whole(property_id, *span(first, last)))

    def edit_calendar(self, request: Request) -> Response:
        """Change cells behind the client's back: no limit, no journal, and no `ari` event unless `notify`."""
        property_id = self.world.property(request.params["id"]).id
        given = request.json()
        cells = [{**each, "property_id": property_id} for each in given.get("cells") or []]
        wants = self.world.wants
        if not given.get("notify"):
            self.world.wants = lambda event, place: False
        try:
            counts = [
                self.ari.write("restrictions" if "rate_plan_id" in cell else "availability", [cell]) for cell in cells
            ]
        finally:
            self.world.wants = wants
        warnings = [each for _, found in counts for each in found]
        return answer({"changed": sum(count for count, _ in counts), "warnings": warnings})

    def bulk(self, request: Request) -> Response:
        """Many bookings at once."""
        made = self.provisioner.bulk(request.json())
        return answer({"count": len(made), "bookings": made}, 201)

    def raw_revision(self, request: Request) -> Response:
        """Any revision at all: a cancellation before its booking, an old `inserted_at`, nonsense in a field."""
        given = request.json()
        place = self.world.property(str(given.get("property_id")))
        revision = self.bookings.record(
            place.id, str(given.get("status") or "new"), dict(given.get("attributes") or {}),
            booking_id=given.get("booking_id"), source="raw", forced=True,
            announce=bool(given.get("webhooks", True)), adjust=bool(given.get("adjust", False)),
        )  # fmt: skip
        return answer(_receipt(revision), 201)

    def redeliver(self, request: Request) -> Response:
        """Send a revision's webhooks again, and with `feed` put it back into the feed."""
        revision = self.world.revision(request.params["id"])
        given = request.json()
        if given.get("feed"):
            revision.acked, revision.dropped, revision.served_at = False, False, None
            self.bookings.publish(revision, announce=False, adjust=False)
        if given.get("webhooks", True):
            self.bookings.announce(revision)
        self.world.changed()
        return answer(_receipt(revision))

    def ledger(self, request: Request) -> Response:
        """What the OTAs sold, and which nights that oversells."""
        property_id = request.query.get("property_id")
        rows = ledger.entries(self.world, property_id)
        return answer({"bookings": rows, "oversold": ledger.oversold(self.world, property_id)})

    def deliveries(self, request: Request) -> Response:
        """Webhook deliveries with every attempt."""
        rows = self.hooks.sender.log(request.query.get("event"), request.query.get("property_id"))
        return answer({"deliveries": rows, **self.hooks.sender.waiting()})

    def event(self, request: Request) -> Response:
        """Fire any webhook event: `{event, property_id, payload}`."""
        given = request.json()
        self.world.emit(str(given.get("event")), given.get("property_id"), given.get("payload") or {})
        return answer({"listeners": len(self.hooks.listeners(str(given.get("event")), given.get("property_id")))})

    def feed(self, request: Request) -> Response:
        """How many revisions wait to be acknowledged, and the oldest of them."""
        oldest = next(iter(self.world.unacked), None)
        at = self.world.revisions[oldest].attributes["inserted_at"] if oldest else None
        return answer({"unacked": len(self.world.unacked), "oldest": oldest, "oldest_inserted_at": at})

    def _trade(self, act: Callable[[str, dict[str, Any]], Revision]) -> Callable[[Request], Response]:
        def handle(request: Request) -> Response:
            place = self.world.property(request.params["id"])
            try:
                return answer(_receipt(act(place.id, request.json())), 201)
            except NotSold as refusal:
                return answer({"sold": False, "reason": refusal.reason, "detail": refusal.detail}, 409)

        return handle


def _receipt(revision: Revision) -> dict[str, Any]:
    have = revision.attributes
    return {
        "sold": True, "code": have.get("ota_reservation_code"), "unique_id": have.get("unique_id"),
        "booking_id": revision.booking_id, "revision_id": revision.id, "status": have["status"],
        "check_in": have.get("arrival_date"), "check_out": have.get("departure_date"), "amount": have.get("amount"),
        "currency": have.get("currency"),
        "rooms": [
            {name: room.get(name) for name in ("room_type_id", "rate_plan_id", "checkin_date", "checkout_date")}
            for room in have.get("rooms") or [] if isinstance(room, dict)
        ],
    }  # fmt: skip
