"""Ours ↔ the provider's, one-to-one within a connection."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import SmallInteger, String, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from portal.models.base import Created, TenantRow, belongs_to


class RoomMapping(TenantRow):
    __tablename__ = "room_mappings"

    connection_id: Mapped[UUID]
    room_type_id: Mapped[UUID]
    external_id: Mapped[str] = mapped_column(String(64))
    external_name: Mapped[str] = mapped_column(String(255), default="")
    missing: Mapped[bool] = mapped_column(default=False)  # no longer there at the provider
    created_at: Mapped[Created]

    __table_args__: Any = (
        belongs_to("connections", "connection_id", cascade=True),
        belongs_to("room_types", "room_type_id"),
        UniqueConstraint("organization_id", "connection_id", "room_type_id"),
        UniqueConstraint("organization_id", "connection_id", "external_id"),
    )


class RateMapping(TenantRow):
    __tablename__ = "rate_mappings"

    connection_id: Mapped[UUID]
    rate_plan_id: Mapped[UUID]
    external_id: Mapped[str] = mapped_column(String(64))
    external_name: Mapped[str] = mapped_column(String(255), default="")
    occupancy: Mapped[int | None] = mapped_column(SmallInteger)
    option_ids: Mapped[dict[str, int]] = mapped_column(JSONB, default=dict)  # other ids a booking may name
    missing: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[Created]

    __table_args__: Any = (
        belongs_to("connections", "connection_id", cascade=True),
        belongs_to("rate_plans", "rate_plan_id"),
        UniqueConstraint("organization_id", "connection_id", "rate_plan_id"),
        UniqueConstraint("organization_id", "connection_id", "external_id"),
    )
