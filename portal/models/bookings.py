"""Our reservation ↔ the provider's booking."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import DateTime, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.models.base import Created, TenantRow, belongs_to
from portal.models.sealed import Sealed


class BookingLink(TenantRow):
    """Holds the base: the last state both sides agreed on.

    `reservation_id` NULL is a tombstone: a cancellation that came before its booking, so that the
    late booking sells no room.
    """

    __tablename__ = "booking_links"

    connection_id: Mapped[UUID]
    external_booking_id: Mapped[str] = mapped_column(String(64))
    unique_code: Mapped[str] = mapped_column(String(80), default="")
    reservation_id: Mapped[UUID | None]
    last_ordering: Mapped[str] = mapped_column(String(64), default="")
    last_revision_id: Mapped[str] = mapped_column(String(128), default="")
    cancelled: Mapped[bool] = mapped_column(default=False)
    missed_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))  # asked for, and did not come
    base_sealed: Mapped[bytes | None]
    created_at: Mapped[Created]

    base = Sealed.json("base_sealed")

    __table_args__: Any = (
        belongs_to("connections", "connection_id", cascade=True),
        belongs_to("reservations", "reservation_id", cascade=True),
        UniqueConstraint("organization_id", "connection_id", "external_booking_id"),
        Index("ix_booking_links_reservation", "organization_id", "reservation_id"),
    )
