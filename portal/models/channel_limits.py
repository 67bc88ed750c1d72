"""What one OTA is shown less of than the others: closed, fewer by a number, or never more than a number."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, DateTime, Index, SmallInteger, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.domain.channel_limits import LimitKind, LimitState
from portal.models.base import Created, TenantDetail, TenantRow, belongs_to, choice


class ChannelLimit(TenantRow):
    """A wish for one channel, and how far it got. Nights are dates of the property, both ends included."""

    __tablename__ = "channel_limits"

    property_id: Mapped[UUID]
    connection_id: Mapped[UUID]
    channel_id: Mapped[UUID]
    kind: Mapped[LimitKind] = mapped_column(choice(LimitKind))
    units: Mapped[int] = mapped_column(SmallInteger, default=0)  # what "fewer by" and "never more than" say
    first: Mapped[date]
    last: Mapped[date | None]  # None: until it is ended
    weekdays: Mapped[int] = mapped_column(SmallInteger, default=127)  # bit 0 is Monday
    state: Mapped[LimitState] = mapped_column(choice(LimitState), default=LimitState.SAVED)
    external_id: Mapped[str | None] = mapped_column(String(64))
    answer: Mapped[str] = mapped_column(String(500), default="")  # why it was refused, in the provider's words
    made_by: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[Created]
    sent_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    answered_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))

    rooms: Mapped[list[ChannelLimitRoom]] = relationship(lazy="selectin", cascade="all, delete-orphan")

    __table_args__: Any = (
        belongs_to("properties", "property_id", cascade=True),
        belongs_to("connections", "connection_id", cascade=True),
        belongs_to("channels", "channel_id", cascade=True),
        CheckConstraint("units between 0 and 9999", name="units"),
        CheckConstraint("weekdays between 1 and 127", name="weekdays"),
        CheckConstraint("last is null or last >= first", name="nights"),
        Index("ix_channel_limits_property", "organization_id", "property_id"),
        Index("ix_channel_limits_connection", "organization_id", "connection_id"),
    )


class ChannelLimitRoom(TenantDetail):
    """A room type the limit is for."""

    __tablename__ = "channel_limit_rooms"

    limit_id: Mapped[UUID] = mapped_column(primary_key=True)
    room_type_id: Mapped[UUID] = mapped_column(primary_key=True)

    __table_args__: Any = (
        belongs_to("channel_limits", "limit_id", cascade=True),
        belongs_to("room_types", "room_type_id", cascade=True),
    )
