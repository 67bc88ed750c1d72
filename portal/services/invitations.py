"""Asking people to work for an organization. The invitation stays open for days; each link to it lives for an hour."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from sqlalchemy import func, select

from portal import tenancy
from portal.db import now, unit_of_work
from portal.extensions import db
from portal.models import Invitation, InvitationProperty, Membership, Organization, Property, Purpose, Role, Token, User
from portal.models.sealed import lookup_hash
from portal.services import accounts, attempts, audit, letters, locks, mails, members, sessions, tokens, verification
from portal.services.errors import NotFound, Refused
from portal.services.members import EVERYWHERE, Scope
from portal.services.sentences import Phrase
from portal.services.tokens import DeadLink

log = structlog.get_logger()

OPEN_FOR = timedelta(days=14)


class WrongAccount(Refused):
    """The invitation is for somebody else than the person who opened it. `email` is who it is for."""

    def __init__(self, email: str) -> None:
        super().__init__(Phrase("This invitation is for another e-mail address."))
        self.email = email


@dataclass(frozen=True)
class Waiting:
    """One open invitation as the members page shows it. `too_old`: it has to be withdrawn or sent again."""

    id: UUID
    email: str
    role: Role
    property_names: tuple[str, ...]
    everywhere: bool
    sent_at: datetime
    too_old: bool


@dataclass(frozen=True)
class Offer:
    """What the link of an invitation leads to. `has_account`: the address signs in already."""

    organization_name: str
    inviter: str
    role: Role
    email: str
    has_account: bool


def invite(email: str, role: Role, scope: Scope, *, inviter: User, address: str) -> None:
    """Write to somebody.

    Raises `mails.NoMail`, `attempts.TooManyAttempts`, `Refused` (works here, is invited, no property).
    """
    mails.demand()
    email = accounts.normal_email(email)
    attempts.mail(email, address)
    with unit_of_work():
        locks.hold(locks.Kind.MEMBERS, ["all"])
        scope = members.checked_scope(role, scope)
        _check_new(email)
        moment = now()
        invitation = Invitation(
            email_hash=_hash(email),
            role=role,
            all_properties=scope.properties is None,
            invited_by=inviter.id,
            invited_by_name=inviter.name,
            sent_at=moment,
            expires_at=moment + OPEN_FOR,
        )
        invitation.email = email
        db.session.add(invitation)
        db.session.flush()
        for property_id in scope.properties or ():
            db.session.add(InvitationProperty(invitation_id=invitation.id, property_id=property_id))
        _send(invitation)
        audit.record("invitation.sent", "invitation", invitation.id, {"email": (None, email), "role": (None, role)})


def send_again(invitation_id: UUID, *, address: str) -> None:
    """A fresh link, and as many days as at first; links of before are dead.

    Raises `NotFound`, `mails.NoMail`, `attempts.TooManyAttempts`.
    """
    mails.demand()
    attempts.mail(_open(invitation_id).email or "", address)
    with unit_of_work():
        invitation = _open(invitation_id, hold=True)
        tokens.void(Purpose.ACCEPT_INVITATION, invitation_id=invitation.id)
        invitation.sent_at = now()
        invitation.expires_at = invitation.sent_at + OPEN_FOR
        _send(invitation)
        audit.record("invitation.sent_again", "invitation", invitation.id)


def withdraw(invitation_id: UUID) -> None:
    """The links in its mails are dead from here on. Raises `NotFound`."""
    with unit_of_work():
        invitation = _open(invitation_id, hold=True)
        invitation.withdrawn_at = now()
        tokens.void(Purpose.ACCEPT_INVITATION, invitation_id=invitation.id)
        audit.record("invitation.withdrawn", "invitation", invitation.id)


def waiting() -> list[Waiting]:
    """The open invitations of the current organization, newest first."""
    query = select(Invitation).where(Invitation.accepted_at.is_(None), Invitation.withdrawn_at.is_(None))
    moment = now()
    names: dict[UUID, list[str]] = {}
    for invitation_id, name in db.session.execute(
        select(InvitationProperty.invitation_id, Property.name)
        .join(Property, Property.id == InvitationProperty.property_id)
        .order_by(Property.name)
    ):
        names.setdefault(invitation_id, []).append(name)
    return [
        Waiting(
            each.id, each.email or "", each.role, tuple(names.get(each.id, ())), each.all_properties, each.sent_at,
            each.expires_at <= moment,
        )
        for each in db.session.scalars(query.order_by(Invitation.id.desc()))
    ]  # fmt: skip


def look(token: str) -> Offer:
    """What a link offers. Raises `DeadLink`: used, too old, withdrawn, or of another organization."""
    found = tokens.find(Purpose.ACCEPT_INVITATION, token)
    with tenancy.of(found.organization_id):
        invitation = _offered(found)
        organization = db.session.get_one(Organization, invitation.organization_id)
        email = invitation.email or ""
        return Offer(
            organization.name, invitation.invited_by_name, invitation.role, email, accounts.by_email(email) is not None
        )


def accept(token: str, user: User) -> UUID:
    """The signed-in person works there from now on; returns the organization's id.

    Raises `DeadLink`, `WrongAccount` (the link stays good).
    """
    found = tokens.find(Purpose.ACCEPT_INVITATION, token)
    with tenancy.of(found.organization_id), unit_of_work():
        _take(token, user)
    return _organization_of(found)


def join(token: str, name: str, password: str, *, address: str, user_agent: str) -> str:
    """An account for the invited address; returns the token of its first session.

    Raises `DeadLink`, `WrongAccount` when there is an account already, `accounts.WeakPassword`, `Refused`.
    """
    offer = look(token)
    if offer.has_account:
        raise WrongAccount(offer.email)
    accounts.check_person(offer.email, name.strip())
    password_hash = accounts.checked_hash(password, offer.email, name, offer.organization_name)
    found = tokens.find(Purpose.ACCEPT_INVITATION, token)
    with tenancy.of(found.organization_id), unit_of_work():
        user = accounts.new_user(offer.email, name.strip(), password_hash, verified=True)
        _take(token, user)
        return sessions.start(user, address=address, user_agent=user_agent)


def _take(token: str, user: User) -> None:
    """Helper inside a unit of work: use the link, close the invitation, make the membership."""
    invitation = _offered(tokens.use(Purpose.ACCEPT_INVITATION, token), hold=True)
    if invitation.email != user.email:
        raise WrongAccount(invitation.email or "")
    scope = EVERYWHERE
    if not invitation.all_properties:
        query = select(InvitationProperty.property_id).where(InvitationProperty.invitation_id == invitation.id)
        scope = Scope(tuple(db.session.scalars(query)))
    invitation.accepted_at = now()
    verification.mark(user)
    with audit.acting(replace(audit.actor(), kind="user", id=user.id, name=user.name)):
        members.add(user.id, invitation.role, scope)
        audit.record("invitation.accepted", "invitation", invitation.id)
    log.info("invitation_accepted", user=str(user.id), invitation=str(invitation.id))


def _offered(token: Token, *, hold: bool = False) -> Invitation:
    try:
        invitation = _open(token.invitation_id, hold=hold)
    except NotFound:
        raise DeadLink from None
    if invitation.expires_at <= now():
        raise DeadLink
    return invitation


def _open(invitation_id: UUID | None, *, hold: bool = False) -> Invitation:
    query = select(Invitation).where(
        Invitation.id == invitation_id, Invitation.accepted_at.is_(None), Invitation.withdrawn_at.is_(None)
    )
    query = query.with_for_update() if hold else query
    invitation: Invitation | None = db.session.scalar(query.execution_options(populate_existing=True))
    if invitation is None:
        raise NotFound("invitation")
    return invitation


def _check_new(email: str) -> None:
    member = db.session.scalar(
        select(Membership.id).join(User, User.id == Membership.user_id).where(User.email == email)
    )
    if member is not None:
        raise Refused("This person works here already.", field="email")
    invited = db.session.scalar(
        select(func.count())
        .select_from(Invitation)
        .where(
            Invitation.email_hash == _hash(email), Invitation.accepted_at.is_(None), Invitation.withdrawn_at.is_(None)
        )
    )
    if invited:
        raise Refused("This person is invited already. Send the mail again instead.", field="email")


def _send(invitation: Invitation) -> None:
    token = tokens.issue(
        Purpose.ACCEPT_INVITATION, organization_id=invitation.organization_id, invitation_id=invitation.id
    )
    organization = db.session.get_one(Organization, invitation.organization_id)
    letter = letters.invitation(invitation.invited_by_name, organization.name, invitation.role, token)
    mails.post(invitation.email or "", letter)


def _organization_of(token: Token) -> UUID:
    assert token.organization_id is not None  # `_send` named it
    return token.organization_id


def _hash(email: str) -> bytes:
    return lookup_hash(tenancy.required(), "invitation", email)
