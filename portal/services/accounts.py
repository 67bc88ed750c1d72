"""People: who they are, how they sign in, and what ends all their sessions."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv6Address, ip_address
from uuid import UUID

import structlog
from sqlalchemy import func, select

from portal.crypto import token_hash
from portal.db import now, unit_of_work
from portal.extensions import db, redis
from portal.models import Membership, MembershipProperty, Role, User, UserSession
from portal.services import audit, passwords, sessions
from portal.services.errors import NotFound, Refused
from portal.throttle import Throttle

log = structlog.get_logger()

# Attempts, good ones included, in the window; without Redis each process counts for itself, with less.
WINDOW_SECONDS = 300
PER_ACCOUNT, PER_ACCOUNT_ALONE = 10, 5
PER_ADDRESS, PER_ADDRESS_ALONE = 60, 30


class WrongSignIn(Refused):
    """The address or the password is wrong, or the account is disabled: the same answer for all."""


class TooManyAttempts(Refused):
    """Guessing is slowed down. `wait` is in seconds."""

    def __init__(self, wait: float) -> None:
        super().__init__("There were too many attempts to sign in.")
        self.wait = max(1, round(wait))


class WeakPassword(Refused):
    """`weakness`: short, long, guessable."""

    def __init__(self, weakness: str) -> None:
        super().__init__(f"This password is too {weakness}.", field="new_password")
        self.weakness = weakness


def sign_in(email: str, password: str, *, address: str, user_agent: str, previous: str | None = None) -> str:
    """Check the password and return the token of a new session; the one before it in this browser ends.

    Raises `TooManyAttempts`, `WrongSignIn`, `passwords.Busy`.
    """
    email = normal_email(email)
    _slow_down(email, address)
    user = by_email(email)
    if not passwords.matches(password, user.password_hash if user else None) or user is None or user.disabled_at:
        log.info("sign_in_refused", account=_key(email), address=address)
        raise WrongSignIn("The e-mail address or the password is wrong.")
    fresh = passwords.hashed(password) if passwords.outdated(user.password_hash) else None
    with unit_of_work():
        if fresh:
            user.password_hash = fresh
        if previous:
            sessions.close_token(previous)
        token = sessions.start(user, address=address, user_agent=user_agent)
    log.info("signed_in", user=str(user.id), address=address)
    return token


def change_password(user: User, current: str, new: str, *, address: str, user_agent: str) -> str:
    """Change it, sign the person out everywhere, and return the token of a new session for this browser.

    Raises `WrongSignIn` when `current` is wrong, `WeakPassword`, `TooManyAttempts`.
    """
    _slow_down(user.email, address)
    if not passwords.matches(current, user.password_hash):
        raise WrongSignIn("This is not your password.", field="password")
    fresh = _checked_hash(new, user.email, user.name)
    with unit_of_work():
        user.password_hash = fresh
        sessions.end([UserSession.user_id == user.id])
        return sessions.start(user, address=address, user_agent=user_agent)


def create(email: str, name: str, password: str, *, is_platform_admin: bool = False, locale: str = "en") -> User:
    """A new person, who belongs to no organization yet. Raises `Refused` when the address is taken."""
    email, name = normal_email(email), name.strip()
    if not name or "@" not in email or len(email) > 254:
        raise Refused("A person needs a name and an e-mail address.", field="email")
    password_hash = _checked_hash(password, email, name)
    with unit_of_work():
        if db.session.scalar(select(User.id).where(User.email == email)):
            raise Refused(f"{email} has an account already.", field="email")
        user = User(
            email=email, name=name, password_hash=password_hash, is_platform_admin=is_platform_admin, locale=locale
        )
        db.session.add(user)
    return user


def join(user: User, role: Role, properties: Iterable[UUID] | None = None) -> Membership:
    """Let a person work for the current organization: at all its properties, or only at those named."""
    limited = None if properties is None else list(properties)
    with unit_of_work():
        membership = Membership(user_id=user.id, role=role, all_properties=limited is None)
        db.session.add(membership)
        db.session.flush()
        for property_id in limited or ():
            db.session.add(MembershipProperty(membership_id=membership.id, property_id=property_id))
        audit.record("membership.created", "membership", membership.id, {"role": (None, role.value)})
    return membership


def change_role(user_id: UUID, role: Role) -> None:
    """Another role in the current organization, from the person's next request on."""
    with unit_of_work():
        membership = db.session.scalar(select(Membership).where(Membership.user_id == user_id).with_for_update())
        if membership is None:
            raise NotFound("membership")
        audit.record("membership.changed", "membership", membership.id, {"role": (membership.role.value, role.value)})
        membership.role = role


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


def normal_email(email: str) -> str:
    return email.strip().lower()


def _checked_hash(password: str, email: str, name: str) -> str:
    weakness = passwords.weakness(password, email, email.split("@")[0], name)
    if weakness:
        raise WeakPassword(weakness)
    return passwords.hashed(password)


def _slow_down(email: str, address: str) -> None:
    """Count one attempt, for the account and for where it comes from. Redis sees no addresses of people."""
    by_account = Throttle(redis.client, "sign-in-account", PER_ACCOUNT, WINDOW_SECONDS, PER_ACCOUNT_ALONE)
    by_address = Throttle(redis.client, "sign-in-address", PER_ADDRESS, WINDOW_SECONDS, PER_ADDRESS_ALONE)
    wait = by_address.take(_network(address)) or by_account.take(_key(email))
    if wait:
        log.warning("sign_in_throttled", account=_key(email), address=address)
        raise TooManyAttempts(wait)


def _key(email: str) -> str:
    return token_hash(email).hex()[:32]


def _network(address: str) -> str:
    """An IPv6 customer has 2**64 addresses: they count as one."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return "unknown"
    return parsed.exploded[:19] if isinstance(parsed, IPv6Address) else str(parsed)
