"""The OTAs behind Beds24: they sell from the calendar they were sent, and keep books of their own."""

from __future__ import annotations

import random
import string
from dataclasses import dataclass
from datetime import date
from typing import Any

from sandbox.beds24.bookings import Bookings
from sandbox.beds24.calendar import UNSET, money
from sandbox.beds24.items import Items
from sandbox.beds24.state import Booking, Property, Room, World
from sandbox.beds24.stays import check, read_stay
from sandbox.beds24.words import SLUGS, SOURCES
from sandbox.guests import NAMES
from sandbox.stay import NotSold, Stay

COMMISSION = {"booking": 0.15, "expedia": 0.18, "airbnb": 0.03, "agoda": 0.17}


@dataclass(frozen=True, slots=True)
class Offer:
    """A room type at a price slot, its nightly prices in hundredths."""

    room: Room
    slot: int
    prices: list[int]


class Ota:
    """Books, changes and cancels as guests do."""

    def __init__(self, world: World, bookings: Bookings, items: Items) -> None:
        self.world = world
        self.bookings = bookings
        self.items = items
        self.dice = random.Random()

    def book(self, place: Property, given: dict[str, Any]) -> list[Booking]:
        """Sell a stay: a booking per room, several in one group.

        `force` sells whatever the calendar says; `fields` sets any field of the booking, `companions` its guests.
        """
        channel, force = self._channel(place, given), bool(given.get("force"))
        stay = read_stay(given, self.world.today(place.id))
        offer = self._choose(place, channel, given, stay, force)
        code = str(given.get("code") or _code(channel, self.dice))
        guest = self._guest(channel, given)
        made = [self._sell(place, channel, offer, stay, code, guest, given) for _ in range(stay.rooms)]
        self.bookings.group(made)
        self._record(place, channel, code, made, forced=force)
        return made

    def _channel(self, place: Property, given: dict[str, Any]) -> str:
        asked = str(given.get("ota") or (self.dice.choice(place.channels) if place.channels else ""))
        channel = SLUGS.get(asked, asked)
        if channel not in SOURCES:
            raise NotSold("unknown_ota" if asked else "not_connected", asked)
        if channel not in place.channels and not given.get("force"):
            raise NotSold("not_connected", channel)
        return channel

    def _choose(self, place: Property, channel: str, given: dict[str, Any], stay: Stay, force: bool) -> Offer:
        refusal: NotSold | None = None
        for room, slot in self._offered(place, channel, given, force):
            prices = self.world.prices(room, slot, stay.first, stay.last) or [UNSET] * stay.nights
            if force:
                return Offer(room, slot, [max(0, each) for each in prices])
            try:
                check(self.world, room, channel, prices, stay)
            except NotSold as reason:
                refusal = refusal or reason
            else:
                return Offer(room, slot, prices)
        raise refusal or NotSold("not_connected", f"{channel} sells nothing that fits")

    def _offered(self, place: Property, channel: str, given: dict[str, Any], force: bool) -> list[tuple[Room, int]]:
        wanted, plan = str(given.get("room_type") or ""), str(given.get("rate_plan") or "")
        found = []
        for room in self.world.rooms_of(place.id):
            if wanted and wanted not in (str(room.id), room.attributes["name"]):
                continue
            for rule in room.price_rules:
                names = (f"{room.id}:{rule['id']}", str(rule["id"]), rule["name"])
                mapped = rule["channels"].get(channel, {}).get("enabled", False)
                if (not plan or plan in names) and (mapped or force):
                    found.append((room, rule["id"]))
        return found

    def _sell(
        self, place: Property, channel: str, offer: Offer, stay: Stay, code: str, guest: dict[str, Any],
        given: dict[str, Any],
    ) -> Booking:  # fmt: skip
        number, name, _ = SOURCES[channel]
        price = money(sum(offer.prices))
        nightly = "\n".join(f"{_iso(stay.first + at)} {money(each)}" for at, each in enumerate(offer.prices))
        booking = self.bookings.create(
            {
                "roomId": offer.room.id, "status": "new", "arrival": _iso(stay.first),
                "departure": _iso(stay.last + 1), "numAdult": stay.adults, **guest, "channel": channel,
                "apiSourceId": number, "apiSource": name, "referer": name, "refererEditable": name,
                "apiReference": code, "offerId": offer.slot, "price": price,
                "commission": round(price * COMMISSION.get(channel, 0.15), 2), "rateDescription": nightly[:1000],
                "apiMessage": str(given.get("message") or ""), **(given.get("fields") or {}),
            },
            source="ota",
            silent=given.get("webhooks") is False,
        )  # fmt: skip
        line = {"type": "charge", "description": offer.room.attributes["name"], "qty": 1, "amount": price, "subType": 1}
        booking.invoice_items.append(self.items.invoice(booking, line))
        for each in given.get("companions") or []:
            booking.guests.append({"id": self.world.new_id("item"), **each})
        return booking

    def _guest(self, channel: str, given: dict[str, Any]) -> dict[str, Any]:
        name, surname, country, language = self.dice.choice(NAMES)
        local = f"{name}.{surname}{self.dice.randint(1, 9999)}".lower().encode("ascii", "ignore").decode()
        return {
            "firstName": name, "lastName": surname, "email": f"{local}@guest.{channel}.example", "country2": country,
            "mobile": f"+3519{self.dice.randint(10_000_000, 99_999_999)}", "lang": language,
            **(given.get("guest") or {}),
        }  # fmt: skip

    def modify(self, place: Property, given: dict[str, Any]) -> list[Booking]:
        """Change dates, room or adults of every room of a reservation, at the prices of now."""
        entry, rooms = self.find(place, given)
        if entry["status"] == "cancelled":
            raise NotSold("cancelled", entry["code"])
        for booking in rooms:
            self._move(booking, entry["channel"], given)
        self._record(place, entry["channel"], entry["code"], rooms)
        return rooms

    def _move(self, booking: Booking, channel: str, given: dict[str, Any]) -> None:
        have, (first, last) = booking.fields, booking.span
        arrival = str(given.get("check_in") or have["arrival"])
        nights = int(given.get("nights") or last - first + 1)
        wanted = {**given, "check_in": arrival, "nights": nights, "guests": given.get("guests") or have["numAdult"]}
        stay = read_stay(wanted, date.min)
        room = self._room(have["propertyId"], given.get("room_type")) or self.world.rooms[have["roomId"]]
        prices = self.world.prices(room, have["offerId"] or 1, stay.first, stay.last) or [UNSET] * stay.nights
        held = frozenset(range(first, last + 1)) if room.id == have["roomId"] else frozenset[int]()
        if not given.get("force"):
            check(self.world, room, channel, prices, Stay(stay.first, stay.last, stay.adults, 1), held)
        changes = {
            "arrival": _iso(stay.first), "departure": _iso(stay.last + 1), "numAdult": stay.adults, "roomId": room.id,
            "price": money(sum(max(0, each) for each in prices)), **(given.get("guest") or {}),
            **(given.get("fields") or {}),
        }  # fmt: skip
        self.bookings.change(booking, changes, silent=given.get("webhooks") is False)

    def _room(self, property_id: int, wanted: Any) -> Room | None:
        rooms = self.world.rooms_of(property_id)
        return next((each for each in rooms if str(wanted) in (str(each.id), each.attributes["name"])), None)

    def cancel(self, place: Property, given: dict[str, Any]) -> list[Booking]:
        """Cancel every room of a reservation. An OTA's cancellation carries its time, an API client's does not."""
        entry, rooms = self.find(place, given)
        for booking in rooms:
            changes = {"status": "cancelled", "cancelTime": self.world.stamp(), "subStatus": "cancelledByGuest"}
            self.bookings.change(booking, changes, silent=given.get("webhooks") is False)
        entry["status"] = "cancelled"
        entry["revisions"].append({"at": self.world.stamp(), "status": "cancelled"})
        return rooms

    def find(self, place: Property, given: dict[str, Any]) -> tuple[dict[str, Any], list[Booking]]:
        """A reservation by its `code` or one of its booking ids. Raises NotSold."""
        code, number = str(given.get("code") or ""), str(given.get("booking_id") or "")
        for entry in self.world.ledger.values():
            named = (code and entry["code"] == code) or (number and number in map(str, entry["booking_ids"]))
            if named and entry["property_id"] == place.id:
                found = [self.world.bookings[each] for each in entry["booking_ids"] if each in self.world.bookings]
                if not found:
                    raise NotSold("deleted", entry["code"])
                return entry, found
        raise NotSold("unknown_booking", code or number)

    def _record(self, place: Property, channel: str, code: str, rooms: list[Booking], forced: bool = False) -> None:
        """Write down in the OTA's own books what it sold; whatever Beds24 makes of it later stays out of them."""
        key = f"{channel}:{code}"
        before = self.world.ledger.get(key)
        status = "modified" if before else "new"
        history = before["revisions"] if before else []
        self.world.ledger[key] = {
            "code": code, "channel": channel, "property_id": place.id, "booking_ids": [each.id for each in rooms],
            "status": status, "forced": forced or bool(before and before["forced"]),
            "currency": place.attributes["currency"], "amount": sum(each.fields["price"] for each in rooms),
            "rooms": [{"room_id": each.fields["roomId"], "check_in": each.fields["arrival"],
                       "check_out": each.fields["departure"]} for each in rooms],
            "revisions": [*history, {"at": self.world.stamp(), "status": status}],
        }  # fmt: skip
        self.world.changed()


def _code(channel: str, dice: random.Random) -> str:
    if channel == "airbnb":
        return "HM" + "".join(dice.choices(string.ascii_uppercase + string.digits, k=8))
    return str(dice.randint(1, 9)) + "".join(dice.choices(string.digits, k=9))


def _iso(ordinal: int) -> str:
    return date.fromordinal(ordinal).isoformat()
