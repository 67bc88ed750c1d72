"""Connecting one OTA behind a connection: how far it is, what the OTA sells, what a person decided and ticked."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import DateTime, Index, String, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from portal.models.base import Created, TenantRow, belongs_to, choice
from portal.models.sealed import Sealed


class SetupState(StrEnum):
    WAITING = "waiting"  # for a person or the OTA: it does not let the channel manager in yet
    CHOOSING = "choosing"  # it does; a person says which of its products sells which plan
    CONNECTING = "connecting"  # a worker makes the channel
    CONNECTED = "connected"
    CLOSING = "closing"  # its nights are being taken off sale, this OTA's only
    PAUSED = "paused"  # by a person; mappings are kept at the channel manager for 30 days
    DISCONNECTED = "disconnected"
    ERROR = "error"


class ChannelSetup(TenantRow):
    """`wish` is what a person asked and no worker has done yet; see `services.channel_work`."""

    __tablename__ = "channel_setups"

    connection_id: Mapped[UUID]
    property_id: Mapped[UUID]
    code: Mapped[str] = mapped_column(String(8))
    state: Mapped[SetupState] = mapped_column(choice(SetupState), default=SetupState.WAITING)
    account_id: Mapped[str] = mapped_column(String(64), default="")
    external_id: Mapped[str | None] = mapped_column(String(64))  # of the channel, once it is made
    switching: Mapped[bool] = mapped_column(default=False)  # from another channel manager
    wish: Mapped[str] = mapped_column(String(16), default="")
    wished_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    started_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    done_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))  # a person said: I did it
    done_by: Mapped[str] = mapped_column(String(200), default="")
    checked_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    next_check_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    accepted_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    error: Mapped[str] = mapped_column(String(500), default="")
    lacks: Mapped[list[str]] = mapped_column(JSONB, default=list)  # the readiness check's words
    products: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, default=list)  # OtaProduct as JSON
    choices: Mapped[dict[str, str]] = mapped_column(JSONB, default=dict)  # product key → plan id, or "none"
    ticks: Mapped[dict[str, dict[str, str]]] = mapped_column(JSONB, default=dict)  # item → by, at
    kept: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, default=list)  # mappings while its nights close
    link_sealed: Mapped[bytes | None]
    link_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    created_at: Mapped[Created]

    link = Sealed.text("link_sealed")

    __table_args__: Any = (
        belongs_to("connections", "connection_id", cascade=True),
        belongs_to("properties", "property_id", cascade=True),
        UniqueConstraint("organization_id", "connection_id", "code"),
    )


class MagicLink(TenantRow):
    """A colleague's way to one step of one property. The token is never stored, only its hash."""

    __tablename__ = "magic_links"

    property_id: Mapped[UUID]
    setup_id: Mapped[UUID]
    purpose: Mapped[str] = mapped_column(String(32))
    token_hash: Mapped[bytes]
    browser_hash: Mapped[bytes | None]  # of the cookie of the one browser that opened it
    invited_by: Mapped[str] = mapped_column(String(200))
    expires_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    opened_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    revoked_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    created_at: Mapped[Created]

    __table_args__: Any = (
        belongs_to("properties", "property_id", cascade=True),
        belongs_to("channel_setups", "setup_id", cascade=True),
        UniqueConstraint("organization_id", "token_hash"),
        Index("ix_magic_links_browser", "organization_id", "browser_hash"),
    )
