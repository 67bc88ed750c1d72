"""People, their sessions, and what they may do in which organization."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import DateTime, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.models.base import (
    Created,
    GlobalRow,
    Moment,
    TenantDetail,
    TenantRow,
    belongs_to,
    choice,
    of_organization,
)


class Role(StrEnum):
    OWNER = "owner"
    MANAGER = "manager"
    STAFF = "staff"
    VIEWER = "viewer"


class User(GlobalRow):
    """A person who signs in. One person may work for several organizations."""

    __tablename__ = "users"

    email: Mapped[str] = mapped_column(String(254), unique=True)  # lower case
    name: Mapped[str] = mapped_column(String(200))
    password_hash: Mapped[str] = mapped_column(String(200))
    locale: Mapped[str] = mapped_column(String(16), default="en")
    is_platform_admin: Mapped[bool] = mapped_column(default=False)
    email_verified_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    disabled_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    created_at: Mapped[Created]


class UserSession(GlobalRow):
    """One signed-in browser. The cookie holds a random token, this row only its hash."""

    __tablename__ = "user_sessions"

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    token_hash: Mapped[bytes] = mapped_column(unique=True)
    organization_id: Mapped[UUID | None]  # the organization last worked in
    property_id: Mapped[UUID | None]
    address: Mapped[str] = mapped_column(String(64), default="")
    user_agent: Mapped[str] = mapped_column(String(200), default="")
    created_at: Mapped[Created]
    last_seen_at: Mapped[Moment]
    proved_at: Mapped[Created]  # when the person last proved who they are, by a password and, if asked, a code
    expires_at: Mapped[Moment]
    revoked_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class Membership(TenantRow):
    __tablename__ = "memberships"

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    role: Mapped[Role] = mapped_column(choice(Role))
    all_properties: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[Created]

    __table_args__: Any = (
        of_organization(),
        UniqueConstraint("organization_id", "user_id"),
        Index("ix_memberships_user", "user_id"),
    )


class MembershipProperty(TenantDetail):
    """The properties a membership is limited to, when it is limited."""

    __tablename__ = "membership_properties"

    membership_id: Mapped[UUID] = mapped_column(primary_key=True)
    property_id: Mapped[UUID] = mapped_column(primary_key=True)

    __table_args__: Any = (
        belongs_to("memberships", "membership_id", cascade=True),
        belongs_to("properties", "property_id", cascade=True),
    )
