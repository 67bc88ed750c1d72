"""The contract every connector keeps. What a provider cannot do raises `NotSupported`, loudly."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, ClassVar, Literal, Protocol

from providers.channel_types import OtaMapping, OtaProduct, RemoteChannel, RemoteLimit
from providers.errors import NotSupported
from providers.http import HttpFactory
from providers.tokens import Tokens, TokenStore
from providers.types import (
    AccountDetails,
    CalendarChange,
    Cell,
    LaneKind,
    Message,
    OutgoingReservation,
    Page,
    PushResult,
    RemoteProperty,
    RemoteRoomType,
    Revision,
    RoomNights,
    RoomVerdict,
    Run,
    StayState,
    WebhookEvent,
)


class PropertyDetails(Protocol):
    """What a provider needs to know of a property. Our `Property` row has exactly these."""

    name: str
    currency: str
    timezone: str
    country: str | None
    email: str | None
    phone: str | None
    city: str | None
    postal_code: str | None
    address: str | None


class RoomTypeDetails(Protocol):
    name: str
    max_adults: int
    max_children: int
    max_infants: int
    default_occupancy: int


@dataclass(frozen=True)
class Allowance:
    """Credits of one account in a window of seconds, as long as it does not say otherwise itself.

    `reserve` is left to urgent closings and to reading bookings. `cost` is what a call costs that was not made yet.
    """

    credits: float
    window: float
    reserve: float
    cost: float = 1.0


class Connector:
    """Built from credentials, an `HttpClient` and, where these wear out, a keeper of tokens; see `registry.connect`.

    Every method raises the errors of `providers.errors` and no others. Nothing here retries:
    the portal decides when, from rows.
    """

    name: ClassVar[str]
    capabilities: ClassVar[frozenset[str]] = frozenset()
    horizon_days: ClassVar[int] = 365
    account_feed: ClassVar[bool] = False
    """Whether one reading of the feed brings the messages of every property of the account."""
    checked_every: ClassVar[timedelta] = timedelta(minutes=15)
    """How often the connection itself is tested, with the OTAs' states or our webhook."""
    webhooks_of: ClassVar[Literal["account", "property"]] = "account"
    """`account`: one secret of the installation, one address. `property`: each connection its own."""
    # Credential name → what the installation's setting is called after `<PROVIDER>_`.
    from_settings: ClassVar[Mapping[str, str]] = {}
    needs_settings: ClassVar[tuple[str, ...]] = ()
    """Those without which nobody of this installation can be connected."""
    own_hosts: ClassVar[tuple[str, ...]] = ()
    """Where the provider itself answers; anything else is a simulation, and every page says so."""
    allowance: ClassVar[Allowance | None] = None
    """How a provider meters an account that it wants called one at a time; None: calls per minute, from a setting."""
    needs_currency: ClassVar[bool] = False
    """Whether `currency`, the property's, has to be among the credentials: its bookings do not name one."""
    # Where stays and closings are kept. With `room_type`, a push of prices needs `rooms`; see `as_held`.
    restrictions_of: ClassVar[Literal["rate_plan", "room_type"]] = "rate_plan"

    @classmethod
    def lacks(cls, scopes: Sequence[str]) -> tuple[str, ...]:
        """The rights a credential needs here and does not have, by the provider's names. Empty: none."""
        return ()

    @classmethod
    def can(cls, method: str) -> bool:
        """Whether this provider does that; what it cannot do raises `NotSupported`."""
        return method in cls.capabilities

    @classmethod
    def connect(
        cls, credentials: Mapping[str, str], http_factory: HttpFactory, tokens: TokenStore | None = None
    ) -> Connector:
        """Return a connector of this kind, ready to call. `tokens` where the credentials wear out."""
        raise NotSupported("connect")

    # -- signing in -----------------------------------------------------------------------------
    def exchange_code(self, code: str, label: str) -> Tokens:
        """Return the tokens for a code a person made at the provider. A code serves once: store them at once."""
        raise NotSupported("exchange_code")

    def keep_signed_in(self, ahead: timedelta, at_least_every: timedelta) -> Tokens:
        """Renew what would expire within `ahead`, or was not renewed for `at_least_every`; return what is stored."""
        raise NotSupported("keep_signed_in")

    def sign_out(self) -> None:
        """Have the provider forget our tokens."""
        raise NotSupported("sign_out")

    def account_details(self) -> AccountDetails:
        """What the credential may do and see. `AuthFailed` when it is dead."""
        raise NotSupported("account_details")

    def test_connection(self) -> str:
        """Prove the credentials; return one sentence naming the account or property seen."""
        raise NotSupported("test_connection")

    # -- set-up ---------------------------------------------------------------------------------
    def ensure_group(self, title: str, external_id: str | None) -> str:
        """Return the id of the provider's account group, created when `external_id` is unknown there."""
        raise NotSupported("ensure_group")

    # Groups are known by the ids we wrote down: the credential may see those of other tenants too.
    def groups(self) -> list[dict[str, Any]]:
        """Every group the credential sees, in the provider's words."""
        raise NotSupported("groups")

    def fetch_group(self, group_id: str) -> dict[str, Any]:
        raise NotSupported("fetch_group")

    def create_group(self, title: str) -> str:
        raise NotSupported("create_group")

    def update_group(self, group_id: str, title: str) -> None:
        raise NotSupported("update_group")

    def delete_group(self, group_id: str) -> None:
        """Refused (`Rejected`) while the group holds a property."""
        raise NotSupported("delete_group")

    def link_property(self, group_id: str, property_id: str) -> None:
        """Put a property into a group; already there is as good."""
        raise NotSupported("link_property")

    def unlink_property(self, group_id: str, property_id: str) -> None:
        """Take a property out of a group. Its last group cannot be left (`Rejected`)."""
        raise NotSupported("unlink_property")

    def find_property(self, title: str, group_id: str) -> str | None:
        """The id of a property of ours that exists there already, else `None`: creation may have been cut short."""
        raise NotSupported("find_property")

    def fetch_properties(self) -> tuple[RemoteProperty, ...]:
        """Every property the credential sees, to choose from."""
        raise NotSupported("fetch_properties")

    def create_property(self, details: PropertyDetails, group_id: str | None) -> str:
        raise NotSupported("create_property")

    def create_room_type(self, property_id: str, details: RoomTypeDetails, units: int) -> str:
        raise NotSupported("create_room_type")

    def create_rate_plan(
        self, property_id: str, room_type_id: str, title: str, currency: str, occupancy: int, meal_plan: str | None
    ) -> str:
        raise NotSupported("create_rate_plan")

    def fetch_products(self, property_id: str) -> tuple[RemoteRoomType, ...]:
        raise NotSupported("fetch_products")

    # -- out ------------------------------------------------------------------------------------
    def push_calendar(
        self,
        property_id: str,
        kind: LaneKind,
        changes: Sequence[CalendarChange],
        rooms: Mapping[str, RoomNights] | None = None,
    ) -> PushResult:
        """Send changes of one kind for one property, in the order given, in the fewest calls.

        `rooms` says, per room type id of the provider, what is wanted of the nights of the changes.
        """
        raise NotSupported("push_calendar")

    @classmethod
    def cannot_take(cls, cell: Cell) -> tuple[str, ...]:
        """The fields of a cell whose value this provider would refuse or change, whatever the night. Empty: none."""
        return ()

    @classmethod
    def as_held(cls, cells: Mapping[str, Cell]) -> Mapping[str, Cell]:
        """What this provider holds of one night when all plans of a room type ask for `cells`.

        A provider that keeps restrictions with the room type holds the strictest for all of its plans.
        """
        return cells

    def read_calendar(
        self, property_id: str, kind: LaneKind, external_ids: Iterable[str], first: date, last: date
    ) -> Mapping[str, Sequence[Run]]:
        """What the provider holds now, per product, as runs. Compare with `agrees`, not with `==`."""
        raise NotSupported("read_calendar")

    def agrees(self, wanted: int | Cell, seen: int | Cell, available: int | None = None) -> bool:
        """True when a night read back is what we sent.

        Providers change some values by themselves; that is not drift. `available` is what the
        room type has on sale that night, where known.
        """
        return wanted == seen

    # -- in -------------------------------------------------------------------------------------
    def fetch_messages(self, property_id: str | None = None) -> Page:
        """The first page of booking messages nobody acknowledged yet, oldest first.

        Acknowledging shrinks the set: read page one again until it is empty.
        """
        raise NotSupported("fetch_messages")

    def fetch_message(self, external_revision_id: str) -> Message:
        """One booking message by its id, acknowledged or not."""
        raise NotSupported("fetch_message")

    def recover_messages(self, property_id: str, since: datetime) -> Page:
        """Booking messages since a time, acknowledged or not, all pages."""
        raise NotSupported("recover_messages")

    def fetch_stays(self, property_id: str, first: date, last: date) -> Page:
        """The bookings, cancelled ones too, whose stay touches the nights `first` to `last`."""
        raise NotSupported("fetch_stays")

    def fetch_bookings(self, property_id: str, external_booking_ids: Sequence[str]) -> Page:
        """These bookings as they are now. One that does not come back is not there any more."""
        raise NotSupported("fetch_bookings")

    def acknowledge(self, external_revision_id: str) -> None:
        raise NotSupported("acknowledge")

    @classmethod
    def parse(cls, raw: bytes) -> Revision:
        """Understand one stored message. Pure. Raises `Malformed` with the field at fault."""
        raise NotSupported("parse")

    # -- reservations made here -----------------------------------------------------------------
    def push_reservation(self, reservation: OutgoingReservation) -> tuple[RoomVerdict, ...]:
        """Make the provider hold our reservation as it is now; one verdict for each room, in order.

        After `Retryable(ambiguous)` push again with `attempted_at`: rooms are then looked up before they
        are created a second time.
        """
        raise NotSupported("push_reservation")

    def update_booking_status(self, external_booking_ids: Sequence[str], state: StayState) -> tuple[RoomVerdict, ...]:
        """Tell the provider where the guests of these bookings are."""
        raise NotSupported("update_booking_status")

    # -- channels and webhooks --------------------------------------------------------------------
    def channels(self, property_id: str) -> tuple[RemoteChannel, ...]:
        raise NotSupported("channels")

    # An OTA is named by our code (BDC, EXP, ABB, AGO), its account by the id a person reads in its extranet.
    def test_channel(self, code: str, account_id: str) -> str:
        """Empty when the OTA lets the provider in, else why not, in a word of the provider."""
        raise NotSupported("test_channel")

    def channel_products(self, code: str, account_id: str) -> tuple[OtaProduct, ...]:
        """What the OTA sells: its rooms with their rates."""
        raise NotSupported("channel_products")

    def create_channel(
        self, code: str, account_id: str, property_id: str, group_id: str, title: str, currency: str
    ) -> str:
        """Return the new channel's id; it is inactive. `Rejected` when the account is connected already."""
        raise NotSupported("create_channel")

    def map_channel(self, external_id: str, code: str, mappings: Sequence[OtaMapping]) -> None:
        """Put these mappings in place of what the channel has."""
        raise NotSupported("map_channel")

    def channel_mappings(self, external_id: str) -> tuple[OtaMapping, ...]:
        raise NotSupported("channel_mappings")

    def change_channel_account(self, external_id: str, code: str, account_id: str) -> None:
        """Another account behind the same channel; its mappings stay."""
        raise NotSupported("change_channel_account")

    def check_readiness(self, external_id: str) -> tuple[str, ...]:
        """What a channel lacks before it may be switched on, a word each; empty: it is ready."""
        raise NotSupported("check_readiness")

    def activate_channel(self, external_id: str) -> None:
        raise NotSupported("activate_channel")

    def deactivate_channel(self, external_id: str) -> None:
        """Stop data. The OTA goes on selling what it holds."""
        raise NotSupported("deactivate_channel")

    def delete_channel(self, external_id: str) -> None:
        raise NotSupported("delete_channel")

    def consent_link(self, code: str, property_id: str, group_id: str, back_url: str, title: str) -> str:
        """Where a person consents, for OTAs that are connected that way. Never logged."""
        raise NotSupported("consent_link")

    def frame_link(self, property_id: str, username: str, group_id: str | None, language: str = "en") -> str:
        """One opening of the provider's own pages for this property. Never logged."""
        raise NotSupported("frame_link")

    def counts_by_itself(self, property_id: str) -> tuple[str, ...]:
        """The provider's settings by which it would change availability besides us; empty: it leaves that to us."""
        raise NotSupported("counts_by_itself")

    def stop_counting(self, property_id: str) -> None:
        raise NotSupported("stop_counting")

    def delete_rate_plan(self, rate_plan_id: str, *, force: bool = False) -> None:
        raise NotSupported("delete_rate_plan")

    def set_channel_limit(self, property_id: str, limit: RemoteLimit) -> str:
        """Make one channel see less of some room types; return the limit's id there. The same again changes it."""
        raise NotSupported("set_channel_limit")

    def remove_channel_limit(self, property_id: str, limit: RemoteLimit) -> None:
        """Take a limit back; one that is gone already is as good."""
        raise NotSupported("remove_channel_limit")

    def register_webhook(self, url: str, property_id: str | None, secret: str) -> str:
        """Create or repair our webhook and return its id; the secret travels in a header."""
        raise NotSupported("register_webhook")

    def check_webhook(self, url: str, property_id: str | None, secret: str) -> tuple[str, ...]:
        """Read our webhook back; what is wrong with it, a sentence each. Empty: it is as it must be."""
        raise NotSupported("check_webhook")

    @classmethod
    def verify_webhook(cls, headers: Mapping[str, str], body: bytes, secret: str, *, signed: bool = False) -> bool:
        """True when the delivery proves it knows the secret. Constant time, on bytes, never raises.

        `signed`: a relay in front signs the body, and only its signature counts.
        """
        raise NotSupported("verify_webhook")

    @classmethod
    def parse_webhook(cls, body: bytes) -> WebhookEvent:
        """Pure. Raises `Malformed`. An unknown event is kind `other`, never an error."""
        raise NotSupported("parse_webhook")
