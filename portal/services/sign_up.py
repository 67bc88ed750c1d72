"""Founding an organization from outside: a person, their hotel company, and a mail to check the address."""

from __future__ import annotations

from dataclasses import dataclass, replace

import structlog
from sqlalchemy.exc import IntegrityError

from portal import tenancy
from portal.db import unit_of_work
from portal.extensions import runtime
from portal.models import User
from portal.models.base import new_id
from portal.services import accounts, attempts, audit, letters, mails, organizations, sessions, verification
from portal.services.errors import NotFound

log = structlog.get_logger()


@dataclass(frozen=True)
class Wish:
    """What a visitor typed."""

    name: str
    organization: str
    email: str
    password: str
    locale: str = "en"


class KnownAlready(Exception):
    """There is an account with this address. Its owner was told by mail; the visitor is told what everybody is told."""


def is_open() -> bool:
    return runtime.settings.sign_up == "open"


def start(wish: Wish, *, address: str, user_agent: str) -> str:
    """Found the organization and return the token of its owner's first session.

    Raises `NotFound` where signing up is closed, `attempts.TooManyAttempts`, `Refused`, `accounts.WeakPassword`,
    `KnownAlready`.
    """
    if not is_open():
        raise NotFound("sign-up")
    email, name = accounts.normal_email(wish.email), wish.name.strip()
    accounts.check_person(email, name)
    organization = organizations.checked_name(wish.organization)
    attempts.sign_up(address)
    # The hash comes before the look-up: a known address takes as long as a new one.
    password_hash = accounts.checked_hash(wish.password, email, name, organization)
    known = accounts.by_email(email)
    if known is None:
        try:
            return _found(replace(wish, name=name, email=email, organization=organization), password_hash,
                          address=address, user_agent=user_agent)  # fmt: skip
        except IntegrityError:  # somebody else took the address at this very moment
            known = accounts.by_email(email)
            if known is None:
                raise
    _tell(known, address)
    raise KnownAlready


def _found(wish: Wish, password_hash: str, *, address: str, user_agent: str) -> str:
    organization_id = new_id()
    with tenancy.of(organization_id), unit_of_work():
        user = accounts.new_user(wish.email, wish.name, password_hash, locale=wish.locale)
        with audit.acting(replace(audit.actor(), kind="user", id=user.id, name=user.name)):
            organizations.found(organization_id, wish.organization, user.id)
        verification.post(user)
        token = sessions.start(user, address=address, user_agent=user_agent)
    log.info("signed_up", user=str(user.id), organization=str(organization_id))
    return token


def _tell(user: User, address: str) -> None:
    try:
        attempts.mail(user.email, address)
    except attempts.TooManyAttempts:
        return  # enough mails for now; the visitor's answer must not tell that there is somebody to write to
    with unit_of_work(), mails.in_language_of(user):
        mails.post(user.email, letters.known_already(user.name))
