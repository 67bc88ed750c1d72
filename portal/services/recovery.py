"""A forgotten password: a link by mail, a new password, and every session of before is ended."""

from __future__ import annotations

import structlog

from portal.db import unit_of_work
from portal.extensions import db
from portal.models import Purpose, User
from portal.services import accounts, attempts, letters, mails, tokens, verification
from portal.services.tokens import DeadLink

log = structlog.get_logger()


def ask(email: str, *, address: str) -> None:
    """Send a link if there is such an account. The caller learns nothing, neither by the answer nor by its time.

    Raises `mails.NoMail`, `attempts.TooManyAttempts`.
    """
    mails.demand()
    email = accounts.normal_email(email)
    attempts.mail(email, address)
    user = accounts.by_email(email)
    known = user is not None and user.disabled_at is None
    with unit_of_work():
        token = tokens.issue(Purpose.RESET_PASSWORD, user_id=user.id if user and known else None)
        if user and known:
            with mails.in_language_of(user):
                mails.post(user.email, letters.reset(user.name, token))
        else:
            mails.post(email, letters.reset("", token), decoy=True)
    log.info("reset_asked", account=attempts.account_key(email), known=known)


def look(token: str) -> User:
    """Whose password the link would change. Raises `tokens.DeadLink`."""
    return _user_of(tokens.find(Purpose.RESET_PASSWORD, token).user_id)


def choose(token: str, password: str) -> User:
    """Set the password; nobody is signed in by this, so that a second step is still asked for.

    Raises `tokens.DeadLink`, `accounts.WeakPassword` (the link stays good), `passwords.Busy`.
    """
    user = look(token)
    fresh = accounts.checked_hash(password, user.email, user.name)
    with unit_of_work():
        user = _user_of(tokens.use(Purpose.RESET_PASSWORD, token).user_id)
        tokens.void(Purpose.RESET_PASSWORD, user_id=user.id)
        verification.mark(user)
        accounts.set_password(user, fresh)
    log.info("password_reset", user=str(user.id))
    return user


def _user_of(user_id: object) -> User:
    user: User | None = db.session.get(User, user_id, populate_existing=True) if user_id else None
    if user is None or user.disabled_at:
        raise DeadLink
    return user
