"""Properties, room types, units and price rules: read, and changed by an array of items."""

from __future__ import annotations

from collections import Counter
from typing import Any

from sandbox.beds24.calendar import Nights
from sandbox.beds24.calls import Call, Verdict
from sandbox.beds24.state import Property, Room, World
from sandbox.beds24.words import BadField, text, whole
from sandbox.web import Response, answer

PAGE = 100
WEBHOOKS = {"version": "one", "url": "", "additionalData": "none", "customHeader": ""}
WEBHOOK_WORDS = {
    "version": ("one", "twoNoPersonalData", "twoWithPersonalData"),
    "additionalData": ("none", "CVC", "token", "CVCAndToken"),
}
PLACE = {
    "name": "", "propertyType": "hotel", "currency": "EUR", "address": "", "city": "", "state": "", "country": "",
    "postcode": "", "latitude": None, "longitude": None, "phone": "", "email": "", "checkInStart": "15:00",
    "checkInEnd": "22:00", "checkOutEnd": "11:00", "offerType": "perRoom",
}  # fmt: skip
ROOM: dict[str, Any] = {
    "name": "", "roomType": "double", "qty": 1, "minPrice": 0, "maxPeople": 2, "maxAdult": None, "maxChildren": None,
    "minStay": 1, "maxStay": 365, "rackRate": 0, "cleaningFee": 0, "securityDeposit": 0, "unitAllocation": "perBooking",
    "overbookingProtection": "room", "restrictionStrategy": "stayThrough", "blockAfterCheckOutDays": 0,
}  # fmt: skip
BOUNDS = {"qty": (1, 99), "maxPeople": (1, 99), "maxAdult": (0, 99), "maxChildren": (0, 99), "minStay": (1, 365),
          "maxStay": (1, 365)}  # fmt: skip
NULL_ALLOWED = frozenset(("maxAdult", "maxChildren", "minStay", "maxStay", "latitude", "longitude"))


class Properties:
    """The property endpoints, and what the controls build hotels with."""

    def __init__(self, world: World) -> None:
        self.world = world

    def index(self, call: Call) -> Response:
        """Properties the token reaches. Room types come only with `includeAllRooms`."""
        ids, rooms = set(call.query.numbers("id")), set(call.query.numbers("roomId"))
        holders = {self.world.rooms[each].property_id for each in rooms if each in self.world.rooms}
        includes = call.query.flags("includeAllRooms", "includeUnitDetails", "includePriceRules", "includeOffers")
        rows = []
        for place in self.world.properties.values():
            if not call.sees(place) or (ids and place.id not in ids) or (rooms and place.id not in holders):
                continue
            if ids or rooms:
                call.mention(place.id)
            rows.append(self.view(place, includes))
        response, _ = call.listing("property", rows, PAGE)
        call.cost = 1 + 0.1 * len(includes)
        return response

    def view(self, place: Property, includes: set[str]) -> dict[str, Any]:
        """A property as a read shows it."""
        statuses = [{"text": "Clean", "color": "00ff00"}, {"text": "Dirty", "color": "ff0000"}]
        shape: dict[str, Any] = {
            "id": place.id, **place.attributes, "account": {"ownerId": place.owner_id, "unitStatuses": statuses},
            "webhooks": dict(place.webhooks),
        }  # fmt: skip
        if "includeAllRooms" in includes:
            shape["roomTypes"] = [self._room(room, includes) for room in self.world.rooms_of(place.id)]
        return shape

    def _room(self, room: Room, includes: set[str]) -> dict[str, Any]:
        blank = {**{f"name{n}": "" for n in range(2, 9)}, "statusColor": "", "statusText": "", "note": ""}
        detailed = "includeUnitDetails" in includes
        units = [{**blank, **each} if detailed else {"id": each["id"], "name": each["name"]} for each in room.units]
        shape = {"id": room.id, "propertyId": room.property_id, **room.attributes, "units": units}
        if "includePriceRules" in includes:
            shape["priceRules"] = room.price_rules
        if "includeOffers" in includes:
            numbers = sorted({rule["offer"] for rule in room.price_rules})
            shape["offers"] = [
                {"offerId": each, "enable": "always", "name": f"Offer {each}", "position": each, "minimumStay": 1,
                 "bookingType": "default", "allowCancellation": {"type": "propertyDefault"}}
                for each in numbers
            ]  # fmt: skip
        return shape

    def accounts(self, call: Call) -> Response:
        """The token's account; with `includeUsage` how much it has, and how many properties each channel is on."""
        places = [each for each in self.world.properties.values() if call.sees(each)]
        row: dict[str, Any] = {"id": call.token.owner_id, "username": f"owner{call.token.owner_id}"}
        if call.query.flag("includeUsage"):
            rooms = [room for place in places for room in self.world.rooms_of(place.id)]
            links = Counter(channel for place in places for channel in place.channels)
            row["usage"] = {
                "numProperties": len(places), "numRoomTypes": len(rooms), "numRooms": sum(room.qty for room in rooms),
                "numLinks": sum(links.values()), "channelLinks": dict(links),
            }  # fmt: skip
        return call.listing("account", [row], PAGE)[0]

    def write(self, call: Call) -> Response:
        """Create (no `id`) or change properties, with their nested rooms and webhook settings."""
        return answer([self._item(call, each) for each in call.items()], 201)

    def _item(self, call: Call, given: Any) -> dict[str, Any]:
        verdict = Verdict("new property" if isinstance(given, dict) and "id" not in given else "modify property")
        if not isinstance(given, dict):
            verdict.refuse("property")
            return verdict.view()
        place = call.property(given.get("id")) if "id" in given else None
        if "id" in given and place is None:
            verdict.refuse("id")
            return verdict.view()
        try:
            attributes = {name: _attribute(name, given[name]) for name in PLACE if name in given}
        except BadField as error:
            verdict.refuse(str(error))
            return verdict.view()
        if place is None:
            place = self.make(call.token.owner_id, attributes)
            call.mention(place.id)
            verdict.new = {"id": place.id, **attributes}
            done = verdict.new
        else:
            place.attributes |= attributes
            done = dict(attributes)
        self._nested(call, place, given, verdict, done)
        if "id" in given and done:
            verdict.modified = done
        self.world.changed()
        return verdict.view()

    def _nested(
        self, call: Call, place: Property, given: dict[str, Any], verdict: Verdict, done: dict[str, Any]
    ) -> None:
        if isinstance(given.get("webhooks"), dict):
            saved = self._webhooks(place, given["webhooks"], verdict)
            if saved:
                done["webhooks"] = saved
        rooms = [self._write_room(place, each, verdict) for each in given.get("roomTypes") or []]
        if any(rooms):
            done["roomTypes"] = [each for each in rooms if each]

    def _webhooks(self, place: Property, given: dict[str, Any], verdict: Verdict) -> dict[str, str]:
        saved = {}
        for name in WEBHOOKS:
            if name not in given:
                continue
            value = given[name]
            if not isinstance(value, str) or value not in WEBHOOK_WORDS.get(name, (value,)):
                # Seen live: a refusal with a warning, no error, and neither action nor success.
                verdict.warnings.append({"field": f"webhooks_{name}", "message": "Invalid"})
                verdict.failed = True
                continue
            place.webhooks[name] = value
            saved[name] = value
        return saved

    def _write_room(self, place: Property, given: Any, verdict: Verdict) -> dict[str, Any] | None:
        room = self.world.rooms.get(given.get("id") or 0) if isinstance(given, dict) else None
        if not isinstance(given, dict) or ("id" in given and (room is None or room.property_id != place.id)):
            verdict.refuse("roomTypes")
            return None
        try:
            attributes = {name: _attribute(name, given[name]) for name in ROOM if name in given}
        except BadField as error:
            verdict.refuse(f"roomTypes_{error}")
            return None
        if room is None:
            room = self.make_room(place, attributes)
            return {"id": room.id, **attributes}
        room.attributes |= attributes
        self._fit_units(room)
        for unit in given.get("units") or []:
            known = next((each for each in room.units if each["id"] == unit.get("id")), None)
            if known:
                known |= {name: str(value) for name, value in unit.items() if name != "id"}
        for rule in given.get("priceRules") or []:
            slot = next((each for each in room.price_rules if each["id"] == rule.get("id")), None)
            if slot is None:
                verdict.warn("priceRules", "price rules can be edited, not created")
            else:
                slot |= {name: value for name, value in rule.items() if name != "id"}
        return {"id": room.id, **attributes}

    def make(self, owner_id: int, attributes: dict[str, Any], timezone: str = "UTC") -> Property:
        """A property without rooms."""
        place = Property(self.world.new_id("property"), owner_id, {**PLACE, **attributes}, dict(WEBHOOKS), timezone)
        self.world.properties[place.id] = place
        self.world.changed()
        return place

    def make_room(self, place: Property, attributes: dict[str, Any]) -> Room:
        """A room type with its units numbered from 1 and one price rule."""
        room = Room(
            self.world.new_id("room"), place.id, {**ROOM, **attributes}, [], [price_rule(1, "Standard")], Nights()
        )
        self._fit_units(room)
        self.world.rooms[room.id] = room
        self.world.changed()
        return room

    def _fit_units(self, room: Room) -> None:
        del room.units[room.qty :]
        for number in range(len(room.units) + 1, room.qty + 1):
            room.units.append({"id": number, "name": str(100 + number)})


def _attribute(name: str, value: Any) -> Any:
    """A property's or room's attribute as it is stored. Raises BadField with its name."""
    if value is None and name in NULL_ALLOWED:
        return None
    try:
        if name in BOUNDS:
            return whole(value, *BOUNDS[name])
        if isinstance(({**PLACE, **ROOM})[name], str):
            return text(value, 255)
    except BadField as error:
        raise BadField(name) from error
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise BadField(name)
    return value


def price_rule(slot: int, name: str, **more: Any) -> dict[str, Any]:
    """A price rule: slot 1 to 16, switched on for no channel."""
    return {
        "id": slot, "name": name, "priceFor": {"type": "maxCapacity", "upToPersonValue": None}, "extraPerson": 0,
        "extraChild": 0, "minimumStay": 1, "maximumStay": 365, "offer": min(slot, 16), "minDaysUntilCheckin": 0,
        "maxDaysUntilCheckin": 999, "color": "", "bookingPage": True, "channels": {},
        "priceLinking": {"roomId": None, "priceId": None, "offsetMultiplier": 1, "offsetAmount": 0}, **more,
    }  # fmt: skip
