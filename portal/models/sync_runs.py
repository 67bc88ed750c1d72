"""What was done with a provider, one row a run, and the calls it made."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import DateTime, Index, Integer, String, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from portal.models.base import Created, TenantRow, belongs_to, choice
from portal.models.sealed import Sealed


class SyncType(StrEnum):
    ARI_PUSH = "ARI_PUSH"
    ARI_PULL = "ARI_PULL"
    RESERVATION_PULL = "RESERVATION_PULL"
    FULL_SYNC = "FULL_SYNC"
    MAPPING_SYNC = "MAPPING_SYNC"
    RESERVATION_PUSH = "RESERVATION_PUSH"


class SyncStatus(StrEnum):
    PENDING = "PENDING"
    IN_PROGRESS = "IN_PROGRESS"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"
    PARTIAL = "PARTIAL"


class SyncRun(TenantRow):
    __tablename__ = "sync_runs"

    connection_id: Mapped[UUID]
    property_id: Mapped[UUID]
    type: Mapped[SyncType] = mapped_column(choice(SyncType))
    status: Mapped[SyncStatus] = mapped_column(choice(SyncStatus))
    trigger: Mapped[str] = mapped_column(String(32), default="")  # webhook, schedule, person, change, retry
    started_by: Mapped[str] = mapped_column(String(200), default="")
    attempt: Mapped[int] = mapped_column(Integer, default=1)
    processed: Mapped[int] = mapped_column(Integer, default=0)
    failed: Mapped[int] = mapped_column(Integer, default=0)
    category: Mapped[str] = mapped_column(String(24), default="")  # error class: AUTH_ERROR …
    error: Mapped[str] = mapped_column(String(1000), default="")
    summary: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    correlation_id: Mapped[str] = mapped_column(String(64), default="")
    started_at: Mapped[Created]
    completed_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    next_attempt_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))

    __table_args__: Any = (
        belongs_to("connections", "connection_id", cascade=True),
        belongs_to("properties", "property_id", cascade=True),
        Index("ix_sync_runs_newest", "organization_id", "property_id", text("id desc")),
        Index("ix_sync_runs_connection", "organization_id", "connection_id", text("id desc")),
    )


class ApiCall(TenantRow):
    """One call to a provider, redacted; bodies are ciphertext and kept for a bounded time."""

    __tablename__ = "api_calls"

    connection_id: Mapped[UUID]
    sync_run_id: Mapped[UUID | None]
    method: Mapped[str] = mapped_column(String(8))
    path: Mapped[str] = mapped_column(String(500))
    status: Mapped[int | None] = mapped_column(Integer)
    milliseconds: Mapped[int] = mapped_column(Integer)
    error: Mapped[str] = mapped_column(String(500), default="")
    provider_request_id: Mapped[str] = mapped_column(String(100), default="")
    correlation_id: Mapped[str] = mapped_column(String(64), default="")
    request_sealed: Mapped[bytes | None]
    response_sealed: Mapped[bytes | None]
    at: Mapped[Created]

    request = Sealed.text("request_sealed")
    response = Sealed.text("response_sealed")

    __table_args__: Any = (
        belongs_to("connections", "connection_id", cascade=True),
        Index("ix_api_calls_run", "organization_id", "sync_run_id"),
        Index("ix_api_calls_at", "organization_id", "at"),
    )
