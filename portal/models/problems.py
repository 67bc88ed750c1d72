"""What needs a person: conflicts (two sides disagree) and incidents (one cause, however many failures)."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import DateTime, Index, Integer, String, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from portal.models.base import Created, TenantRow, belongs_to, choice
from portal.models.sealed import Sealed


class ConflictType(StrEnum):
    TIMESTAMP = "TIMESTAMP"
    STATUS = "STATUS"
    DATE = "DATE"
    AMOUNT = "AMOUNT"
    ROOM = "ROOM"
    GUEST = "GUEST"
    OVERBOOKING = "OVERBOOKING"
    UNMAPPED = "UNMAPPED"
    CALENDAR = "CALENDAR"


class Conflict(TenantRow):
    __tablename__ = "conflicts"

    property_id: Mapped[UUID]
    reservation_id: Mapped[UUID | None]
    reservation_room_id: Mapped[UUID | None]
    connection_id: Mapped[UUID | None]
    inbox_id: Mapped[UUID | None]
    type: Mapped[ConflictType] = mapped_column(choice(ConflictType))
    field: Mapped[str] = mapped_column(String(32), default="")
    strategy: Mapped[str] = mapped_column(String(16), default="MANUAL")  # AUTO, MANUAL, RESOLVED
    sides_sealed: Mapped[bytes | None]  # {base, ours, theirs}
    reason: Mapped[str] = mapped_column(String(300), default="")
    opened_at: Mapped[Created]
    resolved_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    resolved_by: Mapped[str] = mapped_column(String(200), default="")
    action: Mapped[str] = mapped_column(String(32), default="")

    sides = Sealed.json("sides_sealed")

    __table_args__: Any = (
        belongs_to("properties", "property_id", cascade=True),
        belongs_to("reservations", "reservation_id", cascade=True),
        Index(
            "ix_conflicts_open",
            "organization_id",
            "property_id",
            text("id desc"),
            postgresql_where=text("resolved_at is null"),
        ),
        Index("ix_conflicts_reservation", "organization_id", "reservation_id"),
    )


class Incident(TenantRow):
    """`cause` is the same for every failure of one kind: at most one is open at a time."""

    __tablename__ = "incidents"

    property_id: Mapped[UUID]
    connection_id: Mapped[UUID | None]
    category: Mapped[str] = mapped_column(String(24))  # AUTH_ERROR, RATE_LIMIT, MAPPING_ERROR, SYNC_FAILED …
    cause: Mapped[str] = mapped_column(String(200))
    message: Mapped[str] = mapped_column(String(64))  # key of services.incidents.MESSAGES
    facts: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    count: Mapped[int] = mapped_column(Integer, default=1)
    opened_at: Mapped[Created]
    last_at: Mapped[Created]
    resolved_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    resolved_by: Mapped[str] = mapped_column(String(200), default="")

    __table_args__: Any = (
        belongs_to("properties", "property_id", cascade=True),
        belongs_to("connections", "connection_id", cascade=True),
        Index(
            "uq_incidents_open",
            "organization_id",
            "cause",
            unique=True,
            postgresql_where=text("resolved_at is null"),
        ),
        Index("ix_incidents_property", "organization_id", "property_id", text("id desc")),
    )
