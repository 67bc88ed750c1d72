"""Signed-in browsers. The cookie holds a random token; the table holds its hash and is the truth.

A session ends by itself after SESSION_IDLE_MINUTES without a person, after SESSION_DAYS in any case,
and at once when it is closed or its user is disabled: every request asks the table.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select, update

from portal.crypto import token_hash
from portal.db import now, unit_of_work
from portal.extensions import db, runtime
from portal.models import User, UserSession

TOKEN_BYTES = 32
# How exactly the last use is known. A write for each request would make reading pages a write load.
_TOUCH_EVERY = timedelta(minutes=1)


# Who works here is changed, or a credential, only within this time of a password.
_PROOF_LASTS = timedelta(minutes=10)


@dataclass(frozen=True)
class SignedIn:
    """A person and the browser they use."""

    user: User
    session: UserSession


def start(user: User, *, address: str, user_agent: str) -> str:
    """Helper inside a unit of work: open a session and return its token, which nobody can read again."""
    token = secrets.token_urlsafe(TOKEN_BYTES)
    moment = now()
    db.session.add(
        UserSession(
            user_id=user.id,
            token_hash=token_hash(token),
            address=address[:64],
            user_agent=user_agent[:200],
            last_seen_at=moment,
            expires_at=moment + timedelta(days=runtime.settings.session_days),
        )
    )
    return token


def find(token: str, *, by_a_person: bool = True) -> SignedIn | None:
    """The live session of a token, or None. Polling (`by_a_person` false) does not keep it alive."""
    moment = func.clock_timestamp()
    idle = timedelta(minutes=runtime.settings.session_idle_minutes)
    row = db.session.execute(
        select(User, UserSession, moment.label("moment"))
        .join(UserSession, UserSession.user_id == User.id)
        .where(
            UserSession.token_hash == token_hash(token),
            UserSession.revoked_at.is_(None),
            UserSession.expires_at > moment,
            UserSession.last_seen_at > moment - idle,
            User.disabled_at.is_(None),
        )
        # Another process may have changed either since this one last looked.
        .execution_options(populate_existing=True)
    ).first()
    if row is None:
        return None
    if by_a_person and row.moment - row[1].last_seen_at > min(_TOUCH_EVERY, idle / 4):
        _touch(row[1].id, row.moment)
    return SignedIn(row[0], row[1])


def proved_recently(session_id: UUID) -> bool:
    """Whether the person showed who they are a short while ago in this browser."""
    proved = UserSession.proved_at > func.clock_timestamp() - _PROOF_LASTS
    query = select(UserSession.id).where(UserSession.id == session_id, proved)
    return db.session.scalar(query) is not None


def renew(session_id: UUID) -> str:
    """Helper inside a unit of work: the person proved who they are; the session goes on under a new token."""
    token = secrets.token_urlsafe(TOKEN_BYTES)
    db.session.execute(
        update(UserSession)
        .where(UserSession.id == session_id)
        .values(token_hash=token_hash(token), proved_at=func.clock_timestamp())
        .execution_options(synchronize_session=False)
    )
    return token


def close(session_id: UUID) -> None:
    """Sign one browser out, wherever its cookie has been copied to."""
    with unit_of_work():
        end([UserSession.id == session_id])


def close_others(user_id: UUID, this_session: UUID) -> None:
    """Sign a person out everywhere but in one browser."""
    with unit_of_work():
        end([UserSession.user_id == user_id, UserSession.id != this_session])


def close_all(user_id: UUID) -> None:
    """Sign a person out everywhere."""
    with unit_of_work():
        end([UserSession.user_id == user_id])


def close_token(token: str) -> None:
    """Helper inside a unit of work: end the session of a token, if there is one."""
    end([UserSession.token_hash == token_hash(token)])


def end(which: list[object]) -> None:
    """Helper inside a unit of work: end the sessions that meet the conditions."""
    db.session.execute(
        update(UserSession)
        .where(UserSession.revoked_at.is_(None), *which)  # type: ignore[arg-type]
        .values(revoked_at=func.clock_timestamp())
        .execution_options(synchronize_session=False)
    )


def of_user(user_id: UUID) -> Sequence[UserSession]:
    """The live sessions of a person, the one used last first."""
    query = (
        select(UserSession)
        .where(
            UserSession.user_id == user_id,
            UserSession.revoked_at.is_(None),
            UserSession.expires_at > func.clock_timestamp(),
        )
        .order_by(UserSession.last_seen_at.desc())
    )
    return db.session.scalars(query).all()


def remember_place(session_id: UUID, organization_id: UUID, property_id: UUID) -> None:
    """Where this browser goes when it asks for the front page."""
    with unit_of_work():
        db.session.execute(
            update(UserSession)
            .where(UserSession.id == session_id)
            .values(organization_id=organization_id, property_id=property_id)
            .execution_options(synchronize_session=False)
        )


def _touch(session_id: UUID, moment: datetime) -> None:
    with unit_of_work():
        db.session.execute(
            update(UserSession)
            .where(UserSession.id == session_id)
            .values(last_seen_at=moment)
            .execution_options(synchronize_session=False)
        )
