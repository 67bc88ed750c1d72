"""Links that work once: the table holds their hashes only."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import DateTime, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from portal.models.base import Created, GlobalRow, Moment, choice


class Purpose(StrEnum):
    VERIFY_EMAIL = "verify_email"
    RESET_PASSWORD = "reset_password"
    ACCEPT_INVITATION = "accept_invitation"
    SECOND_STEP = "second_step"  # a sign-in whose password was right and whose code is still asked for


class Token(GlobalRow):
    """One link, for one purpose, about one person or one invitation of one organization."""

    __tablename__ = "tokens"

    purpose: Mapped[Purpose] = mapped_column(choice(Purpose))
    token_hash: Mapped[bytes] = mapped_column(unique=True)
    user_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    organization_id: Mapped[UUID | None]
    invitation_id: Mapped[UUID | None]
    expires_at: Mapped[Moment]
    used_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    created_at: Mapped[Created]
