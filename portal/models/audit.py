"""Who changed what, when, from where: append-only for the application, hash-chained by PostgreSQL.

The trigger in `migrations/audit.py` numbers each row and computes its hash over the row and the
hash before it; the application cannot choose either, nor change or delete a row.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.models.base import Created, TenantDetail, TenantRow, of_organization
from portal.models.sealed import Sealed


class AuditEntry(TenantRow):
    __tablename__ = "audit_log"

    number: Mapped[int] = mapped_column(BigInteger)  # set by the trigger, without gaps
    at: Mapped[Created]
    actor_kind: Mapped[str] = mapped_column(String(16))  # user, channel, system, platform
    actor_id: Mapped[UUID | None]
    actor_name: Mapped[str] = mapped_column(String(200), default="")
    action: Mapped[str] = mapped_column(String(64))  # reservation.created, rate.changed …
    subject_kind: Mapped[str] = mapped_column(String(32))
    subject_id: Mapped[UUID | None]
    property_id: Mapped[UUID | None]
    address: Mapped[str] = mapped_column(String(64), default="")
    correlation_id: Mapped[str] = mapped_column(String(64), default="")
    changes_sealed: Mapped[bytes | None]  # {field: [before, after]}
    previous_hash: Mapped[bytes]
    hash: Mapped[bytes]

    changes = Sealed.json("changes_sealed")

    __table_args__: Any = (
        of_organization(),
        UniqueConstraint("organization_id", "number"),
        Index("ix_audit_log_subject", "organization_id", "subject_id", "number"),
    )


class AuditHead(TenantDetail):
    """The end of an organization's chain. Only the trigger writes it."""

    __tablename__ = "audit_heads"
    __table_args__ = (of_organization(),)

    number: Mapped[int] = mapped_column(BigInteger)
    hash: Mapped[bytes]
