"""The Channex connector: everything the portal asks of Channex, in one object."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from providers.base import Connector
from providers.channex.bookings import Bookings
from providers.channex.calendar import Calendar
from providers.channex.channels import Channels
from providers.channex.content import Content
from providers.channex.limits import Limits
from providers.channex.otas import Otas
from providers.channex.webhooks import Webhooks
from providers.http import HttpFactory
from providers.tokens import TokenStore

KEY_HEADER = "user-api-key"


class Channex(Content, Calendar, Bookings, Channels, Limits, Otas, Webhooks, Connector):
    """One master key for every property. The caller checks that a property is the tenant's own: Channex does not."""

    name: ClassVar[str] = "channex"
    capabilities: ClassVar[frozenset[str]] = frozenset(
        {
            "test_connection",
            "ensure_group",
            "groups",
            "fetch_group",
            "create_group",
            "update_group",
            "delete_group",
            "link_property",
            "unlink_property",
            "find_property",
            "create_property",
            "create_room_type",
            "create_rate_plan",
            "fetch_products",
            "push_calendar",
            "read_calendar",
            "fetch_messages",
            "fetch_message",
            "recover_messages",
            "acknowledge",
            "parse",
            "channels",
            "test_channel",
            "channel_products",
            "create_channel",
            "map_channel",
            "channel_mappings",
            "change_channel_account",
            "check_readiness",
            "activate_channel",
            "deactivate_channel",
            "delete_channel",
            "consent_link",
            "frame_link",
            "counts_by_itself",
            "stop_counting",
            "delete_rate_plan",
            "set_channel_limit",
            "remove_channel_limit",
            "register_webhook",
            "check_webhook",
            "verify_webhook",
            "parse_webhook",
        }
    )
    horizon_days: ClassVar[int] = 500
    account_feed: ClassVar[bool] = True
    from_settings: ClassVar[Mapping[str, str]] = {
        "api_url": "api_url",
        "api_key": "api_key",
        "page_size": "sync_batch_size",
    }
    needs_settings: ClassVar[tuple[str, ...]] = ("api_url", "api_key")
    own_hosts: ClassVar[tuple[str, ...]] = ("channex.io",)

    @classmethod
    def connect(
        cls, credentials: Mapping[str, str], http_factory: HttpFactory, tokens: TokenStore | None = None
    ) -> Channex:
        """Credentials: `api_url` (with `/api/v1`), `api_key`, and optionally `page_size` of the feed (1 to 100)."""
        http = http_factory(credentials["api_url"], {KEY_HEADER: credentials["api_key"]})
        return cls(http, int(credentials.get("page_size", 100)))
