"""A reservation sold here, on its way to a provider that keeps reservations."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import DateTime, Index, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.domain.reservation_pushes import PushState
from portal.models.base import Created, TenantRow, belongs_to, choice


class ReservationPush(TenantRow):
    """The version of the reservation the provider has, against the one we have. Sent by the connection's pusher.

    `attempted_at`: since when nobody knows whether its rooms were made there; they are looked up first.
    """

    __tablename__ = "reservation_pushes"

    connection_id: Mapped[UUID]
    reservation_id: Mapped[UUID]
    state: Mapped[PushState] = mapped_column(choice(PushState), default=PushState.WAITING)
    acknowledged: Mapped[int] = mapped_column(Integer, default=0)  # our version the provider has; 0: none yet
    stay_state: Mapped[str] = mapped_column(String(16), default="expected")  # where it was told the guest is
    attempts: Mapped[int] = mapped_column(Integer, default=0)  # failed ones in a row
    error: Mapped[str] = mapped_column(String(500), default="")
    attempted_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    retry_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))  # not before
    answered_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    created_at: Mapped[Created]

    __table_args__: Any = (
        belongs_to("connections", "connection_id", cascade=True),
        belongs_to("reservations", "reservation_id", cascade=True),
        UniqueConstraint("organization_id", "connection_id", "reservation_id"),
        Index("ix_reservation_pushes_reservation", "organization_id", "reservation_id"),
        Index("ix_reservation_pushes_state", "organization_id", "connection_id", "state"),
    )
