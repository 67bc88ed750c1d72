"""People who were asked to work for an organization and have not answered yet."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import DateTime, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.models.base import Created, Moment, TenantDetail, TenantRow, belongs_to, choice, of_organization
from portal.models.sealed import Sealed
from portal.models.users import Role


class Invitation(TenantRow):
    """Open until it is accepted, withdrawn or too old; the link in its mail lives for an hour and can be sent again."""

    __tablename__ = "invitations"

    email_sealed: Mapped[bytes]
    email_hash: Mapped[bytes]
    role: Mapped[Role] = mapped_column(choice(Role))
    all_properties: Mapped[bool] = mapped_column(default=True)
    invited_by: Mapped[UUID | None]
    invited_by_name: Mapped[str] = mapped_column(String(200), default="")
    created_at: Mapped[Created]
    sent_at: Mapped[Moment]
    expires_at: Mapped[Moment]
    accepted_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    withdrawn_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))

    email = Sealed.text("email_sealed")

    __table_args__: Any = (
        of_organization(),
        Index(
            "uq_invitations_open",
            "organization_id",
            "email_hash",
            unique=True,
            postgresql_where=text("accepted_at is null and withdrawn_at is null"),
        ),
    )


class InvitationProperty(TenantDetail):
    """The properties an invitation is limited to, when it is limited."""

    __tablename__ = "invitation_properties"

    invitation_id: Mapped[UUID] = mapped_column(primary_key=True)
    property_id: Mapped[UUID] = mapped_column(primary_key=True)

    __table_args__: Any = (
        belongs_to("invitations", "invitation_id", cascade=True),
        belongs_to("properties", "property_id", cascade=True),
    )
