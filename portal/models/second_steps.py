"""One-time codes at sign-in, and the recovery codes for a lost phone."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, DateTime, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.models.base import Created, GlobalRow


class SecondStep(GlobalRow):
    """The seed a person's phone shares with us, sealed under a platform key. Asked for once it is confirmed."""

    __tablename__ = "second_steps"

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), unique=True)
    master_key_id: Mapped[str] = mapped_column(String(64))
    seed_sealed: Mapped[bytes]
    last_period: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")  # of the last code, 30 s each
    confirmed_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    created_at: Mapped[Created]


class RecoveryCode(GlobalRow):
    """A code that replaces the phone once. Its hash is keyed with the seed."""

    __tablename__ = "recovery_codes"

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    code_hash: Mapped[bytes]
    used_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))

    __table_args__: Any = (UniqueConstraint("user_id", "code_hash"),)
