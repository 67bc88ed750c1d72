"""One property talking to one provider account, and what there is to do for it."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, DateTime, Index, Integer, SmallInteger, String, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from portal.models.base import Created, TenantDetail, TenantRow, belongs_to, choice, of_organization
from portal.models.sealed import Sealed


class ConnectionState(StrEnum):
    SETTING_UP = "setting_up"
    ACTIVE = "active"
    PAUSED = "paused"  # by a person
    BROKEN = "broken"  # needs a person: the credential is refused, the property is gone
    CLOSING = "closing"  # told to end: every night goes to 0 first
    DISCONNECTED = "disconnected"


class ChannelState(StrEnum):
    PENDING = "pending"
    CONNECTED = "connected"
    DISCONNECTED = "disconnected"
    ERROR = "error"


class Duty(StrEnum):
    """What is done for a connection, each by one worker at a time."""

    DRAIN = "drain"  # read webhook events and the feed, acknowledge, apply
    PUSH = "push"  # send what the lanes want
    FULL_SYNC = "full_sync"  # forget what was acknowledged, daily
    PARITY = "parity"  # read the provider's calendar back
    CHANNELS = "channels"  # poll the OTAs' states
    LIMITS = "limits"  # bring the limits per channel
    PROVISION = "provision"  # create or adopt our products at the provider
    PRODUCTS = "products"  # read its products for the mapping page, place held bookings
    STAYS = "stays"  # read every booking that is not over yet again, daily
    RATES = "rates"  # look every hour whether a price went out that did not arrive


class ProviderAccount(TenantRow):
    """The organization at a provider: for Channex, its Group under the master account."""

    __tablename__ = "provider_accounts"

    provider: Mapped[str] = mapped_column(String(16))
    external_id: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[Created]

    __table_args__: Any = (
        of_organization(),
        UniqueConstraint("organization_id", "provider"),
        # Across organizations on purpose: two tenants must never share one group.
        Index("uq_provider_accounts_external", "provider", "external_id", unique=True),
    )


class Connection(TenantRow):
    __tablename__ = "connections"

    property_id: Mapped[UUID]
    provider: Mapped[str] = mapped_column(String(16))
    state: Mapped[ConnectionState] = mapped_column(choice(ConnectionState), default=ConnectionState.SETTING_UP)
    state_reason: Mapped[str] = mapped_column(String(300), default="")
    external_property_id: Mapped[str | None] = mapped_column(String(64))
    external_webhook_id: Mapped[str | None] = mapped_column(String(64))
    sync_enabled: Mapped[bool] = mapped_column(default=True)
    push_enabled: Mapped[bool] = mapped_column(default=True)
    pull_enabled: Mapped[bool] = mapped_column(default=True)
    webhooks_enabled: Mapped[bool] = mapped_column(default=True)
    switched_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    switched_by: Mapped[str] = mapped_column(String(200), default="")
    webhook_key_hash: Mapped[bytes | None]  # of the unguessable part of the connection's own URL
    webhook_key_sealed: Mapped[bytes | None]
    webhook_secret_sealed: Mapped[bytes | None]
    login_id: Mapped[UUID | None]  # where the credential is one that wears out
    credentials_sealed: Mapped[bytes | None]  # empty for Channex: one master key from the environment
    settings: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    # Where bookings are asked for by time: changes up to then are here. `read_minutes` NULL: the installation's.
    read_until: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    read_minutes: Mapped[int | None] = mapped_column(SmallInteger)
    connected_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    disconnected_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    created_at: Mapped[Created]

    webhook_key = Sealed.text("webhook_key_sealed")
    webhook_secret = Sealed.text("webhook_secret_sealed")
    credentials = Sealed.json("credentials_sealed")

    __table_args__: Any = (
        belongs_to("properties", "property_id", cascade=True),
        belongs_to("provider_logins", "login_id"),
        UniqueConstraint("organization_id", "property_id", "provider"),
        # Across organizations on purpose: a provider's property is routed to exactly one tenant.
        Index(
            "uq_connections_external",
            "provider",
            "external_property_id",
            unique=True,
            postgresql_where=text("external_property_id is not null"),
        ),
        Index("uq_connections_webhook_key", "webhook_key_hash", unique=True),
    )


class Channel(TenantRow):
    """An OTA behind a connection, as the channel manager reports it."""

    __tablename__ = "channels"

    connection_id: Mapped[UUID]
    external_id: Mapped[str] = mapped_column(String(64))
    code: Mapped[str] = mapped_column(String(8))
    title: Mapped[str] = mapped_column(String(200), default="")
    state: Mapped[ChannelState] = mapped_column(choice(ChannelState), default=ChannelState.PENDING)
    error: Mapped[str] = mapped_column(String(500), default="")
    connected_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    disconnected_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    last_sync_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    created_at: Mapped[Created]

    __table_args__: Any = (
        belongs_to("connections", "connection_id", cascade=True),
        UniqueConstraint("organization_id", "connection_id", "external_id"),
    )


class DutyRow(TenantDetail):
    """Work to do, as a row with a lease. Times are the database's.

    `due_at` says when by the clock (full sync, parity, channels, a requested run); pushes and drains
    are due by the rows they serve (lanes, webhook events, inbox). `fence` grows with every claim, so
    that a holder that slept past its lease finds out before it writes.
    """

    __tablename__ = "duties"

    connection_id: Mapped[UUID] = mapped_column(primary_key=True)
    duty: Mapped[Duty] = mapped_column(choice(Duty), primary_key=True)
    due_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    retry_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))  # not before
    attempts: Mapped[int] = mapped_column(Integer, default=0, server_default="0")  # failed ones in a row
    fence: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    holder: Mapped[str] = mapped_column(String(100), default="", server_default="")
    leased_until: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    started_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    finished_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))  # the last success
    error: Mapped[str] = mapped_column(String(500), default="", server_default="")
    request: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict, server_default="{}")

    __table_args__: Any = (
        belongs_to("connections", "connection_id", cascade=True),
        # The sweep asks across organizations (function due_work), so this one leads with the time.
        Index("ix_duties_due", "due_at", postgresql_where=text("due_at is not null")),
    )
