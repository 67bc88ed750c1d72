"""A credential that wears out: what a person made at the provider, and the tokens that came of it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import DateTime, Index, Integer, String
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from portal.models.base import Created, TenantRow, of_organization
from portal.models.sealed import Sealed


class ProviderLogin(TenantRow):
    """One account of the organization at a provider. Several connections may use it, and there may be several.

    The renewal of its tokens is a lease (`leased_until`, `holder`): one worker at a time, over all processes.
    Times are the database's, `expires_at` and `refreshed_at` the worker's that made the call.
    """

    __tablename__ = "provider_logins"

    provider: Mapped[str] = mapped_column(String(16))
    label: Mapped[str] = mapped_column(String(100), default="", server_default="")  # what a person calls it
    external_id: Mapped[str] = mapped_column(String(64), default="", server_default="")  # the account's own number
    code_sealed: Mapped[bytes | None]  # a wish: to be exchanged for tokens, once
    refresh_sealed: Mapped[bytes | None]
    access_sealed: Mapped[bytes | None]
    expires_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    refreshed_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    failures: Mapped[int] = mapped_column(Integer, default=0, server_default="0")  # refused renewals in a row
    retry_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    error: Mapped[str] = mapped_column(String(500), default="", server_default="")
    holder: Mapped[str] = mapped_column(String(100), default="", server_default="")
    leased_until: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    details: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict, server_default="{}")  # scopes, properties
    created_by: Mapped[str] = mapped_column(String(200), default="", server_default="")
    created_at: Mapped[Created]

    code = Sealed.text("code_sealed")
    refresh = Sealed.text("refresh_sealed")
    access = Sealed.text("access_sealed")

    __table_args__: Any = (
        of_organization(),
        Index("ix_provider_logins_provider", "organization_id", "provider"),
    )
