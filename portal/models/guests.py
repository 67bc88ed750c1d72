"""Guests: personal data as ciphertext, found by keyed hashes."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import DateTime, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from portal.models.base import Created, TenantDetail, TenantRow, belongs_to, of_organization
from portal.models.sealed import Sealed


class Guest(TenantRow):
    __tablename__ = "guests"

    name_sealed: Mapped[bytes | None]
    contact_sealed: Mapped[bytes | None]  # email, phone, address, city, postal_code, state, company
    notes_sealed: Mapped[bytes | None]
    country: Mapped[str | None] = mapped_column(String(2))
    language: Mapped[str | None] = mapped_column(String(16))
    contact_changed_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    created_at: Mapped[Created]

    name = Sealed.text("name_sealed")
    contact = Sealed.json("contact_sealed")
    notes = Sealed.text("notes_sealed")

    __table_args__: Any = (of_organization(),)


class GuestKey(TenantDetail):
    """What a guest is found by. `kind`: provider (a provider's guest id), email, phone, name (one token)."""

    __tablename__ = "guest_keys"

    kind: Mapped[str] = mapped_column(String(16), primary_key=True)
    key: Mapped[bytes] = mapped_column(primary_key=True)
    guest_id: Mapped[UUID] = mapped_column(primary_key=True)

    __table_args__: Any = (
        belongs_to("guests", "guest_id", cascade=True),
        Index("ix_guest_keys_guest", "organization_id", "guest_id"),
    )
