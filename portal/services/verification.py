"""Whether an e-mail address is the person's own: a link is sent there, and opened."""

from __future__ import annotations

import structlog

from portal.db import now, unit_of_work
from portal.extensions import db
from portal.models import Purpose, User
from portal.services import attempts, letters, mails, tokens

log = structlog.get_logger()


def ask(user: User, *, address: str) -> None:
    """Send the mail again. Raises `mails.NoMail`, `attempts.TooManyAttempts`."""
    mails.demand()
    attempts.mail(user.email, address)
    with unit_of_work():
        post(user)


def post(user: User) -> None:
    """Helper inside a unit of work: put the mail with a fresh link into the outbox."""
    token = tokens.issue(Purpose.VERIFY_EMAIL, user_id=user.id)
    with mails.in_language_of(user):
        mails.post(user.email, letters.verification(user.name, token))


def look(token: str) -> None:
    """Raises `tokens.DeadLink` when the link is worth nothing."""
    tokens.find(Purpose.VERIFY_EMAIL, token)


def confirm(token: str) -> User:
    """The person whose address is verified from here on. Raises `tokens.DeadLink`."""
    with unit_of_work():
        used = tokens.use(Purpose.VERIFY_EMAIL, token)
        user = db.session.get_one(User, used.user_id, populate_existing=True)
        mark(user)
        tokens.void(Purpose.VERIFY_EMAIL, user_id=user.id)
    log.info("address_verified", user=str(user.id))
    return user


def mark(user: User) -> None:
    """Helper inside a unit of work: something only the owner of the mailbox could know was shown."""
    user.email_verified_at = user.email_verified_at or now()
