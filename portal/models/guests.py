"""Guests: personal data as ciphertext, found by keyed hashes."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import DateTime, Index, String, text
from sqlalchemy.dialects.postgresql import JSONB
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
    # {field: {"by": provider or desk, "at": moment}}: where each value comes from; never the value itself.
    sources: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict, server_default="{}")
    # This person was found to be that one. The row keeps its own values, so that it can be undone.
    merged_into: Mapped[UUID | None]
    created_at: Mapped[Created]

    name = Sealed.text("name_sealed")
    contact = Sealed.json("contact_sealed")
    notes = Sealed.text("notes_sealed")

    __table_args__: Any = (
        of_organization(),
        belongs_to("guests", "merged_into"),
        Index("ix_guests_merged", "organization_id", "merged_into", postgresql_where=text("merged_into is not null")),
    )


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


class GuestMerge(TenantRow):
    """Two guests made one, with all that is needed to make them two again."""

    __tablename__ = "guest_merges"

    kept_id: Mapped[UUID]
    gone_id: Mapped[UUID]
    record_sealed: Mapped[bytes | None]  # the kept guest before and after, keys and stays that changed hands
    merged_by: Mapped[str] = mapped_column(String(200), default="")
    undone_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    undone_by: Mapped[str] = mapped_column(String(200), default="")
    created_at: Mapped[Created]

    record = Sealed.json("record_sealed")

    __table_args__: Any = (
        belongs_to("guests", "kept_id", cascade=True),
        belongs_to("guests", "gone_id", cascade=True),
        Index("ix_guest_merges_kept", "organization_id", "kept_id"),
        Index("ix_guest_merges_gone", "organization_id", "gone_id"),
    )
