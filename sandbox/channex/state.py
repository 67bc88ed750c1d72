"""Everything the simulated Channex remembers, under one lock."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID, uuid4

from sandbox.channex.calendar import FREE, RESTRICTIONS
from sandbox.channex.errors import Refused, missing
from sandbox.channex.switches import Switches
from sandbox.clock import Clock, local_stamp
from sandbox.series import Series


@dataclass(slots=True)
class Group:
    """A folder of properties."""

    id: str
    title: str
    default: bool = False


@dataclass(slots=True)
class Property:
    """A hotel: its attributes as read back, its settings, and what hangs below it."""

    id: str
    attributes: dict[str, Any]
    settings: dict[str, Any]
    groups: list[str]
    inserted_at: str
    room_types: list[str] = field(default_factory=list)
    rate_plans: list[str] = field(default_factory=list)
    unconnected_since: str | None = None
    warned_days: int | None = None

    @property
    def currency(self) -> str:
        """ISO 4217."""
        return str(self.attributes["currency"])


@dataclass(slots=True)
class RoomType:
    """A room type; its availability per night is what OTAs sell from."""

    id: str
    property_id: str
    attributes: dict[str, Any]
    availability: Series = field(default_factory=lambda: Series([0] * 7))


@dataclass(slots=True)
class Option:
    """One occupancy of a rate plan, with its price per night in minor units."""

    id: str
    occupancy: int
    is_primary: bool
    rate: Series
    derived_option: dict[str, Any] | None = None


@dataclass(slots=True)
class RatePlan:
    """A rate plan of one room type: its options' prices and its restrictions per night."""

    id: str
    property_id: str
    room_type_id: str
    attributes: dict[str, Any]
    options: list[Option]
    restrictions: dict[str, Series] = field(
        default_factory=lambda: {name: Series([FREE.get(name, 0)] * 7) for name in RESTRICTIONS}
    )

    @property
    def primary(self) -> Option:
        """The option whose id is the plan's own."""
        return next(option for option in self.options if option.is_primary)


@dataclass(slots=True)
class Booking:
    """A booking: its revisions in the order they came."""

    id: str
    property_id: str
    unique_id: str
    revisions: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Revision:
    """One OTA message about a booking, a full snapshot. `served_at`: first given by the feed, seconds since 1970."""

    id: str
    booking_id: str
    property_id: str
    attributes: dict[str, Any]
    inserted: float
    acked: bool = False
    dropped: bool = False
    published: bool = True
    served_at: float | None = None
    due: float = 0.0


@dataclass(slots=True)
class Webhook:
    """A registered webhook."""

    id: str
    attributes: dict[str, Any]


@dataclass(slots=True)
class Channel:
    """A connection between properties and one OTA account."""

    id: str
    attributes: dict[str, Any]
    group_id: str
    properties: list[str]
    rate_plans: list[dict[str, Any]] = field(default_factory=list)
    is_active: bool = False
    removal_at: str | None = None
    warned_days: int | None = None


@dataclass(slots=True)
class Rule:
    """An availability rule: what some channels see of some room types."""

    id: str
    attributes: dict[str, Any]


@dataclass(slots=True)
class Token:
    """A one-time token, or the frame session it was exchanged for."""

    id: str
    property_id: str | None
    group_id: str | None
    expires: float
    session: bool = False


Thing = TypeVar("Thing")
Emit = Callable[[str, str | None, Any], None]


def new_id() -> str:
    """A fresh UUID v4."""
    return str(uuid4())


class World:
    """The provider's memory. Hold `lock` for anything that reads several things or changes one."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.switches = Switches()
        self.lock = threading.RLock()
        self.emit: Emit = lambda event, property_id, payload: None
        self.wants: Callable[[str, str], bool] = lambda event, property_id: False
        self.version = 0
        self.clear()

    def clear(self) -> None:
        """Forget everything but the default group that every account has."""
        self.groups: dict[str, Group] = {}
        self.properties: dict[str, Property] = {}
        self.room_types: dict[str, RoomType] = {}
        self.rate_plans: dict[str, RatePlan] = {}
        self.bookings: dict[str, Booking] = {}
        self.revisions: dict[str, Revision] = {}
        # OrderedDict: a feed takes from the front all day, and a plain dict walks over every gap that leaves.
        self.unacked: OrderedDict[str, None] = OrderedDict()
        self.unacked_of: dict[str, OrderedDict[str, None]] = {}
        self.codes: dict[str, str] = {}
        self.webhooks: dict[str, Webhook] = {}
        self.channels: dict[str, Channel] = {}
        self.rules: dict[str, Rule] = {}
        self.tokens: dict[str, Token] = {}
        self.applications: dict[str, dict[str, str]] = {}
        self.otas: dict[str, dict[str, Any]] = {}  # hotels' accounts at the OTAs that a drill described
        self.links: dict[str, dict[str, Any]] = {}  # Airbnb connection links not yet used
        self.ledger: dict[str, dict[str, Any]] = {}
        self.timers: list[tuple[float, str, str]] = []
        self.last_stamp = 0.0
        self.user_id = new_id()
        group = Group(new_id(), "User Group", default=True)
        self.groups[group.id] = group
        self.version += 1

    def changed(self) -> None:
        """Something changed: the next snapshot must be written."""
        self.version += 1

    def moment(self) -> datetime:
        """The provider's time, always later than the one given before, unless the clock was turned back by much."""
        now = self.clock.timestamp()
        if now <= self.last_stamp < now + 5:
            now = self.last_stamp + 0.000002
        self.last_stamp = now
        return datetime.fromtimestamp(now, self.clock.now().tzinfo)

    def stamp(self) -> str:
        """`moment` as resources show it."""
        return local_stamp(self.moment())

    def today(self, property_id: str) -> date:
        """The date at a property."""
        return self.clock.today(self.properties[property_id].attributes.get("timezone"))

    def last_night(self, property_id: str) -> date:
        """The last night of a property's calendar."""
        length = self.properties[property_id].settings["state_length"]
        return self.today(property_id) + timedelta(days=int(length) - 1)

    def property(self, property_id: str) -> Property:
        """A property by a path's id. Raises Refused."""
        return self._find(self.properties, property_id)

    def group(self, group_id: str) -> Group:
        """A group by a path's id. Raises Refused."""
        return self._find(self.groups, group_id)

    def room_type(self, room_type_id: str) -> RoomType:
        """A room type by a path's id. Raises Refused."""
        return self._find(self.room_types, room_type_id)

    def rate_plan(self, rate_plan_id: str) -> RatePlan:
        """A rate plan by a path's id. Raises Refused."""
        return self._find(self.rate_plans, rate_plan_id)

    def webhook(self, webhook_id: str) -> Webhook:
        """A webhook by a path's id. Raises Refused."""
        return self._find(self.webhooks, webhook_id)

    def channel(self, channel_id: str) -> Channel:
        """A channel by a path's id. Raises Refused."""
        return self._find(self.channels, channel_id)

    def rule(self, rule_id: str) -> Rule:
        """An availability rule by a path's id. Raises Refused."""
        return self._find(self.rules, rule_id)

    def revision(self, revision_id: str) -> Revision:
        """A revision by a path's id, once it is visible. Raises Refused."""
        found = self._find(self.revisions, revision_id)
        if not found.published:
            raise missing()
        return found

    def booking(self, booking_id: str) -> Booking:
        """A booking by a path's id, once a revision of it is visible. Raises Refused."""
        found = self._find(self.bookings, booking_id)
        if not any(self.revisions[each].published for each in found.revisions):
            raise missing()
        return found

    def _find(self, things: dict[str, Thing], thing_id: str) -> Thing:
        if not is_uuid(thing_id):
            raise Refused(422, {"id": ["is invalid"]}, code="bad_request")
        thing = things.get(thing_id)
        if thing is None:
            raise missing()
        return thing

    def latest(self, booking: Booking) -> Revision:
        """The newest visible revision of a booking."""
        return next(revision for each in reversed(booking.revisions) if (revision := self.revisions[each]).published)

    def channels_of(self, property_id: str) -> list[Channel]:
        """The connections of a property."""
        return [channel for channel in self.channels.values() if property_id in channel.properties]

    def plans_of(self, property_id: str) -> list[RatePlan]:
        """The rate plans of a property, in the order they were made."""
        return [self.rate_plans[each] for each in self.properties[property_id].rate_plans]

    def rooms_of(self, property_id: str) -> list[RoomType]:
        """The room types of a property, in the order they were made."""
        return [self.room_types[each] for each in self.properties[property_id].room_types]


def is_uuid(value: Any) -> bool:
    """Whether a value is the text of a UUID."""
    try:
        return isinstance(value, str) and bool(UUID(value))
    except ValueError:
        return False
