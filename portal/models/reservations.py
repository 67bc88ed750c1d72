"""A reservation and its rooms."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, DateTime, Index, Integer, SmallInteger, String, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from portal.domain.reservations import Source, Status
from portal.models.base import Created, Money, TenantRow, belongs_to, choice
from portal.models.sealed import Sealed


class Reservation(TenantRow):
    """What one guest booked in one go. `check_in`/`check_out` span its active rooms."""

    __tablename__ = "reservations"

    property_id: Mapped[UUID]
    version: Mapped[int] = mapped_column(Integer, default=1)
    code: Mapped[str] = mapped_column(String(64))  # the OTA's code, or ours for a direct sale
    source: Mapped[Source] = mapped_column(choice(Source))
    channel: Mapped[str] = mapped_column(String(8))  # domain.channels code: BDC, EXP … DIR
    status: Mapped[Status] = mapped_column(choice(Status))
    guest_id: Mapped[UUID | None]
    check_in: Mapped[date]
    check_out: Mapped[date]
    adults: Mapped[int] = mapped_column(SmallInteger, default=1)
    children: Mapped[int] = mapped_column(SmallInteger, default=0)
    infants: Mapped[int] = mapped_column(SmallInteger, default=0)
    currency: Mapped[str] = mapped_column(String(3))
    amount: Mapped[Money | None]
    commission: Mapped[Money | None]
    payment_collect: Mapped[str | None] = mapped_column(String(16))  # property, ota
    details_sealed: Mapped[bytes | None]  # notes, arrival hour, charges, payment type, card brand
    cancel_reason: Mapped[str | None] = mapped_column(String(500))
    booked_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    cancelled_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    idempotency_key: Mapped[str | None] = mapped_column(String(64))
    created_at: Mapped[Created]
    updated_at: Mapped[Created]

    details = Sealed.json("details_sealed")

    __table_args__: Any = (
        belongs_to("properties", "property_id", cascade=True),
        belongs_to("guests", "guest_id"),
        CheckConstraint("check_out > check_in", name="stay"),
        CheckConstraint("amount is null or amount <> 'NaN'", name="amount"),
        Index("ix_reservations_newest", "organization_id", "property_id", text("id desc")),
        Index("ix_reservations_arrival", "organization_id", "property_id", "check_in"),
        Index("ix_reservations_departure", "organization_id", "property_id", "check_out"),
        Index("ix_reservations_guest", "organization_id", "guest_id"),
        Index("ix_reservations_code", "organization_id", text("upper(code) text_pattern_ops")),
        Index(
            "uq_reservations_idempotency",
            "organization_id",
            "idempotency_key",
            unique=True,
            postgresql_where=text("idempotency_key is not null"),
        ),
    )


class ReservationRoom(TenantRow):
    """One room of a reservation: what was sold, and the room it got.

    `room_id` NULL on an active row: sold but not placed. `room_type_id` NULL: the channel's product
    is not mapped, so it counts against every type of the property until a person places it.
    """

    __tablename__ = "reservation_rooms"

    reservation_id: Mapped[UUID]
    property_id: Mapped[UUID]
    position: Mapped[int] = mapped_column(SmallInteger, default=0)
    room_type_id: Mapped[UUID | None]
    rate_plan_id: Mapped[UUID | None]
    room_id: Mapped[UUID | None]
    active: Mapped[bool] = mapped_column(default=True)  # false: this room was cancelled, or the whole stay
    check_in: Mapped[date]
    check_out: Mapped[date]
    adults: Mapped[int] = mapped_column(SmallInteger, default=1)
    children: Mapped[int] = mapped_column(SmallInteger, default=0)
    infants: Mapped[int] = mapped_column(SmallInteger, default=0)
    amount: Mapped[Money | None]
    nightly: Mapped[dict[str, str]] = mapped_column(JSONB, default=dict)  # {night: amount as text}
    external_id: Mapped[str | None] = mapped_column(String(64))  # the provider's id of this room
    external_room_type_id: Mapped[str | None] = mapped_column(String(64))
    external_rate_plan_id: Mapped[str | None] = mapped_column(String(64))
    guest_name_sealed: Mapped[bytes | None]
    created_at: Mapped[Created]

    guest_name = Sealed.text("guest_name_sealed")

    __table_args__: Any = (
        belongs_to("reservations", "reservation_id", cascade=True),
        belongs_to("properties", "property_id", cascade=True),
        belongs_to("room_types", "room_type_id"),
        belongs_to("rate_plans", "rate_plan_id"),
        belongs_to("rooms", "room_id"),
        CheckConstraint("check_out > check_in", name="stay"),
        Index("ix_reservation_rooms_reservation", "organization_id", "reservation_id"),
        Index("ix_reservation_rooms_room", "organization_id", "room_id", "check_out"),
        Index(
            "ix_reservation_rooms_waiting",
            "organization_id",
            "property_id",
            "check_out",
            postgresql_where=text("active and room_id is null"),
        ),
    )
