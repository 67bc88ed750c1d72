"""The world of the simulated Beds24: accounts, properties, rooms, bookings, tokens."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from sandbox.beds24.calendar import BLACKOUT, SLOTS, UNSET, Nights
from sandbox.beds24.switches import DEFAULTS
from sandbox.beds24.words import OCCUPYING
from sandbox.clock import Clock
from sandbox.switches import Switches

FIRST_IDS = {
    "account": 100_200, "property": 200_001, "room": 500_001, "booking": 90_000_001, "item": 70_000_001,
    "message": 30_000_001,
}  # fmt: skip


@dataclass(slots=True)
class Account:
    """Who pays: all its tokens share one budget of credits per five minutes."""

    id: int
    credit_limit: float = 100.0


@dataclass(slots=True)
class Token:
    """Any credential: `kind` is invite, refresh, access or long. Times are seconds since 1970."""

    id: str
    kind: str
    owner_id: int
    scopes: list[str]
    linked: bool = False
    only_property: int | None = None
    addresses: list[str] = field(default_factory=list)
    device: str = ""
    created: float = 0.0
    used: float = 0.0
    expires: float | None = None


@dataclass(slots=True)
class Property:
    """A property. `linked` ones are seen only by tokens that may see linked properties; `channels` are connected."""

    id: int
    owner_id: int
    attributes: dict[str, Any]
    webhooks: dict[str, str]
    timezone: str = "UTC"
    linked: bool = False
    channels: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Room:
    """A room type with its units, price rules, offers and calendar."""

    id: int
    property_id: int
    attributes: dict[str, Any]
    units: list[dict[str, Any]]
    price_rules: list[dict[str, Any]]
    nights: Nights

    @property
    def qty(self) -> int:
        """How many units there are."""
        return int(self.attributes["qty"])


@dataclass(slots=True)
class Booking:
    """A booking as Beds24 holds it; `source` says who made it: api, ota, panel or bulk."""

    id: int
    fields: dict[str, Any]
    invoice_items: list[dict[str, Any]] = field(default_factory=list)
    info_items: list[dict[str, Any]] = field(default_factory=list)
    guests: list[dict[str, Any]] = field(default_factory=list)
    source: str = "api"
    versions: int = 1

    @property
    def occupies(self) -> bool:
        """Whether it holds a unit."""
        return self.fields["status"] in OCCUPYING

    @property
    def span(self) -> tuple[int, int]:
        """First and last night as date ordinals, both included."""
        first = date.fromisoformat(self.fields["arrival"]).toordinal()
        return first, date.fromisoformat(self.fields["departure"]).toordinal() - 1


class World:
    """Everything one simulated Beds24 knows. Hold `lock` to read or write it."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.switches = Switches(DEFAULTS)
        self.lock = threading.RLock()
        self.version = 0
        self.clear()

    def clear(self) -> None:
        """Forget everything."""
        self.accounts: dict[int, Account] = {}
        self.properties: dict[int, Property] = {}
        self.rooms: dict[int, Room] = {}
        self.bookings: dict[int, Booking] = {}
        self.tokens: dict[str, Token] = {}
        self.messages: dict[int, dict[str, Any]] = {}
        self.ledger: dict[str, dict[str, Any]] = {}
        self.next_ids = dict(FIRST_IDS)
        self.changed()

    def changed(self) -> None:
        """Note that a dump would now differ."""
        self.version += 1

    def new_id(self, kind: str) -> int:
        """The next number of its kind."""
        self.next_ids[kind] += 1
        return self.next_ids[kind] - 1

    def stamp(self) -> str:
        """Now, as a read shows it: UTC, whole seconds, a Z."""
        return stamp(self.clock.now())

    def today(self, property_id: int) -> date:
        """The date at a property."""
        return self.clock.today(self.properties[property_id].timezone)

    def account(self, owner_id: int | None = None) -> Account:
        """An account by its number; without one the first, made when there is none."""
        if owner_id is None and self.accounts:
            return next(iter(self.accounts.values()))
        if owner_id is None or owner_id not in self.accounts:
            made = Account(owner_id or self.new_id("account"))
            self.accounts[made.id] = made
            self.changed()
            return made
        return self.accounts[owner_id]

    def rooms_of(self, property_id: int) -> list[Room]:
        """The room types of a property."""
        return [room for room in self.rooms.values() if room.property_id == property_id]

    def group_of(self, booking: Booking) -> list[int]:
        """The ids of all bookings in a booking's group, the master first; empty without a group."""
        master = booking.fields["masterId"]
        if master is None:
            return []
        ids = {each.id for each in self.bookings.values() if each.fields["masterId"] == master} | {master}
        return sorted(ids, key=lambda each: (each != master, each))

    def free(self, room: Room, first: int, last: int) -> list[int]:
        """Units left each night, first..last (date ordinals, both included), whatever prices and overrides say."""
        adjust, booked = room.nights.adjust.slice(first, last), room.nights.booked.slice(first, last)
        return [room.qty + more - taken for more, taken in zip(adjust, booked, strict=True)]

    def available(self, room: Room, first: int, last: int) -> list[int]:
        """`numAvail` as it reads: nothing on a blackout, nor on a night without any price."""
        overrides = room.nights.override.slice(first, last)
        priced = self._priced(room, first, last)
        return [
            0 if override == BLACKOUT or not sold else left
            for left, override, sold in zip(self.free(room, first, last), overrides, priced, strict=True)
        ]

    def _priced(self, room: Room, first: int, last: int) -> list[bool]:
        if not self.switches["closed_without_price"]:
            return [True] * (last - first + 1)
        slots = [self.prices(room, slot, first, last) for slot in range(1, SLOTS + 1)]
        known = [each for each in slots if each is not None]
        return [any(each[at] != UNSET for each in known) for at in range(last - first + 1)]

    def prices(self, room: Room, slot: int, first: int, last: int, linked: bool = True) -> list[int] | None:
        """A slot's price each night in hundredths, its own or the linked one; None when there is none at all."""
        series = room.nights.prices.get(slot)
        own = list(series.slice(first, last)) if series else None
        link = self._link(room, slot) if linked else None
        if link is None:
            return own
        base_room = self.rooms.get(link["roomId"])
        base = base_room.nights.prices.get(link["priceId"]) if base_room else None
        if base is None:
            return own
        factor, more = float(link["offsetMultiplier"]), round(float(link["offsetAmount"]) * 100)
        derived = [UNSET if each == UNSET else round(each * factor) + more for each in base.slice(first, last)]
        return derived if own is None else [mine if mine != UNSET else d for mine, d in zip(own, derived, strict=True)]

    def _link(self, room: Room, slot: int) -> dict[str, Any] | None:
        rule = next((each for each in room.price_rules if each["id"] == slot), None)
        link = rule.get("priceLinking") if rule else None
        return link if link and link.get("roomId") and link.get("priceId") else None


def stamp(at: datetime) -> str:
    """A moment as a read shows it."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
