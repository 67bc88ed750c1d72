"""Whole hotels in one call, the documented seed, and bookings in bulk."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Any

from sandbox.beds24.bookings import Bookings
from sandbox.beds24.calls import Verdict
from sandbox.beds24.items import Items
from sandbox.beds24.ota import Ota
from sandbox.beds24.properties import PLACE, ROOM, Properties, price_rule
from sandbox.beds24.state import Property, Room, World
from sandbox.beds24.tokens import EVERY_SCOPE, INVITE_SECONDS, Tokens
from sandbox.beds24.words import CHANNELS, SLUGS, STATUSES, WRITABLE, BadField, checked
from sandbox.faults import BadFault
from sandbox.guests import NAMES
from sandbox.stay import NotSold

OPEN_DAYS = 500
SEED = (
    {"title": "Casa do Exemplo", "currency": "EUR", "timezone": "Europe/Lisbon", "open": True,
     "channels": ["booking", "airbnb"], "room_types": [
         {"title": "Double", "units": 4, "rate_plans": [
             {"title": "Flexible", "rate": 12_000},
             {"title": "Non-refundable", "linked_to": 1, "multiplier": 0.9}]},
         {"title": "Family", "units": 2, "occ": 4, "rate_plans": [{"title": "Flexible", "rate": 18_000}]}]},
    {"title": "Hotel Przykład", "currency": "PLN", "timezone": "Europe/Warsaw", "open": True, "linked": True,
     "channels": ["booking"], "room_types": [
         {"title": "Twin", "units": 3, "rate_plans": [{"title": "Standard", "rate": 30_000}]},
         {"title": "Attic", "units": 1, "rate_plans": [{"title": "Standard"}]}]},
)  # fmt: skip


class Provision:
    """Builds what a drill or a bench needs."""

    def __init__(self, world: World, tokens: Tokens, bookings: Bookings, items: Items, ota: Ota) -> None:
        self.world = world
        self.tokens = tokens
        self.bookings = bookings
        self.items = items
        self.ota = ota
        self.properties = Properties(world)

    def property(self, given: dict[str, Any]) -> dict[str, Any]:
        """A property with rooms and price slots; the ids. `rate` is in hundredths, `open` fills the calendar."""
        account = self.world.account(given.get("owner_id"))
        attributes = {name: given[name] for name in PLACE if name in given}
        attributes |= {"name": str(given.get("title") or given.get("name") or "Hotel")}
        place = self.properties.make(account.id, attributes, str(given.get("timezone") or "UTC"))
        place.linked = bool(given.get("linked"))
        place.channels = [self.channel(each) for each in given.get("channels") or []]
        rooms = [self._room(place, each, bool(given.get("open"))) for each in given.get("room_types") or []]
        return {"id": place.id, "title": attributes["name"], "owner_id": account.id, "room_types": rooms,
                "channels": place.channels}  # fmt: skip

    def channel(self, name: Any) -> str:
        """A channel's slug, also from the code drills use. Raises BadFault."""
        slug = SLUGS.get(str(name), str(name))
        if slug not in CHANNELS:
            raise BadFault(f"there is no channel {name!r}")
        return slug

    def _room(self, place: Property, given: dict[str, Any], is_open: bool) -> dict[str, Any]:
        attributes = {name: given[name] for name in ROOM if name in given}
        attributes |= {"name": str(given.get("title") or "Room"), "qty": int(given.get("units") or 1),
                       "maxPeople": int(given.get("occ") or 2)}  # fmt: skip
        room = self.properties.make_room(place, attributes)
        enabled = {name: {"enabled": True, "rateCode": f"R{room.id}"} for name in place.channels}
        plans = given.get("rate_plans") or [{"title": "Standard", "rate": 10_000}]
        room.price_rules = []
        for at, each in enumerate(plans, 1):
            slot = int(each.get("slot") or at)
            rule = price_rule(slot, str(each.get("title") or f"Price {slot}"), channels=dict(enabled))
            if each.get("linked_to"):
                rule["priceLinking"] = {
                    "roomId": room.id, "priceId": int(each["linked_to"]), "offsetAmount": 0,
                    "offsetMultiplier": float(each.get("multiplier") or 1),
                }  # fmt: skip
            room.price_rules.append(rule)
            if is_open and each.get("rate"):
                self._open(room, slot, int(each["rate"]))
        return self.shape(room)

    def shape(self, room: Room) -> dict[str, Any]:
        """A room type as these controls show it."""
        slots = [{"id": rule["id"], "title": rule["name"]} for rule in room.price_rules]
        return {"id": room.id, "title": room.attributes["name"], "units": room.qty, "price_slots": slots}

    def _open(self, room: Room, slot: int, rate: int) -> None:
        today = self.world.today(room.property_id).toordinal()
        room.nights.price(slot).fill(today, today + OPEN_DAYS, rate)

    def invite(self, given: dict[str, Any]) -> dict[str, Any]:
        """An invite code as a person makes one in the control panel: 24 hours, one exchange, fixed scopes."""
        account = self.world.account(given.get("owner_id"))
        if given.get("credit_limit"):
            account.credit_limit = float(given["credit_limit"])
        kind = "long" if given.get("long_life") else "invite"
        scopes = [str(each) for each in given.get("scopes") or EVERY_SCOPE]
        lives = float(given.get("seconds") or INVITE_SECONDS)
        token = self.tokens.make(
            kind, account.id, scopes, linked=bool(given.get("linked")), only_property=given.get("property_id"),
            addresses=[str(each) for each in given.get("ips") or []], text=given.get("code"),
            expires=None if kind == "long" else self.world.clock.timestamp() + lives,
        )  # fmt: skip
        return {"code" if kind == "invite" else "token": token.id, "owner_id": account.id, "scopes": scopes}

    def seed(self) -> dict[str, Any]:
        """One account: two properties, one of them linked, bookings in every status, a group from an OTA."""
        made = [self.property(each) for each in SEED]
        first = made[0]
        double = first["room_types"][0]["id"]
        for at, status in enumerate(STATUSES):
            self.raw({"roomId": double, "status": status, "firstName": "Ada", "lastName": status.title(),
                      "nights": 2, "days_ahead": 3 + 4 * at, "webhooks": False})  # fmt: skip
        self.ota.book(self.world.properties[first["id"]], {"ota": "booking", "rooms": 2, "nights": 2})
        return {"properties": made, **self.invite({"linked": True})}

    def raw(self, given: dict[str, Any]) -> int:
        """A booking as somebody makes it in the control panel, whatever the calendar says; its id."""
        room = self.world.rooms.get(int(given.get("roomId") or 0))
        if room is None:
            raise BadFault("roomId is no room type")
        fields = self._fields(given)
        arrival = self.world.today(room.property_id) + timedelta(days=int(given.get("days_ahead") or 1))
        fields.setdefault("arrival", arrival.isoformat())
        departure = timedelta(days=int(given.get("nights") or 1))
        fields.setdefault("departure", (type(arrival).fromisoformat(fields["arrival"]) + departure).isoformat())
        fields |= {"roomId": room.id, "referer": "Control panel"}
        booking = self.bookings.create(fields, source="panel", silent=given.get("webhooks") is False)
        self.items.write(booking, given, Verdict("new booking"))
        return booking.id

    def edit(self, booking_id: int, given: dict[str, Any]) -> None:
        """Change a booking as somebody does in the control panel, read-only fields too. Raises BadFault."""
        booking = self.world.bookings.get(booking_id)
        if booking is None:
            raise BadFault(f"there is no booking {booking_id}")
        fields = self._fields(given) | dict(given.get("fields") or {})
        if "roomId" in fields and fields["roomId"] not in self.world.rooms:
            raise BadFault("roomId is no room type")
        self.bookings.change(booking, fields, silent=given.get("webhooks") is False)
        self.items.write(booking, given, Verdict("modify booking"))

    def _fields(self, given: dict[str, Any]) -> dict[str, Any]:
        try:
            return {name: checked(name, value) for name, value in given.items() if name in WRITABLE}
        except BadField as error:
            raise BadFault(str(error)) from error

    def bulk(self, given: dict[str, Any]) -> list[dict[str, Any]]:
        """Many OTA bookings at once, sold whatever the calendar says."""
        dice = random.Random(given.get("seed"))
        wanted = given.get("property_ids") or ([given["property_id"]] if given.get("property_id") else None)
        places = [self.world.properties.get(int(each)) for each in wanted or self.world.properties]
        rooms = [(place, room) for place in places if place for room in self.world.rooms_of(place.id)]
        if not rooms:
            raise BadFault("no property with rooms")
        made = []
        for _ in range(int(given.get("count") or 1)):
            place, room = dice.choice(rooms)
            arrival = self.world.today(place.id) + timedelta(days=dice.randint(1, int(given.get("days_ahead") or 300)))
            name, surname, country, _ = dice.choice(NAMES)
            stay = {
                "ota": given.get("ota") or (dice.choice(place.channels) if place.channels else "booking"),
                "room_type": room.id, "check_in": arrival.isoformat(), "force": True,
                "nights": given.get("nights") or dice.randint(1, 5), "webhooks": given.get("webhooks"),
                "guest": {"firstName": name, "lastName": surname, "country2": country},
            }  # fmt: skip
            try:
                [booking] = self.ota.book(place, stay)
            except NotSold as refusal:
                raise BadFault(str(refusal)) from refusal
            made.append({"booking_id": booking.id, "property_id": place.id, "code": booking.fields["apiReference"]})
        return made
