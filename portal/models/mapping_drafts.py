"""Changing a mapping: what the provider has, what is drafted, what was decided and applied, what has to close."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import DateTime, Index, Integer, String, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from portal.domain.mapping import Decision
from portal.models.base import Created, TenantDetail, TenantRow, belongs_to, choice

EMPTY_LIST, EMPTY_OBJECT = text("'[]'"), text("'{}'")


class RemoteSnapshot(TenantDetail):
    """The provider's products as last read. `asked_at` > `answered_at`: a worker is on its way.

    `replay` is how far the last replay of held bookings came: {asked_at, all, placed, left, finished_at}.
    """

    __tablename__ = "remote_snapshots"

    connection_id: Mapped[UUID] = mapped_column(primary_key=True)
    products: Mapped[list[Any]] = mapped_column(JSONB, default=list, server_default=EMPTY_LIST)
    asked_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    answered_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    fetched_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))  # the last success
    error: Mapped[str] = mapped_column(String(500), default="", server_default="")
    replay: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict, server_default=EMPTY_OBJECT)

    __table_args__: Any = (belongs_to("connections", "connection_id", cascade=True),)


class MappingDraft(TenantDetail):
    """What shall become of the live mapping: only what differs from it. `version` grows with every change."""

    __tablename__ = "mapping_drafts"

    connection_id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    wanted: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict, server_default=EMPTY_OBJECT)
    changed_by: Mapped[str] = mapped_column(String(200), default="", server_default="")
    changed_at: Mapped[Created]

    __table_args__: Any = (belongs_to("connections", "connection_id", cascade=True),)


class ProductDecision(TenantDetail):
    """Why a product of the provider is not mapped. `product` as in `domain.mapping.Item.key`."""

    __tablename__ = "product_decisions"

    connection_id: Mapped[UUID] = mapped_column(primary_key=True)
    product: Mapped[str] = mapped_column(String(80), primary_key=True)
    decision: Mapped[Decision] = mapped_column(choice(Decision))
    decided_at: Mapped[Created]

    __table_args__: Any = (belongs_to("connections", "connection_id", cascade=True),)


class MappingChange(TenantRow):
    """One application of a draft (or its undoing): both sides whole, so that it can be undone exactly."""

    __tablename__ = "mapping_changes"

    connection_id: Mapped[UUID]
    before: Mapped[dict[str, Any]] = mapped_column(JSONB)
    after: Mapped[dict[str, Any]] = mapped_column(JSONB)
    names: Mapped[dict[str, str]] = mapped_column(JSONB, default=dict)  # what the products were called then
    undoes: Mapped[UUID | None]  # the change that this one took back
    by: Mapped[str] = mapped_column(String(200), default="")
    applied_at: Mapped[Created]
    undone_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))

    __table_args__: Any = (
        belongs_to("connections", "connection_id", cascade=True),
        Index("ix_mapping_changes_newest", "organization_id", "connection_id", text("id desc")),
    )


class RemoteClosing(TenantDetail):
    """A product of the provider that is mapped no more: to be taken off sale there, and when it was."""

    __tablename__ = "remote_closings"

    connection_id: Mapped[UUID] = mapped_column(primary_key=True)
    product: Mapped[str] = mapped_column(String(80), primary_key=True)
    name: Mapped[str] = mapped_column(String(255), default="")
    asked_at: Mapped[Created]
    tried_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    closed_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    error: Mapped[str] = mapped_column(String(500), default="", server_default="")

    __table_args__: Any = (belongs_to("connections", "connection_id", cascade=True),)
