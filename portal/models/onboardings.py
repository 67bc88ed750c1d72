"""A hotel's way from its first form to the first proved night, kept so that it can be left and taken up again."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import DateTime, Index, String, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from portal.models.base import Created, TenantRow, belongs_to, of_organization


class Onboarding(TenantRow):
    """`answers` holds every step's input as it was typed, valid or not; `answered` the steps whose input is valid.

    `property_id` is set once the hotel exists. `route` says how it connects: empty (not chosen), `later`, or a
    provider and an OTA (`channex:BDC`). `proof` is the first night that was read back after activation.
    """

    __tablename__ = "onboardings"

    property_id: Mapped[UUID | None]
    route: Mapped[str] = mapped_column(String(32), default="")
    switching: Mapped[bool] = mapped_column(default=False)  # another channel manager sells there today
    answers: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    answered: Mapped[list[str]] = mapped_column(JSONB, default=list)
    started_by: Mapped[str] = mapped_column(String(200), default="")
    run_id: Mapped[UUID | None]  # the full sync of the activation
    activated_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    proved_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    proof: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    closed_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))  # finished, or put away
    created_at: Mapped[Created]

    __table_args__: Any = (
        of_organization(),
        belongs_to("properties", "property_id", cascade=True),
        UniqueConstraint("organization_id", "property_id"),
        Index(None, "organization_id", "created_at"),
    )
