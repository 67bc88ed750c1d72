"""One mapping's calendar on one connection: desired (computed) against acknowledged (kept here)."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, DateTime, Index, String, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import DATEMULTIRANGE, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from portal.models.base import Created, TenantRow, belongs_to, choice
from providers.types import LaneKind

NO_NIGHTS = text("'{}'")


class Lane(TenantRow):
    """Ten thousand edits are still one row: an edit widens `dirty` and moves `version`.

    `forgotten` nights are those whose acknowledged value may no longer be what the provider holds.
    `acknowledged`, `refused`, `seen` are encoded runs (`domain.calendar.encode`).
    """

    __tablename__ = "lanes"

    connection_id: Mapped[UUID]
    property_id: Mapped[UUID]
    kind: Mapped[LaneKind] = mapped_column(choice(LaneKind))
    room_type_id: Mapped[UUID | None]  # availability
    rate_plan_id: Mapped[UUID | None]  # rates
    external_id: Mapped[str] = mapped_column(String(64))
    version: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    dirty: Mapped[Any] = mapped_column(DATEMULTIRANGE, server_default=NO_NIGHTS)
    forgotten: Mapped[Any] = mapped_column(DATEMULTIRANGE, server_default=NO_NIGHTS)
    dirty_since: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    due_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))  # NULL: nothing to send
    causes: Mapped[list[str]] = mapped_column(JSONB, default=list, server_default="[]")
    correlation_id: Mapped[str] = mapped_column(String(64), default="", server_default="")  # of the last mark
    acknowledged: Mapped[list[Any]] = mapped_column(JSONB, default=list, server_default="[]")
    refused: Mapped[list[Any]] = mapped_column(JSONB, default=list, server_default="[]")
    seen: Mapped[list[Any]] = mapped_column(JSONB, default=list, server_default="[]")
    seen_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    accepted_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    created_at: Mapped[Created]

    __table_args__: Any = (
        belongs_to("connections", "connection_id", cascade=True),
        belongs_to("room_types", "room_type_id"),
        belongs_to("rate_plans", "rate_plan_id"),
        CheckConstraint("num_nonnulls(room_type_id, rate_plan_id) = 1", name="one_subject"),
        UniqueConstraint("organization_id", "connection_id", "room_type_id"),
        UniqueConstraint("organization_id", "connection_id", "rate_plan_id"),
        Index("ix_lanes_property", "organization_id", "property_id"),
        # Asked across organizations by due_work.
        Index("ix_lanes_due", "due_at", postgresql_where=text("due_at is not null")),
    )


class Send(TenantRow):
    """What one call carried for one lane, and what was answered, run by run."""

    __tablename__ = "sends"

    connection_id: Mapped[UUID]
    lane_id: Mapped[UUID]
    sync_run_id: Mapped[UUID | None]
    api_call_id: Mapped[UUID | None]
    first_night: Mapped[date]
    last_night: Mapped[date]
    runs: Mapped[list[Any]] = mapped_column(JSONB)  # [{first, last, value, verdict, reason}]
    verdict: Mapped[str] = mapped_column(String(16))  # accepted, partly, refused, failed, unknown
    error: Mapped[str] = mapped_column(String(500), default="")
    task_ids: Mapped[list[str]] = mapped_column(JSONB, default=list)
    causes: Mapped[list[str]] = mapped_column(JSONB, default=list)
    correlation_id: Mapped[str] = mapped_column(String(64), default="")
    sent_at: Mapped[Created]

    __table_args__: Any = (
        belongs_to("connections", "connection_id", cascade=True),
        belongs_to("lanes", "lane_id", cascade=True),
        Index("ix_sends_lane", "organization_id", "lane_id", text("id desc")),
        Index("ix_sends_run", "organization_id", "sync_run_id"),
    )
