"""What is sold (room types) and what a guest sleeps in (rooms)."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, DateTime, Index, SmallInteger, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.models.base import Created, TenantRow, belongs_to, choice


class Housekeeping(StrEnum):
    CLEAN = "clean"
    DIRTY = "dirty"
    OUT_OF_ORDER = "out_of_order"


class RoomType(TenantRow):
    __tablename__ = "room_types"

    property_id: Mapped[UUID]
    name: Mapped[str] = mapped_column(String(200))
    max_adults: Mapped[int] = mapped_column(SmallInteger, default=2)
    max_children: Mapped[int] = mapped_column(SmallInteger, default=0)
    max_infants: Mapped[int] = mapped_column(SmallInteger, default=0)
    default_occupancy: Mapped[int] = mapped_column(SmallInteger, default=2)
    position: Mapped[int] = mapped_column(SmallInteger, default=0)
    archived_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    created_at: Mapped[Created]

    __table_args__: Any = (
        belongs_to("properties", "property_id", cascade=True),
        UniqueConstraint("organization_id", "property_id", "name"),
        CheckConstraint("max_adults > 0 and default_occupancy between 1 and max_adults", name="occupancy"),
    )


class Room(TenantRow):
    """One physical unit. An archived room is no longer sold and takes no stay."""

    __tablename__ = "rooms"

    property_id: Mapped[UUID]
    room_type_id: Mapped[UUID]
    number: Mapped[str] = mapped_column(String(32))
    floor: Mapped[str] = mapped_column(String(16), default="", server_default="")
    housekeeping: Mapped[Housekeeping] = mapped_column(choice(Housekeeping), default=Housekeeping.CLEAN)
    position: Mapped[int] = mapped_column(SmallInteger, default=0)
    archived_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    created_at: Mapped[Created]

    __table_args__: Any = (
        belongs_to("properties", "property_id", cascade=True),
        belongs_to("room_types", "room_type_id"),
        UniqueConstraint("organization_id", "property_id", "number"),
        Index(None, "organization_id", "room_type_id"),
    )
