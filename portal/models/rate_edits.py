"""Bulk edits of prices and restrictions: the draft, and per plan what stood there before and after."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import DateTime, Index, Integer, String, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from portal.models.base import Created, TenantDetail, TenantRow, belongs_to, choice


class RateEditState(StrEnum):
    DRAFT = "draft"
    APPLIED = "applied"
    UNDONE = "undone"
    DISCARDED = "discarded"


class RateEdit(TenantRow):
    """`lines` is what its author asks for (`services.rate_edit_lines`); `left` what an undo did not touch."""

    __tablename__ = "rate_edits"

    property_id: Mapped[UUID]
    state: Mapped[RateEditState] = mapped_column(choice(RateEditState), default=RateEditState.DRAFT)
    lines: Mapped[list[Any]] = mapped_column(JSONB, default=list, server_default="[]")
    author: Mapped[str] = mapped_column(String(200), default="")
    created_at: Mapped[Created]
    applied_by: Mapped[str] = mapped_column(String(200), default="")
    applied_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    correlation_id: Mapped[str] = mapped_column(String(64), default="")  # of the click that applied or undid it
    cells: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    left_out: Mapped[int] = mapped_column(Integer, default=0, server_default="0")  # odd ones not applied
    undone_by: Mapped[str] = mapped_column(String(200), default="")
    undone_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    left: Mapped[list[Any]] = mapped_column(JSONB, default=list, server_default="[]")

    @property
    def is_draft(self) -> bool:
        return self.state is RateEditState.DRAFT

    __table_args__: Any = (
        belongs_to("properties", "property_id", cascade=True),
        Index("ix_rate_edits_property", "organization_id", "property_id", text("id desc")),
    )


class RateEditPlan(TenantDetail):
    """The overrides of one plan's changed nights, before and after, as runs `[first, number of nights, fields]`."""

    __tablename__ = "rate_edit_plans"

    rate_edit_id: Mapped[UUID] = mapped_column(primary_key=True)
    rate_plan_id: Mapped[UUID] = mapped_column(primary_key=True)
    before: Mapped[list[Any]] = mapped_column(JSONB)
    after: Mapped[list[Any]] = mapped_column(JSONB)

    __table_args__: Any = (
        belongs_to("rate_edits", "rate_edit_id", cascade=True),
        belongs_to("rate_plans", "rate_plan_id", cascade=True),
        Index(None, "organization_id", "rate_plan_id"),
    )
