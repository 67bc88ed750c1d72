"""People: who they are, how they sign in, and what ends all their sessions."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

import structlog
from sqlalchemy import func, select

from portal.db import now, unit_of_work
from portal.extensions import db
from portal.models import Membership, Purpose, Role, User, UserSession
from portal.services import attempts, letters, mails, members, passwords, second_steps, sessions, tokens
from portal.services.errors import Refused
from portal.services.members import Scope
from portal.services.sentences import Phrase

log = structlog.get_logger()


class WrongSignIn(Refused):
    """The address or the password is wrong, or the account is disabled: the same answer for all."""


class CodeNeeded(Exception):
    """The password was right and a code is asked for too. `pending` is the token that finishes the sign-in."""

    def __init__(self, pending: str) -> None:
        super().__init__("a code is needed")
        self.pending = pending


_WEAK = {
    "short": Phrase("This password is too short."),
    "long": Phrase("This password is too long."),
    "guessable": Phrase("This password is too guessable."),
}


class WeakPassword(Refused):
    """`weakness`: short, long, guessable."""

    def __init__(self, weakness: str) -> None:
        super().__init__(_WEAK[weakness], field="new_password")
        self.weakness = weakness


def sign_in(email: str, password: str, *, address: str, user_agent: str, previous: str | None = None) -> str:
    """Check the password and return the token of a new session; the one before it in this browser ends.

    Raises `attempts.TooManyAttempts`, `WrongSignIn`, `passwords.Busy`, `CodeNeeded`.
    """
    email = normal_email(email)
    attempts.sign_in(email, address)
    user = by_email(email)
    if not passwords.matches(password, user.password_hash if user else None) or user is None or user.disabled_at:
        log.info("sign_in_refused", account=attempts.account_key(email), address=address)
        raise WrongSignIn("The e-mail address or the password is wrong.")
    fresh = passwords.hashed(password) if passwords.outdated(user.password_hash) else None
    code_needed = second_steps.is_on(user.id)
    with unit_of_work():
        if fresh:
            user.password_hash = fresh
        if previous:
            sessions.close_token(previous)
        if code_needed:
            token = tokens.issue(Purpose.SECOND_STEP, user_id=user.id)
        else:
            token = sessions.start(user, address=address, user_agent=user_agent)
    if code_needed:
        raise CodeNeeded(token)
    log.info("signed_in", user=str(user.id), address=address)
    return token


def finish_sign_in(pending: str, code: str, *, address: str, user_agent: str) -> str:
    """The second step: return the token of a new session.

    Raises `tokens.DeadLink` when the first step is too long ago, `second_steps.WrongCode`, `attempts.TooManyAttempts`.
    """
    user_id = tokens.find(Purpose.SECOND_STEP, pending).user_id
    attempts.code(user_id)
    with unit_of_work():
        user = db.session.get_one(User, user_id, populate_existing=True)
        if user.disabled_at:
            raise tokens.DeadLink
        second_steps.spend(user.id, code)
        tokens.use(Purpose.SECOND_STEP, pending)
        token = sessions.start(user, address=address, user_agent=user_agent)
    log.info("signed_in", user=str(user.id), address=address, second_step=True)
    return token


def prove(user: User, session_id: UUID, password: str, code: str, *, address: str) -> str:
    """Who is signed in shows once more who they are; returns the session's new token.

    Raises `WrongSignIn`, `second_steps.WrongCode`, `attempts.TooManyAttempts`.
    """
    attempts.sign_in(user.email, address)
    if not passwords.matches(password, user.password_hash):
        raise WrongSignIn("This is not your password.", field="password")
    code_needed = second_steps.is_on(user.id)
    if code_needed:
        attempts.code(user.id)
    with unit_of_work():
        if code_needed:
            second_steps.spend(user.id, code)
        return sessions.renew(session_id)


def change_password(user: User, current: str, new: str, *, address: str, user_agent: str) -> str:
    """Change it, sign the person out everywhere, and return the token of a new session for this browser.

    Raises `WrongSignIn` when `current` is wrong, `WeakPassword`, `attempts.TooManyAttempts`.
    """
    attempts.sign_in(user.email, address)
    if not passwords.matches(current, user.password_hash):
        raise WrongSignIn("This is not your password.", field="password")
    fresh = checked_hash(new, user.email, user.name)
    with unit_of_work():
        set_password(user, fresh)
        return sessions.start(user, address=address, user_agent=user_agent)


def create(email: str, name: str, password: str, *, is_platform_admin: bool = False, locale: str = "en") -> User:
    """A new person, made by somebody who knows them: the address counts as verified. They belong to no organization.

    Raises `Refused` when the address is taken.
    """
    email, name = normal_email(email), name.strip()
    check_person(email, name)
    password_hash = checked_hash(password, email, name)
    with unit_of_work():
        if db.session.scalar(select(User.id).where(User.email == email)):
            raise Refused("%(email)s has an account already.", email=email, field="email")
        user = new_user(email, name, password_hash, locale=locale, verified=True)
        user.is_platform_admin = is_platform_admin
    return user


def join(user: User, role: Role, properties: Iterable[UUID] | None = None) -> Membership:
    """Let a person work for the current organization: at all its properties, or only at those named."""
    with unit_of_work():
        return members.add(user.id, role, Scope(None if properties is None else tuple(properties)))


def disable(user: User) -> None:
    """Keep a person out: all their sessions end with this commit."""
    with unit_of_work():
        user.disabled_at = now()
        sessions.end([UserSession.user_id == user.id])


def by_email(email: str) -> User | None:
    query = select(User).where(User.email == normal_email(email)).execution_options(populate_existing=True)
    user: User | None = db.session.scalar(query)
    return user


def people() -> int:
    """How many accounts there are."""
    return db.session.execute(select(func.count()).select_from(User)).scalar_one()


def check_person(email: str, name: str) -> None:
    """Raises `Refused` when one of them cannot be."""
    if not name or "@" not in email or len(email) > 254:
        raise Refused("A person needs a name and an e-mail address.", field="email")


def normal_email(email: str) -> str:
    return email.strip().lower()


def set_password(user: User, password_hash: str) -> None:
    """Helper inside a unit of work: a new password ends every session, and the person is told."""
    user.password_hash = password_hash
    sessions.end([UserSession.user_id == user.id])
    tokens.void(Purpose.SECOND_STEP, user_id=user.id)
    with mails.in_language_of(user):
        mails.post(user.email, letters.password_changed(user.name))


def is_verified(user: User) -> bool:
    """Whether the person has shown that the e-mail address is theirs."""
    return user.email_verified_at is not None


def new_user(email: str, name: str, password_hash: str, *, locale: str = "en", verified: bool = False) -> User:
    """Helper inside a unit of work: a person nobody has checked for doubles yet."""
    user = User(
        email=email, name=name, password_hash=password_hash, locale=locale,
        email_verified_at=now() if verified else None,
    )  # fmt: skip
    db.session.add(user)
    db.session.flush()
    return user


def checked_hash(password: str, *known: str) -> str:
    """The hash of a new password; `known` are words of the person. Raises `WeakPassword`, `passwords.Busy`."""
    parts = [part for each in known for part in (each, each.split("@")[0], each.replace(" ", ""))]
    weakness = passwords.weakness(password, *parts)
    if weakness:
        raise WeakPassword(weakness)
    return passwords.hashed(password)
