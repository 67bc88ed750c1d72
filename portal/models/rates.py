"""Prices and restrictions: plan (base) → rule (season × weekday) → day (one night's override)."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, DateTime, Index, Numeric, SmallInteger, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.models.base import Created, Money, TenantDetail, TenantRow, belongs_to


class RatePlan(TenantRow):
    """`base_rate` NULL: a plan without a price, never for sale. A child derives its rate from its parent."""

    __tablename__ = "rate_plans"

    property_id: Mapped[UUID]
    room_type_id: Mapped[UUID]
    name: Mapped[str] = mapped_column(String(200))
    currency: Mapped[str] = mapped_column(String(3))
    meal_plan: Mapped[str] = mapped_column(String(32), default="room_only")
    cancellation_policy: Mapped[str] = mapped_column(String(500), default="")
    base_rate: Mapped[Money | None]
    parent_id: Mapped[UUID | None]
    derived_percent: Mapped[Decimal | None] = mapped_column(Numeric(7, 3))  # -10 = ten percent below the parent
    derived_amount: Mapped[Money | None]
    min_stay_arrival: Mapped[int] = mapped_column(SmallInteger, default=1)
    min_stay_through: Mapped[int] = mapped_column(SmallInteger, default=1)
    max_stay: Mapped[int] = mapped_column(SmallInteger, default=0)  # 0 = no limit
    floor: Mapped[Money | None]
    ceiling: Mapped[Money | None]
    position: Mapped[int] = mapped_column(SmallInteger, default=0)
    archived_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    created_at: Mapped[Created]

    __table_args__: Any = (
        belongs_to("properties", "property_id", cascade=True),
        belongs_to("room_types", "room_type_id"),
        belongs_to("rate_plans", "parent_id"),
        UniqueConstraint("organization_id", "room_type_id", "name"),
        Index(None, "organization_id", "property_id"),
        # NaN passes every comparison in `numeric`, so it is named.
        CheckConstraint("base_rate is null or (base_rate >= 0 and base_rate <> 'NaN')", name="base_rate"),
        CheckConstraint("parent_id is null or parent_id <> id", name="parent"),
    )


class RateRule(TenantRow):
    """A season or weekend: both nights included, `weekdays` a mask with Monday = 1 … Sunday = 64."""

    __tablename__ = "rate_rules"

    rate_plan_id: Mapped[UUID]
    name: Mapped[str] = mapped_column(String(100), default="")
    first_night: Mapped[date]
    last_night: Mapped[date]
    weekdays: Mapped[int] = mapped_column(SmallInteger, default=127)
    priority: Mapped[int] = mapped_column(SmallInteger, default=0)
    rate: Mapped[Money | None]
    min_stay_arrival: Mapped[int | None] = mapped_column(SmallInteger)
    min_stay_through: Mapped[int | None] = mapped_column(SmallInteger)
    max_stay: Mapped[int | None] = mapped_column(SmallInteger)
    closed_to_arrival: Mapped[bool | None]
    closed_to_departure: Mapped[bool | None]
    stop_sell: Mapped[bool | None]
    created_at: Mapped[Created]

    __table_args__: Any = (
        belongs_to("rate_plans", "rate_plan_id", cascade=True),
        Index(None, "organization_id", "rate_plan_id"),
        CheckConstraint("last_night >= first_night", name="nights"),
        CheckConstraint("weekdays between 1 and 127", name="weekdays"),
        CheckConstraint("rate is null or (rate >= 0 and rate <> 'NaN')", name="rate"),
    )


class RateDay(TenantDetail):
    """One night's override of one plan; NULL leaves a field to the rules."""

    __tablename__ = "rate_days"

    rate_plan_id: Mapped[UUID] = mapped_column(primary_key=True)
    night: Mapped[date] = mapped_column(primary_key=True)
    rate: Mapped[Money | None]
    min_stay_arrival: Mapped[int | None] = mapped_column(SmallInteger)
    min_stay_through: Mapped[int | None] = mapped_column(SmallInteger)
    max_stay: Mapped[int | None] = mapped_column(SmallInteger)
    closed_to_arrival: Mapped[bool | None]
    closed_to_departure: Mapped[bool | None]
    stop_sell: Mapped[bool | None]

    __table_args__: Any = (
        belongs_to("rate_plans", "rate_plan_id", cascade=True),
        CheckConstraint("rate is null or (rate >= 0 and rate <> 'NaN')", name="rate"),
    )
