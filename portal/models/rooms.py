"""Which room is taken in which night, and why."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, DateTime, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from portal.models.base import Created, TenantDetail, TenantRow, belongs_to, choice


class BlockReason(StrEnum):
    MAINTENANCE = "maintenance"
    OUT_OF_ORDER = "out_of_order"
    OWNER_USE = "owner_use"
    OTHER = "other"


class RoomBlock(TenantRow):
    """A room not for sale over `[starts, ends)`."""

    __tablename__ = "room_blocks"

    property_id: Mapped[UUID]
    room_id: Mapped[UUID]
    starts: Mapped[date]
    ends: Mapped[date]
    reason: Mapped[BlockReason] = mapped_column(choice(BlockReason))
    note: Mapped[str] = mapped_column(String(500), default="")
    lifted_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    created_at: Mapped[Created]

    __table_args__: Any = (
        belongs_to("properties", "property_id", cascade=True),
        belongs_to("rooms", "room_id"),
        Index(None, "organization_id", "property_id", "ends"),
        CheckConstraint("ends > starts", name="nights"),
    )


class RoomNight(TenantDetail):
    """The guard against double assignment: one room, one night, one taker.

    Insert in (room, night) order: two transactions that take the same rooms then wait in line
    instead of in a circle. Availability counts these rows, so they carry property and type.
    """

    __tablename__ = "room_nights"

    room_id: Mapped[UUID] = mapped_column(primary_key=True)
    night: Mapped[date] = mapped_column(primary_key=True)
    property_id: Mapped[UUID]
    room_type_id: Mapped[UUID]
    reservation_room_id: Mapped[UUID | None]
    block_id: Mapped[UUID | None]

    __table_args__: Any = (
        belongs_to("rooms", "room_id"),
        belongs_to("reservation_rooms", "reservation_room_id", cascade=True),
        belongs_to("room_blocks", "block_id", cascade=True),
        CheckConstraint("num_nonnulls(reservation_room_id, block_id) = 1", name="one_taker"),
        Index("ix_room_nights_property", "organization_id", "property_id", "night", "room_type_id"),
        Index("ix_room_nights_stay", "organization_id", "reservation_room_id"),
        Index("ix_room_nights_block", "organization_id", "block_id"),
    )
