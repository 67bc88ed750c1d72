"""A hotel: its place, money and time."""

from __future__ import annotations

from datetime import time
from typing import Any

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from portal.models.base import Created, Money, TenantRow, of_organization


class Property(TenantRow):
    __tablename__ = "properties"

    name: Mapped[str] = mapped_column(String(200))
    currency: Mapped[str] = mapped_column(String(3))  # ISO 4217
    timezone: Mapped[str] = mapped_column(String(64))  # IANA name
    country: Mapped[str | None] = mapped_column(String(2))  # ISO 3166-1 alpha-2
    email: Mapped[str | None] = mapped_column(String(254))
    phone: Mapped[str | None] = mapped_column(String(32))
    address: Mapped[str | None] = mapped_column(String(255))
    city: Mapped[str | None] = mapped_column(String(255))
    postal_code: Mapped[str | None] = mapped_column(String(32))
    check_in_from: Mapped[time] = mapped_column(default=time(15))  # property local
    check_out_until: Mapped[time] = mapped_column(default=time(11))
    price_floor: Mapped[Money | None]  # no night of any plan below it without a second look
    price_ceiling: Mapped[Money | None]
    created_at: Mapped[Created]

    __table_args__: Any = (of_organization(), Index(None, "organization_id", "name"))
