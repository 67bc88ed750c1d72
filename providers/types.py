"""The words every connector speaks.

Frozen values without I/O: the portal's domain may use them freely. Money is `Decimal` in major
units with its currency beside it; a night is a local date of the property; a stay is half-open
`[check_in, check_out)`; a run of nights is closed `[first, last]`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, NamedTuple


class Cell(NamedTuple):
    """What one rate plan asks of one night. `None` in `rate`: no price, the night is not for sale."""

    rate: Decimal | None
    min_stay_arrival: int = 1
    min_stay_through: int = 1
    max_stay: int = 0  # 0 = no limit
    closed_to_arrival: bool = False
    closed_to_departure: bool = False
    stop_sell: bool = False


class LaneKind(StrEnum):
    AVAILABILITY = "availability"  # value of a night: int, units for sale, never negative
    RATES = "rates"  # value of a night: Cell


class Run(NamedTuple):
    """Nights `first` to `last`, both included, that share one value."""

    first: date
    last: date
    value: int | Cell


@dataclass(frozen=True)
class CalendarChange:
    """Runs to send for one mapped product."""

    kind: LaneKind
    external_id: str  # the provider's room type id (availability) or rate plan id (rates)
    run: Run


@dataclass(frozen=True)
class RoomNights:
    """What is wanted of one room type on the nights of a push, for providers that keep restrictions with the room.

    `available` is units for sale; `cells` holds, per rate plan id of the provider, what every mapped plan of
    the room type asks of each night, changed or not.
    """

    available: Mapping[date, int] = field(default_factory=dict)
    cells: Mapping[str, Mapping[date, Cell]] = field(default_factory=dict)


class VerdictKind(StrEnum):
    ACCEPTED = "accepted"
    WARNED = "warned"  # the provider took the call and refused or altered these cells
    REFUSED = "refused"


@dataclass(frozen=True)
class Verdict:
    """The provider's word on one run. `nights` holds the cells it speaks of when not the whole run."""

    change: CalendarChange
    kind: VerdictKind
    reason: str = ""
    nights: tuple[date, ...] = ()
    task_id: str | None = None


@dataclass(frozen=True)
class PushResult:
    """Every change sent comes back with exactly one verdict for its accepted part and at most one
    for what was refused in it."""

    verdicts: tuple[Verdict, ...]
    task_ids: tuple[str, ...] = ()


NO_CURRENCY = "XXX"  # ISO 4217: no currency is involved


class BookingStatus(StrEnum):
    NEW = "new"
    MODIFIED = "modified"
    CANCELLED = "cancelled"


class BookingKind(StrEnum):
    """What a provider keeps among its bookings."""

    STAY = "stay"
    REQUEST = "request"  # awaits confirmation, and holds its nights meanwhile
    BLOCK = "block"  # closes a room; there is no guest
    INQUIRY = "inquiry"  # a question: takes no room, and comes as cancelled


class StayState(StrEnum):
    """Where the guest is, at providers that can be told."""

    EXPECTED = "expected"
    CHECKED_IN = "checked_in"
    CHECKED_OUT = "checked_out"
    NO_SHOW = "no_show"


@dataclass(frozen=True)
class Occupancy:
    adults: int = 1
    children: int = 0
    infants: int = 0
    ages: tuple[int, ...] = ()


@dataclass(frozen=True)
class Person:
    """A guest as the provider names them. Empty strings never occur: unknown is `None`."""

    name: str | None = None
    surname: str | None = None
    email: str | None = None
    phone: str | None = None
    address: str | None = None
    city: str | None = None
    postal_code: str | None = None
    state: str | None = None
    country: str | None = None  # ISO 3166-1 alpha-2
    language: str | None = None
    company: str | None = None
    provider_guest_id: str | None = None

    @property
    def full_name(self) -> str:
        return " ".join(part for part in (self.name, self.surname) if part)


@dataclass(frozen=True)
class Charge:
    """A tax, fee, service or deposit line, for display and the folio."""

    kind: str  # tax, collected_tax, service, deposit
    name: str
    amount: Decimal
    inclusive: bool = False
    note: str = ""


@dataclass(frozen=True)
class BookedRoom:
    """One room of a booking. `external_room_type_id` is `None` when the provider could not map it."""

    external_id: str | None
    external_room_type_id: str | None
    external_rate_plan_id: str | None
    check_in: date
    check_out: date
    amount: Decimal | None
    nightly: Mapping[date, Decimal]  # nights only, never the day of departure
    occupancy: Occupancy
    guests: tuple[Person, ...] = ()
    cancelled: bool = False
    charges: tuple[Charge, ...] = ()
    parent_rate_plan_id: str | None = None  # the real plan behind a derived or occupancy option
    our_key: str | None = None  # the key of the `OutgoingRoom` of ours that this is
    meal_plan: str | None = None
    meta: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Revision:
    """One provider message about one booking: a full snapshot, never a difference.

    `ordering` sorts the revisions of one booking; `received_order` strings that sort as text do.
    Card data never gets this far: `payment_card` holds brand and expiry only.
    """

    external_revision_id: str
    external_booking_id: str
    external_property_id: str
    ordering: str
    status: BookingStatus
    code: str  # the OTA's reservation code, as staff and guest know it
    channel: str  # our OTA code: BDC, EXP, ABB, AGO, OFL …
    channel_name: str
    check_in: date
    check_out: date
    currency: str
    amount: Decimal | None
    customer: Person
    occupancy: Occupancy
    rooms: tuple[BookedRoom, ...]
    external_channel_id: str | None = None
    unique_id: str | None = None  # OTA prefix and code, stable over revisions
    system_id: str | None = None
    commission: Decimal | None = None
    payment_collect: str | None = None  # property, ota
    payment_type: str | None = None  # credit_card, bank_transfer
    payment_card: Mapping[str, str] = field(default_factory=dict)
    arrival_hour: str | None = None
    notes: str | None = None
    charges: tuple[Charge, ...] = ()
    booked_at: datetime | None = None  # aware, UTC
    cancel_reason: str | None = None
    meta: Mapping[str, Any] = field(default_factory=dict)
    kind: BookingKind = BookingKind.STAY
    stay_state: StayState | None = None  # None: the provider does not say
    our_keys: tuple[str, ...] = ()  # keys of `OutgoingRoom`s of ours found in it: this booking is our own


@dataclass(frozen=True)
class OutgoingRoom:
    """One room of a reservation of ours, as the provider is to hold it.

    `key` is ours, unique for ever, and travels in a field that can be read back. `external_id` is the
    provider's booking of this room once we know it.
    """

    key: str
    external_id: str | None
    external_room_type_id: str
    check_in: date
    check_out: date
    occupancy: Occupancy
    amount: Decimal | None = None
    guest: Person | None = None  # None: the customer sleeps here
    unit: int | None = None  # the provider's number of the physical room
    cancelled: bool = False


@dataclass(frozen=True)
class OutgoingReservation:
    """A reservation of ours in whole: pushing it again changes nothing.

    `attempted_at` (aware) is when its creation was first tried without a clear answer: rooms without an
    `external_id` are then looked up before they are created. `only_if_free` asks the provider to refuse a
    new room it counts as sold; it counts the unit we closed for this very reservation, too.
    """

    external_property_id: str
    rooms: tuple[OutgoingRoom, ...]
    customer: Person
    kind: BookingKind = BookingKind.STAY
    external_group_id: str | None = None  # the booking that leads the rooms, once there is one
    arrival_hour: str | None = None
    guest_notes: str | None = None
    host_notes: str | None = None
    only_if_free: bool = False
    attempted_at: datetime | None = None


@dataclass(frozen=True)
class RoomVerdict:
    """The provider's word on one pushed room. `key` is that of the `OutgoingRoom`, or the id where no room was given.

    `external_id` is known also after a refusal, when the provider kept a part. WARNED: kept, not in all points.
    """

    key: str
    external_id: str | None
    kind: VerdictKind
    reason: str = ""


@dataclass(frozen=True)
class Message:
    """One booking message as it came, before anybody understood it."""

    event_key: str  # unique per connection: the provider's event or revision id
    external_property_id: str | None
    external_booking_id: str | None
    raw: bytes  # JSON text; card data already dropped at this border


@dataclass(frozen=True)
class Page:
    """One page of a feed. `total` is what the provider says is still waiting, this page included."""

    messages: tuple[Message, ...]
    total: int


@dataclass(frozen=True)
class RemoteProperty:
    external_id: str
    name: str
    currency: str | None
    country: str | None = None
    city: str | None = None


@dataclass(frozen=True)
class RemoteRatePlan:
    external_id: str
    name: str
    room_type_external_id: str
    currency: str | None
    occupancy: int | None
    option_ids: Mapping[str, int] = field(default_factory=dict)  # occupancy-option id → occupancy
    meal_plan: str | None = None


@dataclass(frozen=True)
class RemoteRoomType:
    external_id: str
    name: str
    units: int | None
    max_adults: int | None
    rate_plans: tuple[RemoteRatePlan, ...] = ()


@dataclass(frozen=True)
class AccountDetails:
    """What a provider says of the credential we hold."""

    owner_id: str
    scopes: tuple[str, ...]
    expires_in: float  # seconds the access token has left
    created_at: datetime | None = None  # aware, UTC
    label: str | None = None
    linked_properties: bool = False  # properties linked from other accounts are seen, too
    only_property_id: str | None = None  # None: every property of the account
    allowed_addresses: tuple[str, ...] = ()  # empty: from anywhere


@dataclass(frozen=True)
class WebhookEvent:
    """What a delivery says, in our words.

    `kind`: booking, ari, channel, sync_error, removal_warning, unacked, other. `name` is the
    provider's own event name.
    """

    kind: str
    name: str
    external_property_id: str | None
    event_key: str  # the provider's event id, or a hash of the body where there is none
    external_booking_id: str | None = None
    external_revision_id: str | None = None
    data: Mapping[str, Any] = field(default_factory=dict)
