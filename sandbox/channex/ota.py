"""The OTAs: they sell from the availability, prices and restrictions they were sent, and know nothing else.

So overbooking happens here exactly as it does in life: when what they were sent is late.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from sandbox.channex import guests, money, prices
from sandbox.channex.adapters import CODES, SHORT
from sandbox.channex.bookings import OTA_NAMES, Bookings, nights_of
from sandbox.channex.feed import fresh_copy
from sandbox.channex.rules import shown
from sandbox.channex.state import Booking, Channel, Option, RatePlan, Revision, World, new_id
from sandbox.stay import NotSold, Stay

COMMISSION = {"BDC": Decimal("0.15"), "EXP": Decimal("0.18"), "ABB": Decimal("0.03"), "AGO": Decimal("0.17")}


@dataclass(frozen=True, slots=True)
class Offer:
    """What an OTA can sell: an option of a rate plan, on a channel (none for a drill without one)."""

    plan: RatePlan
    option: Option
    channel: Channel | None


def read_stay(given: dict[str, Any], today: date) -> Stay:
    """The stay a body asks for; tomorrow, one night, two adults, one room unless it says so. Raises NotSold."""
    try:
        first = date.fromisoformat(given["check_in"]).toordinal() if given.get("check_in") else today.toordinal() + 1
        nights, rooms = int(given.get("nights") or 1), int(given.get("rooms") or 1)
        adults = int(given.get("guests") or 2)
    except (TypeError, ValueError) as error:
        raise NotSold("unreadable", str(error)) from error
    if not 1 <= nights <= 365 or not 1 <= rooms <= 50 or adults < 1:
        raise NotSold("unreadable", "nights, rooms or guests")
    return Stay(first, first + nights - 1, adults, rooms)


class Ota:
    """Books, changes and cancels as guests of the simulated OTAs do."""

    def __init__(self, world: World, bookings: Bookings) -> None:
        self.world = world
        self.bookings = bookings
        self.dice = random.Random()

    def book(self, property_id: str, given: dict[str, Any]) -> Revision:
        """Sell a stay. `force` sells whatever the calendar says, `unmapped` loses the ids. Raises NotSold."""
        force, unmapped = bool(given.get("force")), bool(given.get("unmapped"))
        stay = read_stay(given, self.world.today(property_id))
        ota = self._ota(property_id, given.get("ota"))
        offer = self._choose(property_id, ota, given, stay, force or unmapped)
        rooms = [self._room(offer, stay, unmapped) for _ in range(stay.rooms)]
        code = str(given.get("code") or guests.code(ota, self.dice))
        attributes = self._attributes(property_id, ota, code, stay, rooms, offer.channel, given)
        attributes |= given.get("attributes") or {}
        return self.bookings.record(property_id, "new", attributes, forced=force)

    def _ota(self, property_id: str, asked: str | None) -> str:
        active = [SHORT[each.attributes["channel"]] for each in self.world.channels_of(property_id) if each.is_active]
        if asked is None:
            if not active:
                raise NotSold("not_connected", "no active channel")
            return self.dice.choice(active)
        if asked not in CODES:
            raise NotSold("unknown_ota", str(asked))
        return asked

    def _choose(self, property_id: str, ota: str, given: dict[str, Any], stay: Stay, anyway: bool) -> Offer:
        offers = self._offers(property_id, ota, given, stay, anyway)
        first_refusal: NotSold | None = None
        for offer in offers:
            try:
                self.check(offer.plan, offer.option, stay, channel=offer.channel)
            except NotSold as refusal:
                first_refusal = first_refusal or refusal
            else:
                return offer
        if anyway and offers:
            return offers[0]
        raise first_refusal or NotSold("not_connected", f"{ota} sells nothing that fits")

    def _offers(self, property_id: str, ota: str, given: dict[str, Any], stay: Stay, anyway: bool) -> list[Offer]:
        mapped: dict[str, Channel] = {}
        for channel in self.world.channels_of(property_id):
            if channel.is_active and SHORT[channel.attributes["channel"]] == ota:
                mapped |= {each["rate_plan_id"]: channel for each in channel.rate_plans}
        offers = []
        for plan in self.world.plans_of(property_id):
            if not self._wanted(plan, given):
                continue
            options = [each for each in plan.options if each.id in mapped or anyway]
            fitting = sorted((each for each in options if each.occupancy >= stay.adults), key=lambda o: o.occupancy)
            for option in fitting[:1] or (options[:1] if anyway else []):
                offers.append(Offer(plan, option, mapped.get(option.id)))
        return offers

    def _wanted(self, plan: RatePlan, given: dict[str, Any]) -> bool:
        room = self.world.room_types[plan.room_type_id]
        if given.get("room_type") and given["room_type"] not in (room.id, room.attributes["title"]):
            return False
        names = (plan.id, plan.attributes["title"], *(each.id for each in plan.options))
        return not given.get("rate_plan") or given["rate_plan"] in names

    def check(
        self,
        plan: RatePlan,
        option: Option,
        stay: Stay,
        held: frozenset[int] = frozenset(),
        channel: Channel | None = None,
    ) -> None:
        """Raise NotSold when the calendar forbids this stay. `held` are nights the guest already has."""
        world, first, last = self.world, stay.first, stay.last
        if first < world.today(plan.property_id).toordinal():
            raise NotSold("past", _iso(first))
        if last > world.last_night(plan.property_id).toordinal():
            raise NotSold("not_open_yet", _iso(last))
        free = world.room_types[plan.room_type_id].availability.slice(first, last)
        for at, left in enumerate(free):
            if channel is not None and world.rules:
                left = shown(world, channel.id, plan.room_type_id, date.fromordinal(first + at), left)
            if left < stay.rooms and first + at not in held:
                raise NotSold("no_availability", _iso(first + at))
        for name, reason in (("stop_sell", "closed"),):
            for at, closed in enumerate(prices.restriction(world, plan, name, first, last)):
                if closed:
                    raise NotSold(reason, _iso(first + at))
        if min(prices.rates(world, plan, option, first, last)) <= 0:
            raise NotSold("no_price")
        self._check_rules(plan, stay)

    def _check_rules(self, plan: RatePlan, stay: Stay) -> None:
        first, last, nights = stay.first, stay.last, stay.nights

        def on(name: str, night: int) -> int:
            return prices.restriction(self.world, plan, name, night, night)[0]

        if on("closed_to_arrival", first):
            raise NotSold("closed_to_arrival", _iso(first))
        if on("closed_to_departure", last + 1):
            raise NotSold("closed_to_departure", _iso(last + 1))
        through = max(prices.restriction(self.world, plan, "min_stay_through", first, last))
        if nights < max(on("min_stay_arrival", first), through):
            raise NotSold("min_stay", str(max(on("min_stay_arrival", first), through)))
        if 0 < on("max_stay", first) < nights:
            raise NotSold("max_stay", str(on("max_stay", first)))

    def _room(self, offer: Offer, stay: Stay, unmapped: bool) -> dict[str, Any]:
        currency = offer.plan.attributes["currency"]
        units = prices.rates(self.world, offer.plan, offer.option, stay.first, stay.last)
        days = {_iso(stay.first + at): money.text(each, currency) for at, each in enumerate(units)}
        return {
            "booking_room_id": new_id(), "room_type_id": None if unmapped else offer.plan.room_type_id,
            "rate_plan_id": None if unmapped else offer.option.id, "checkin_date": _iso(stay.first),
            "checkout_date": _iso(stay.last + 1), "amount": money.text(sum(units), currency), "days": days,
            "occupancy": {"adults": stay.adults, "children": 0, "infants": 0, "ages": []}, "guests": [],
            "services": [], "taxes": [], "collected_taxes": [], "ota_commission": None, "ota_unique_id": None,
            "is_cancelled": False, "meta": {} if unmapped else {"parent_rate_plan_id": offer.plan.id},
        }  # fmt: skip

    def _attributes(
        self, property_id: str, ota: str, code: str, stay: Stay, rooms: list[dict[str, Any]],
        channel: Channel | None, given: dict[str, Any],
    ) -> dict[str, Any]:  # fmt: skip
        place = self.world.properties[property_id]
        amount = sum((Decimal(room["amount"]) for room in rooms), Decimal(0))
        guest = guests.customer(ota, self.dice, given.get("guest"))
        for room in rooms:
            room["guests"] = [{"name": guest["name"], "surname": guest["surname"]}]
        holder = f"{guest['name']} {guest['surname']}"
        commission = amount * COMMISSION[ota]
        places = money.exponent(place.currency)
        return {
            "unique_id": f"{ota}-{code}", "ota_reservation_code": code, "ota_name": OTA_NAMES[ota],
            "channel_id": channel.id if channel else None, "arrival_date": _iso(stay.first),
            "departure_date": _iso(stay.last + 1), "arrival_hour": None, "currency": place.currency,
            "amount": str(amount), "ota_commission": f"{commission:.{places}f}" if ota in ("BDC", "ABB") else None,
            "payment_collect": "property" if ota == "BDC" else "ota", "notes": given.get("notes"),
            "payment_type": "credit_card" if ota == "BDC" else "bank_transfer", "customer": guest, "rooms": rooms,
            "guarantee": guests.guarantee(holder) if ota == "BDC" else None,
            "occupancy": {"adults": stay.adults * stay.rooms, "children": 0, "infants": 0, "ages": []},
        }  # fmt: skip

    def find(self, property_id: str, given: dict[str, Any]) -> Booking:
        """The booking a body names by `booking_id` or `code`. Raises NotSold."""
        booking_id = given.get("booking_id") or self.world.codes.get(str(given.get("code")))
        booking = self.world.bookings.get(str(booking_id))
        if booking is None or booking.property_id != property_id:
            raise NotSold("unknown_booking", str(given.get("booking_id") or given.get("code")))
        return booking

    def modify(self, property_id: str, given: dict[str, Any]) -> Revision:
        """Change dates, room, guests or guest of a booking; new nights must be free unless forced. Raises NotSold."""
        booking = self.find(property_id, given)
        before = self.world.revisions[booking.revisions[-1]]
        if before.attributes["status"] == "cancelled":
            raise NotSold("already_cancelled", str(booking.unique_id))
        attributes = fresh_copy(before)
        if {"check_in", "nights", "guests", "room_type", "rate_plan", "rooms"} & set(given):
            self._restay(property_id, before, attributes, given)
        for name in ("notes", "arrival_hour", "amount"):
            if name in given:
                attributes[name] = given[name]
        attributes["customer"] = attributes["customer"] | (given.get("guest") or {})
        attributes |= given.get("attributes") or {}
        forced = bool(given.get("force"))
        return self.bookings.record(property_id, "modified", attributes, booking_id=booking.id, forced=forced)

    def _restay(self, property_id: str, before: Revision, attributes: dict[str, Any], given: dict[str, Any]) -> None:
        rooms = before.attributes["rooms"]
        had = nights_of(rooms)
        asked = {
            "check_in": before.attributes["arrival_date"], "nights": len(had),
            "guests": rooms[0]["occupancy"]["adults"], "rooms": len(rooms), "room_type": rooms[0]["room_type_id"],
            "rate_plan": None if "room_type" in given else rooms[0]["rate_plan_id"], **given,
        }  # fmt: skip
        stay = read_stay(asked, self.world.today(property_id))
        ota = before.attributes["unique_id"].partition("-")[0]
        offers = self._offers(property_id, ota, asked, stay, anyway=True)
        if not offers:
            raise NotSold("unknown_room", str(asked["room_type"]))
        offer = offers[0]
        same_room = offer.plan.room_type_id == rooms[0]["room_type_id"] and stay.rooms <= len(rooms)
        if not given.get("force"):
            self.check(offer.plan, offer.option, stay, frozenset(had) if same_room else frozenset())
        fresh = [self._room(offer, stay, unmapped=rooms[0]["room_type_id"] is None) for _ in range(stay.rooms)]
        for room, old in zip(fresh, rooms, strict=False):
            room["booking_room_id"], room["guests"] = old["booking_room_id"], old["guests"]
        total = sum((Decimal(room["amount"]) for room in fresh), Decimal(0))
        attributes |= {
            "rooms": fresh, "arrival_date": _iso(stay.first), "departure_date": _iso(stay.last + 1),
            "amount": str(total),
            "occupancy": {"adults": stay.adults * stay.rooms, "children": 0, "infants": 0, "ages": []},
        }  # fmt: skip

    def cancel(self, property_id: str, given: dict[str, Any]) -> Revision:
        """Cancel a booking, for a `fee` or none. Raises NotSold."""
        booking = self.find(property_id, given)
        before = self.world.revisions[booking.revisions[-1]]
        if before.attributes["status"] == "cancelled":
            raise NotSold("already_cancelled", str(booking.unique_id))
        attributes = fresh_copy(before)
        # The total of a cancelled booking is its fee; its rooms keep the old price.
        attributes["amount"] = str(given.get("fee") or money.text(0, str(attributes["currency"])))
        return self.bookings.record(property_id, "cancelled", attributes, booking_id=booking.id)


def _iso(night: int) -> str:
    return date.fromordinal(night).isoformat()
