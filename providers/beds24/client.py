"""The Beds24 connector: everything the portal asks of Beds24, in one object."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import ClassVar, Literal

from providers.base import Allowance, Connector
from providers.beds24.bookings import Bookings
from providers.beds24.calendar import Calendar
from providers.beds24.reservations import Reservations
from providers.beds24.webhooks import Webhooks
from providers.http import HttpFactory
from providers.tokens import TokenStore

API_URL = "https://api.beds24.com/v2"
# What is read and written; guests' names and prices are scopes of their own. Nothing is ever deleted there.
RIGHTS = (
    "read:bookings", "write:bookings", "read:bookings-personal", "write:bookings-personal",
    "read:bookings-financial", "write:bookings-financial", "read:inventory", "write:inventory",
    "read:properties", "write:properties",
)  # fmt: skip


class Beds24(Calendar, Bookings, Reservations, Webhooks, Connector):
    """One account, of which a connection uses one property. Not declared: a feed (changes are asked for by time),
    acknowledgement, creating content, and which OTAs are connected, which Beds24 does not tell."""

    name: ClassVar[str] = "beds24"
    capabilities: ClassVar[frozenset[str]] = frozenset(
        {
            "exchange_code",
            "keep_signed_in",
            "sign_out",
            "account_details",
            "test_connection",
            "fetch_properties",
            "fetch_products",
            "push_calendar",
            "read_calendar",
            "recover_messages",
            "fetch_message",
            "fetch_stays",
            "fetch_bookings",
            "parse",
            "push_reservation",
            "update_booking_status",
            "register_webhook",
            "check_webhook",
            "verify_webhook",
            "parse_webhook",
        }
    )
    restrictions_of: ClassVar[Literal["rate_plan", "room_type"]] = "room_type"
    checked_every: ClassVar[timedelta] = timedelta(hours=6)  # it costs credits, and there are no OTAs' states to ask
    webhooks_of: ClassVar[Literal["account", "property"]] = "property"
    from_settings: ClassVar[Mapping[str, str]] = {"api_url": "api_url", "organization": "organization"}
    own_hosts: ClassVar[tuple[str, ...]] = ("beds24.com",)
    # 100 credits in five minutes unless the account bought more; a call costs one and a little.
    allowance: ClassVar[Allowance | None] = Allowance(100.0, 300.0, reserve=12.0, cost=1.5)
    needs_currency: ClassVar[bool] = True

    @classmethod
    def lacks(cls, scopes: Sequence[str]) -> tuple[str, ...]:
        held = set(scopes)
        return tuple(right for right in RIGHTS if right not in held and f"all:{right.partition(':')[2]}" not in held)

    @classmethod
    def connect(
        cls, credentials: Mapping[str, str], http_factory: HttpFactory, tokens: TokenStore | None = None
    ) -> Beds24:
        """Credentials: optionally `api_url` (with `/v2`) and `currency`, the property's, which bookings do not name.

        Without `tokens` it can only exchange an invite code. `organization` is what integration partners send.
        """
        partner = credentials.get("organization")
        http = http_factory(credentials.get("api_url") or API_URL, {"organization": partner} if partner else {})
        return cls(http, tokens, credentials.get("currency"))
