"""Links and pending sign-ins that work once, for one purpose, for at most an hour."""

from __future__ import annotations

import secrets
from datetime import timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, func, select, update

from portal.crypto import token_hash
from portal.db import now
from portal.extensions import db
from portal.models import Purpose, Token
from portal.services.errors import Refused
from portal.services.sentences import Phrase

LIFETIMES = {
    Purpose.VERIFY_EMAIL: timedelta(minutes=60),
    Purpose.RESET_PASSWORD: timedelta(minutes=60),
    Purpose.ACCEPT_INVITATION: timedelta(minutes=60),
    Purpose.SECOND_STEP: timedelta(minutes=10),
}
TOKEN_BYTES = 32
LONGEST = 128


class DeadLink(Refused):
    """The link was used, is too old, or never was one: the same answer for all."""

    def __init__(self) -> None:
        super().__init__(Phrase("This link does not work any more."))


def issue(
    purpose: Purpose,
    *,
    user_id: UUID | None = None,
    organization_id: UUID | None = None,
    invitation_id: UUID | None = None,
) -> str:
    """Helper inside a unit of work: a new token, which nobody can read again."""
    token = secrets.token_urlsafe(TOKEN_BYTES)
    db.session.add(
        Token(
            purpose=purpose,
            token_hash=token_hash(token),
            user_id=user_id,
            organization_id=organization_id,
            invitation_id=invitation_id,
            expires_at=now() + LIFETIMES[purpose],
        )
    )
    return token


def find(purpose: Purpose, token: str) -> Token:
    """The token, which stays unused. Raises `DeadLink`."""
    query = select(Token).where(*_alive(purpose, token)).execution_options(populate_existing=True)
    found: Token | None = db.session.scalar(query)
    if found is None:
        raise DeadLink
    return found


def use(purpose: Purpose, token: str) -> Token:
    """Helper inside a unit of work: the token, used from here on. One of two at once gets it. Raises `DeadLink`."""
    used = db.session.execute(
        update(Token).where(*_alive(purpose, token)).values(used_at=func.clock_timestamp()).returning(Token)
    ).scalar_one_or_none()
    if used is None:
        raise DeadLink
    return used


def void(purpose: Purpose, *, user_id: UUID | None = None, invitation_id: UUID | None = None) -> None:
    """Helper inside a unit of work: what was sent before for this purpose is worth nothing from here on."""
    about = Token.user_id == user_id if user_id else Token.invitation_id == invitation_id
    db.session.execute(
        update(Token)
        .where(Token.purpose == purpose, about, Token.used_at.is_(None))
        .values(used_at=func.clock_timestamp())
        .execution_options(synchronize_session=False)
    )


def _alive(purpose: Purpose, token: str) -> tuple[ColumnElement[bool], ...]:
    known = token if len(token) <= LONGEST and token.isascii() else ""
    return (
        Token.purpose == purpose,
        Token.token_hash == token_hash(known),
        Token.used_at.is_(None),
        Token.expires_at > func.clock_timestamp(),
    )
