"""The controls of the simulated Beds24 under /_sim/beds24: no token, and no part of what a client may depend on."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from sandbox.beds24 import ledger
from sandbox.beds24.bookings import view
from sandbox.beds24.calls import Verdict
from sandbox.beds24.inventory import INCLUDES
from sandbox.beds24.provision import Provision
from sandbox.beds24.quirks import read_quirk
from sandbox.beds24.state import Booking, Property
from sandbox.faults import BadFault
from sandbox.stay import NotSold
from sandbox.switches import UnknownSwitch
from sandbox.web import Request, Response, Router, answer

if TYPE_CHECKING:
    from sandbox.beds24.app import Beds24

EVERYTHING = {"includeInvoiceItems", "includeInfoItems", "includeGuests", "includeBookingGroup"}


class Sim:
    """Drills: hotels, guests, calendars, credentials, switches."""

    def __init__(self, beds24: Beds24, provision: Provision) -> None:
        self.beds24 = beds24
        self.world = beds24.world
        self.provision = provision

    def routes(self, router: Router) -> None:
        """Add the controls, below /_sim/beds24."""
        ota = self.beds24.ota
        router.add("GET", "/switches", lambda request: answer(self.world.switches.all()))
        router.add("POST", "/switches", self.switches)
        router.add("POST", "/provision", self.build)
        router.add("POST", "/seed", lambda request: answer(self.provision.seed(), 201))
        router.add("POST", "/invite", lambda request: answer(self.provision.invite(request.json()), 201))
        router.add("POST", "/tokens/expire", self.expire)
        router.add("GET", "/credits", lambda request: answer({"accounts": self.beds24.credits.view()}))
        router.add("POST", "/credits", self.spend)
        router.add("GET", "/properties", self.places)
        router.add("POST", "/properties/<id>/channels", self.connect)
        router.add("GET", "/calendar/<id>", self.calendar)
        router.add("POST", "/calendar/<id>", self.edit_calendar)
        router.add("POST", "/bookings", lambda request: self._many(self.provision.bulk(request.json())))
        router.add("POST", "/panel", self.enter)
        router.add("GET", "/panel/<id>", self.show)
        router.add("POST", "/panel/<id>", self.edit)
        router.add("DELETE", "/panel/<id>", self.remove)
        router.add("POST", "/bookings/<id>/redeliver", self.redeliver)
        router.add("GET", "/ledger", self.ledger)
        router.add("GET", "/deliveries", self.deliveries)
        router.add("GET", "/quirks", lambda request: self._quirks())
        router.add("POST", "/quirks", self.misbehave)
        router.add("DELETE", "/quirks", self.behave)
        for verb, act in (("book", ota.book), ("modify", ota.modify), ("cancel", ota.cancel)):
            router.add("POST", f"/ota/<id>/{verb}", self._trade(act))
        router.add("POST", "/ota/<id>/message", self.message)

    def switches(self, request: Request) -> Response:
        """Turn switches."""
        try:
            self.world.switches.turn(request.json())
        except UnknownSwitch as error:
            return answer({"error": str(error)}, 422)
        self.beds24.hooks.sender.wake()
        self.world.changed()
        return answer(self.world.switches.all())

    def build(self, request: Request) -> Response:
        """Hotels from a description, and an invite code for their account."""
        made = [self.provision.property(each) for each in request.json().get("properties") or []]
        owner = {"owner_id": made[0]["owner_id"]} if made else {}
        return answer({"properties": made, **self.provision.invite({**owner, "linked": True})}, 201)

    def places(self, request: Request) -> Response:
        """Every property with its room types and price slots."""
        made = []
        for place in self.world.properties.values():
            rooms = [self.provision.shape(room) for room in self.world.rooms_of(place.id)]
            made.append({"id": place.id, "title": place.attributes["name"], "owner_id": place.owner_id,
                         "channels": place.channels, "room_types": rooms})  # fmt: skip
        return answer({"properties": made})

    def expire(self, request: Request) -> Response:
        """Make credentials of one kind (`access` unless said) useless at once, as a revocation does."""
        kind = str(request.json().get("kind") or "access")
        gone = [token.id for token in self.world.tokens.values() if token.kind == kind]
        for token_id in gone:
            del self.world.tokens[token_id]
        self.world.changed()
        return answer({"expired": len(gone)})

    def spend(self, request: Request) -> Response:
        """Leave only `left` credits in the running window: `{owner_id, left}`; `limit` sets an account's budget."""
        given = request.json()
        account = self.world.account(given.get("owner_id"))
        if given.get("limit"):
            account.credit_limit = float(given["limit"])
            self.world.changed()
        if "left" in given:
            self.beds24.credits.exhaust(account.id, float(given["left"]))
        return answer({"accounts": self.beds24.credits.view()})

    def _property(self, request: Request) -> Property:
        number = request.params["id"]
        place = self.world.properties.get(int(number)) if number.isdecimal() else None
        if place is None:
            raise BadFault(f"there is no property {number}")
        return place

    def connect(self, request: Request) -> Response:
        """Connect an OTA (`code`) to a property and switch every price slot on for it."""
        place, channel = self._property(request), self.provision.channel(request.json().get("code"))
        place.channels = sorted({*place.channels, channel})
        for room in self.world.rooms_of(place.id):
            for rule in room.price_rules:
                rule["channels"][channel] = {"enabled": True, "rateCode": f"R{room.id}"}
        self.world.changed()
        return answer({"id": place.id, "channels": place.channels}, 201)

    def calendar(self, request: Request) -> Response:
        """The whole calendar of a property, `first` to `last`, both included; 30 nights from today unless asked."""
        place = self._property(request)
        today = self.world.today(place.id)
        first = date.fromisoformat(request.query.get("first") or today.isoformat())
        last = date.fromisoformat(request.query.get("last") or (first + timedelta(days=29)).isoformat())
        rooms = [
            {"roomId": room.id, "name": room.attributes["name"], "qty": room.qty,
             "free": self.world.free(room, first.toordinal(), last.toordinal()),
             "calendar": self.beds24.inventory.ranges(room, first.toordinal(), last.toordinal(), set(INCLUDES))}
            for room in self.world.rooms_of(place.id)
        ]  # fmt: skip
        return answer({"property_id": place.id, "first": first.isoformat(), "last": last.isoformat(), "rooms": rooms})

    def edit_calendar(self, request: Request) -> Response:
        """Change ranges behind the client's back: `{ranges: [{roomId, from, to, ...}]}`; no credits, no journal."""
        place, verdict, changed = self._property(request), Verdict("edit"), 0
        for each in request.json().get("ranges") or []:
            room = self.world.rooms.get(each.get("roomId") or 0)
            if room is None or room.property_id != place.id:
                raise BadFault("roomId is no room type of this property")
            changed += self.beds24.inventory.writes.range(room, each, verdict) is not None
        return answer({"changed": changed, **verdict.view()})

    def enter(self, request: Request) -> Response:
        """A booking as somebody makes it in the control panel."""
        booking_id = self.provision.raw(request.json())
        return answer({"booking_id": booking_id}, 201)

    def _booking(self, request: Request) -> Booking:
        number = request.params["id"]
        booking = self.world.bookings.get(int(number)) if number.isdecimal() else None
        if booking is None:
            raise BadFault(f"there is no booking {number}")
        return booking

    def show(self, request: Request) -> Response:
        """A booking as it really is, whatever reads say."""
        return answer(view(self.world, self._booking(request), EVERYTHING))

    def edit(self, request: Request) -> Response:
        """Change a booking in the control panel; `fields` sets what the API cannot."""
        self.provision.edit(self._booking(request).id, request.json())
        return self.show(request)

    def remove(self, request: Request) -> Response:
        """Delete a booking in the control panel: it is gone from every read, and no webhook tells."""
        booking = self._booking(request)
        self.beds24.bookings.delete(booking)
        return answer({"deleted": booking.id})

    def redeliver(self, request: Request) -> Response:
        """Queue a booking's webhook again."""
        return answer({"listeners": self.beds24.hooks.again(self._booking(request))})

    def ledger(self, request: Request) -> Response:
        """Every booking, the OTAs' own books, and which nights are oversold."""
        asked = request.query.get("property_id")
        place = int(asked) if asked else None
        books = [each for each in self.world.ledger.values() if place in (None, each["property_id"])]
        rows = ledger.entries(self.world, place)
        return answer({"bookings": rows, "sold": books, "oversold": ledger.oversold(self.world, place)})

    def deliveries(self, request: Request) -> Response:
        """Webhook deliveries with every attempt."""
        sender = self.beds24.hooks.sender
        return answer({"deliveries": sender.log(None, request.query.get("property_id")), **sender.waiting()})

    def misbehave(self, request: Request) -> Response:
        """`{kind: refuse|no_effect|warn|stale, path, room_ids, field, message, times}`."""
        return answer(self.beds24.quirks.add(read_quirk(request.json())).view(), 201)

    def behave(self, request: Request) -> Response:
        """End all of that."""
        self.beds24.quirks.clear()
        return self._quirks()

    def _quirks(self) -> Response:
        return answer({"quirks": [each.view() for each in self.beds24.quirks.rules()]})

    def _many(self, made: list[dict[str, Any]]) -> Response:
        return answer({"count": len(made), "bookings": made}, 201)

    def message(self, request: Request) -> Response:
        """A guest writes: `{booking_id or code, message}`."""
        place, given = self._property(request), request.json()
        try:
            _, rooms = self.beds24.ota.find(place, given)
        except NotSold as refusal:
            return answer({"sent": False, "reason": refusal.reason}, 409)
        return answer(self.beds24.messages.add(rooms[0], str(given.get("message") or "Hello"), "guest"), 201)

    def _trade(self, act: Callable[[Property, dict[str, Any]], list[Booking]]) -> Callable[[Request], Response]:
        def handle(request: Request) -> Response:
            place = self._property(request)
            try:
                return answer(receipt(act(place, request.json())), 201)
            except NotSold as refusal:
                return answer({"sold": False, "reason": refusal.reason, "detail": refusal.detail}, 409)

        return handle


def receipt(rooms: list[Booking]) -> dict[str, Any]:
    """What the OTA tells its guest."""
    have = rooms[0].fields
    return {
        "sold": True, "code": have["apiReference"], "booking_id": rooms[0].id,
        "booking_ids": [each.id for each in rooms], "status": have["status"], "channel": have["channel"],
        "room_id": have["roomId"], "check_in": have["arrival"], "check_out": have["departure"],
        "amount": sum(each.fields["price"] for each in rooms),
    }  # fmt: skip
