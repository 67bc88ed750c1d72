"""What came in: deliveries (webhook events) and booking messages (the inbox). Raw bytes first."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import DateTime, Index, Integer, SmallInteger, String, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from portal.models.base import Created, GlobalRow, TenantRow, belongs_to, choice
from portal.models.sealed import Sealed


class InboxState(StrEnum):
    RECEIVED = "received"
    APPLIED = "applied"
    HISTORY = "history"  # older than what we already hold, or a repeat: kept, changed nothing
    QUARANTINED = "quarantined"  # cannot be understood, or killed its worker: a person looks at it


class InboxMessage(TenantRow):
    """One provider message about one booking. The row keeps what it changed (`effect`)."""

    __tablename__ = "inbox"

    connection_id: Mapped[UUID]
    origin: Mapped[str] = mapped_column(String(16))  # webhook, feed, poll, replay, recovery
    event_key: Mapped[str] = mapped_column(String(128))
    external_booking_id: Mapped[str | None] = mapped_column(String(64))
    state: Mapped[InboxState] = mapped_column(
        choice(InboxState), default=InboxState.RECEIVED, server_default=InboxState.RECEIVED.value
    )
    starts: Mapped[int] = mapped_column(SmallInteger, default=0, server_default="0")  # begun, not finished
    raw_sealed: Mapped[bytes]
    reservation_id: Mapped[UUID | None]
    ordering: Mapped[str] = mapped_column(String(64), default="", server_default="")
    outcome: Mapped[str] = mapped_column(String(32), default="", server_default="")
    effect_sealed: Mapped[bytes | None]
    error: Mapped[str] = mapped_column(String(500), default="", server_default="")
    correlation_id: Mapped[str] = mapped_column(String(64), default="", server_default="")
    received_at: Mapped[Created]
    finished_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    acknowledged_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))

    raw = Sealed.raw("raw_sealed")
    effect = Sealed.json("effect_sealed")

    __table_args__: Any = (
        belongs_to("connections", "connection_id", cascade=True),
        belongs_to("reservations", "reservation_id"),
        UniqueConstraint("organization_id", "connection_id", "event_key"),
        Index("ix_inbox_booking", "organization_id", "connection_id", "external_booking_id"),
        Index("ix_inbox_reservation", "organization_id", "reservation_id"),
        Index("ix_inbox_waiting", "organization_id", "connection_id", postgresql_where=text("state = 'received'")),
        Index(
            "ix_inbox_unacknowledged",
            "organization_id",
            "received_at",
            postgresql_where=text("acknowledged_at is null"),
        ),
    )


class EventState(StrEnum):
    RECEIVED = "received"
    PROCESSED = "processed"
    IGNORED = "ignored"
    FAILED = "failed"


class WebhookEvent(TenantRow):
    """One delivery as it came. Written before it is answered, read afterwards."""

    __tablename__ = "webhook_events"

    connection_id: Mapped[UUID]
    route: Mapped[str] = mapped_column(String(16))  # global, connection
    state: Mapped[EventState] = mapped_column(
        choice(EventState), default=EventState.RECEIVED, server_default=EventState.RECEIVED.value
    )
    event: Mapped[str] = mapped_column(String(64), default="", server_default="")  # the provider's name for it
    kind: Mapped[str] = mapped_column(String(24), default="", server_default="")
    event_key: Mapped[str] = mapped_column(String(128), default="", server_default="")
    repeat_of: Mapped[UUID | None]
    starts: Mapped[int] = mapped_column(SmallInteger, default=0, server_default="0")
    address: Mapped[str] = mapped_column(String(64), default="")
    headers: Mapped[dict[str, str]] = mapped_column(JSONB, default=dict)  # secrets left out
    size: Mapped[int] = mapped_column(Integer, default=0)
    body_sealed: Mapped[bytes]
    did: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict, server_default="{}")
    error: Mapped[str] = mapped_column(String(500), default="", server_default="")
    correlation_id: Mapped[str] = mapped_column(String(64), default="")
    received_at: Mapped[Created]
    processed_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))

    body = Sealed.raw("body_sealed")

    __table_args__: Any = (
        belongs_to("connections", "connection_id", cascade=True),
        Index("ix_webhook_events_newest", "organization_id", "connection_id", text("id desc")),
        Index("ix_webhook_events_key", "organization_id", "connection_id", "event_key"),
        Index(
            "ix_webhook_events_waiting",
            "organization_id",
            "connection_id",
            postgresql_where=text("state = 'received'"),
        ),
    )


class UnroutedMessage(GlobalRow):
    """A booking message for a property no organization has. Kept sealed under a platform key."""

    __tablename__ = "unrouted_messages"

    provider: Mapped[str] = mapped_column(String(16))
    event_key: Mapped[str] = mapped_column(String(128))
    external_property_id: Mapped[str | None] = mapped_column(String(64))
    master_key_id: Mapped[str] = mapped_column(String(64))
    raw_sealed: Mapped[bytes]
    received_at: Mapped[Created]
    routed_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))

    __table_args__: Any = (UniqueConstraint("provider", "event_key"),)


class ProviderFeed(GlobalRow):
    """The account-wide booking feed of a provider: when it is read next, and by whom."""

    __tablename__ = "provider_feeds"

    provider: Mapped[str] = mapped_column(String(16), unique=True)
    due_at: Mapped[Created]
    leased_until: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    finished_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    error: Mapped[str] = mapped_column(String(500), default="")
