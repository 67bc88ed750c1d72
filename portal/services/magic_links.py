"""A link by which a colleague without an account does one step for one OTA of one property, and nothing else.

The token carries the organization's id, so that it is looked up inside that tenant's walls; what proves anything are
its 256 random bits. The first browser that opens it gets a cookie; from then on the token opens nothing.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, func, select, update

from portal import tenancy
from portal.crypto import token_hash
from portal.db import now, unit_of_work
from portal.extensions import db
from portal.models import ChannelSetup, MagicLink, Property
from portal.services import audit
from portal.services.errors import NotFound

PURPOSE = "extranet"
LIVES = timedelta(minutes=60)
_ID_LETTERS = 32


@dataclass(frozen=True)
class Visit:
    """What a guest may see."""

    link: MagicLink
    setup: ChannelSetup
    property: Property


def invite(setup: ChannelSetup) -> str:
    """Return the token of a new link; it is shown once. Links made before for this step end."""
    token = _token()
    with unit_of_work():
        _end(setup.id)
        link = MagicLink(
            property_id=setup.property_id,
            setup_id=setup.id,
            purpose=PURPOSE,
            token_hash=token_hash(token),
            invited_by=audit.actor().name,
            expires_at=now() + LIVES,
        )
        db.session.add(link)
        audit.record("magic_link.made", "magic_link", link.id, {"channel": (None, setup.code)},
                     property_id=setup.property_id)  # fmt: skip
    return token


def revoke(setup: ChannelSetup) -> None:
    """End every link of this step, and what was opened with it."""
    with unit_of_work():
        _end(setup.id)
        audit.record("magic_link.revoked", "channel_setup", setup.id, property_id=setup.property_id)


def open_ones(setup: ChannelSetup) -> Sequence[MagicLink]:
    """The links of this step that still work, newest first."""
    return db.session.scalars(
        select(MagicLink)
        .where(MagicLink.organization_id == tenancy.required(), MagicLink.setup_id == setup.id, *_alive())
        .order_by(MagicLink.id.desc())
        .execution_options(populate_existing=True)
    ).all()


def look(token: str, purpose: str = PURPOSE) -> tuple[UUID, str]:
    """(organization, property's name) of a link nobody has opened yet. Raises `NotFound` for every other."""
    with tenancy.of(organization_of(token)):
        row = db.session.execute(
            select(Property.name)
            .join(MagicLink, (MagicLink.organization_id == Property.organization_id)
                  & (MagicLink.property_id == Property.id))
            .where(MagicLink.organization_id == tenancy.required(), *_fresh(token, purpose))
        ).first()  # fmt: skip
    if row is None:
        raise NotFound("link")
    return organization_of(token), row.name


def accept(token: str, purpose: str = PURPOSE) -> str:
    """Bind the link to the browser that opens it; return the cookie's token. Raises `NotFound`.

    One statement decides: of two browsers that open it at the same moment one gets it.
    """
    browser = _token(organization_of(token))
    with tenancy.of(organization_of(token)), unit_of_work():
        row = db.session.execute(
            update(MagicLink)
            .where(MagicLink.organization_id == tenancy.required(), *_fresh(token, purpose))
            .values(browser_hash=token_hash(browser), opened_at=func.clock_timestamp())
            .returning(MagicLink.id, MagicLink.property_id, MagicLink.invited_by)
            .execution_options(synchronize_session=False)
        ).first()
        if row is None:
            raise NotFound("link")
        with audit.acting(audit.Actor(kind="guest", id=row.id, name=guest_name(row.invited_by))):
            audit.record("magic_link.opened", "magic_link", row.id, property_id=row.property_id)
    return browser


def visit(browser: str, purpose: str = PURPOSE) -> Visit:
    """What this browser may do, inside its tenancy (the caller sets it). Raises `NotFound` once the link has ended."""
    row = db.session.execute(
        select(MagicLink, ChannelSetup, Property)
        .join(ChannelSetup, (ChannelSetup.organization_id == MagicLink.organization_id)
              & (ChannelSetup.id == MagicLink.setup_id) & (ChannelSetup.property_id == MagicLink.property_id))
        .join(Property, (Property.organization_id == MagicLink.organization_id)
              & (Property.id == MagicLink.property_id))
        .where(
            MagicLink.organization_id == tenancy.required(),
            MagicLink.browser_hash == token_hash(browser),
            MagicLink.purpose == purpose,
            *_alive(),
        )
        .execution_options(populate_existing=True)
    ).first()  # fmt: skip
    if row is None:
        raise NotFound("link")
    return Visit(row[0], row[1], row[2])


def organization_of(token: str) -> UUID:
    """Whose link a token claims to be. Raises `NotFound` for what is no token."""
    try:
        return UUID(hex=token[:_ID_LETTERS])
    except ValueError:
        raise NotFound("link") from None


def guest_name(invited_by: str) -> str:
    """How the audit log calls who came by a link."""
    return f"guest of {invited_by}"[:200]


def _token(organization_id: UUID | None = None) -> str:
    return (organization_id or tenancy.required()).hex + secrets.token_urlsafe(32)


def _alive() -> tuple[ColumnElement[bool], ...]:
    return MagicLink.revoked_at.is_(None), MagicLink.expires_at > func.clock_timestamp()


def _fresh(token: str, purpose: str) -> tuple[ColumnElement[bool], ...]:
    return (
        MagicLink.token_hash == token_hash(token),
        MagicLink.purpose == purpose,
        MagicLink.browser_hash.is_(None),
        *_alive(),
    )


def _end(setup_id: UUID) -> None:
    db.session.execute(
        update(MagicLink)
        .where(MagicLink.organization_id == tenancy.required(), MagicLink.setup_id == setup_id, *_alive())
        .values(revoked_at=func.clock_timestamp())
        .execution_options(synchronize_session=False)
    )
