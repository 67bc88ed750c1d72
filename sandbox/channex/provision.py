"""Whole hotels in one call: properties with rooms, plans and connected channels, and bookings in bulk."""

from __future__ import annotations

import random
from datetime import timedelta
from decimal import Decimal
from typing import Any

from sandbox.channex import guests, money
from sandbox.channex.adapters import CODES, PARAMS, TITLES
from sandbox.channex.bookings import OTA_NAMES, Bookings
from sandbox.channex.channels import Channels
from sandbox.channex.crs import Crs
from sandbox.channex.errors import Refused
from sandbox.channex.frame import every_mapping
from sandbox.channex.plans import Plans
from sandbox.channex.properties import Properties
from sandbox.channex.rooms import Rooms
from sandbox.channex.state import Channel, Property, RatePlan, RoomType, World, new_id


class Provision:
    """Builds what a drill or a bench needs."""

    def __init__(self, world: World, bookings: Bookings, channels: Channels) -> None:
        self.world = world
        self.bookings = bookings
        self.channels = channels
        self.properties = Properties(world)
        self.rooms = Rooms(world)
        self.plans = Plans(world)
        self.crs = Crs(world, bookings)

    def property(self, given: dict[str, Any]) -> dict[str, Any]:
        """A property with everything below it; the ids. `open` fills its calendar with every unit and a price."""
        attributes = {"country": "PT", "city": "Faro", "email": "desk@example.test", "property_type": "hotel", **given}
        place = self.properties.create({"currency": "EUR", "timezone": "UTC", **attributes})
        self.crs.add(place.id, "booking_crs")
        rooms = [self._room_type(place, each) for each in given.get("room_types") or []]
        codes = given.get("channels") or []
        connected = [self.connect(place, code) for code in codes]
        if given.get("open"):
            self._open(place)
        return {
            "id": place.id, "title": place.attributes["title"], "group_id": place.groups[0], "room_types": rooms,
            "channels": [{"id": each.id, "code": code} for each, code in zip(connected, codes, strict=True)],
        }  # fmt: skip

    def _room_type(self, place: Property, given: dict[str, Any]) -> dict[str, Any]:
        adults = int(given.get("occ") or 2)
        room = self.rooms.create({
            "property_id": place.id, "title": given.get("title"), "count_of_rooms": int(given.get("units") or 1),
            "occ_adults": adults, "occ_children": 0, "occ_infants": 0, "default_occupancy": adults,
        })  # fmt: skip
        plans = []
        for each in given.get("rate_plans") or []:
            options = each.get("options") or [{
                "occupancy": int(each.get("occupancy") or adults), "is_primary": True,
                "rate": int(each.get("rate") or 0),
            }]  # fmt: skip
            mode = "per_person" if len(options) > 1 else "per_room"
            plan = self.plans.create({
                "sell_mode": mode, **each, "property_id": place.id, "room_type_id": room.id, "options": options,
            })  # fmt: skip
            shown = [{"id": o.id, "occupancy": o.occupancy, "is_primary": o.is_primary} for o in plan.options]
            plans.append({"id": plan.id, "title": plan.attributes["title"], "options": shown})
        units = room.attributes["count_of_rooms"]
        return {"id": room.id, "title": room.attributes["title"], "units": units, "rate_plans": plans}

    def connect(self, place: Property, code: str, settings: dict[str, Any] | None = None) -> Channel:
        """An active channel of an OTA, mapped to every rate plan. Raises Refused."""
        if code not in CODES:
            raise Refused(422, {"code": [f"should be one of {', '.join(CODES)}"]})
        adapter = CODES[code]
        key = next(iter(PARAMS[adapter]))
        account = {key: str(random.randint(1_000_000, 9_999_999)), **(settings or {})}
        channel = self.channels.create({
            "channel": adapter, "group_id": place.groups[0], "title": f"{TITLES[adapter]} {place.attributes['title']}",
            "properties": [place.id], "settings": account, "currency": place.currency,
        })  # fmt: skip
        channel.rate_plans = every_mapping(self.world, place.id)
        if channel.rate_plans:
            self.channels.activate(channel)
        return channel

    def _open(self, place: Property) -> None:
        first = self.world.today(place.id).toordinal()
        last = self.world.last_night(place.id).toordinal()
        for room in self.world.rooms_of(place.id):
            room.availability.fill(first, last, int(room.attributes["count_of_rooms"]))
        for plan in self.world.plans_of(place.id):
            for option in plan.options:
                if not option.rate.get(first):
                    option.rate.fill(first, last, 100 * 10 ** money.exponent(plan.attributes["currency"]))

    def bulk(self, given: dict[str, Any]) -> list[dict[str, str]]:
        """Many bookings at once, sold whatever the calendar says; webhooks and the calendar stay untouched if asked."""
        dice = random.Random(given.get("seed"))
        wanted = given.get("property_ids") or ([given["property_id"]] if given.get("property_id") else None)
        places = [self.world.property(each) for each in wanted or self.world.properties]
        stocked = [(place, plan) for place in places for plan in self.world.plans_of(place.id)]
        if not stocked:
            raise Refused(422, {"property_id": ["has no rate plans"]})
        made = []
        for at in range(int(given.get("count") or 1)):
            place, plan = stocked[at % len(stocked)] if given.get("in_turn") else dice.choice(stocked)
            room = self.world.room_types[plan.room_type_id]
            attributes = self._stay(place, room, plan, dice, given)
            revision = self.bookings.record(
                place.id, "new", attributes, source="bulk", forced=True,
                announce=bool(given.get("webhooks", True)), adjust=bool(given.get("adjust", True)),
            )  # fmt: skip
            made.append({
                "booking_id": revision.booking_id, "revision_id": revision.id, "property_id": place.id,
                "code": attributes["ota_reservation_code"],
            })  # fmt: skip
        return made

    def _stay(
        self, place: Property, room: RoomType, plan: RatePlan, dice: random.Random, given: dict[str, Any]
    ) -> dict[str, Any]:
        today = self.world.today(place.id)
        arrival = today + timedelta(days=dice.randint(1, int(given.get("days_ahead") or 300)))
        nights = int(given.get("nights") or dice.randint(1, 5))
        departure = arrival + timedelta(days=nights)
        ota = given.get("ota") or dice.choice(list(CODES))
        units = plan.primary.rate.get(arrival.toordinal()) or 100 * 10 ** money.exponent(place.currency)
        price = money.text(units, place.currency)
        days = {(arrival + timedelta(days=at)).isoformat(): price for at in range(nights)}
        code = guests.code(ota, dice)
        occupancy = {"adults": plan.primary.occupancy, "children": 0, "infants": 0, "ages": []}
        total = str(Decimal(price) * nights)
        guest = guests.customer(ota, dice)
        return {
            "unique_id": f"{ota}-{code}", "ota_reservation_code": code, "ota_name": OTA_NAMES[ota],
            "arrival_date": arrival.isoformat(), "departure_date": departure.isoformat(), "currency": place.currency,
            "amount": total, "payment_collect": "property", "customer": guest, "occupancy": occupancy,
            "rooms": [{
                "booking_room_id": new_id(), "room_type_id": room.id, "rate_plan_id": plan.id,
                "checkin_date": arrival.isoformat(), "checkout_date": departure.isoformat(), "amount": total,
                "days": days, "occupancy": occupancy, "services": [], "taxes": [], "collected_taxes": [],
                "guests": [{"name": guest["name"], "surname": guest["surname"]}], "ota_commission": None,
                "ota_unique_id": None, "is_cancelled": False, "meta": {"parent_rate_plan_id": plan.id},
            }],
        }  # fmt: skip
