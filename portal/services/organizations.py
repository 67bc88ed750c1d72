"""Hotel companies: each with keys of its own from the first moment."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select

from portal import tenancy
from portal.db import unit_of_work
from portal.extensions import db
from portal.models import Membership, Organization, Role
from portal.models.base import new_id
from portal.models.keys import create_keys
from portal.services import audit
from portal.services.errors import NotFound, Refused

_LONGEST_NAME = 200


def create(name: str, owner_id: UUID | None = None) -> Organization:
    """Found an organization with its own data keys; `owner_id` is the user who owns it.

    Works under the new organization's tenancy and returns to the caller's. Raises `Refused`.
    """
    name = checked_name(name)
    organization_id = new_id()
    with tenancy.of(organization_id), unit_of_work():
        return found(organization_id, name, owner_id)


def found(organization_id: UUID, name: str, owner_id: UUID | None) -> Organization:
    """Helper inside a unit of work that is already the new organization's."""
    organization = Organization(id=organization_id, name=name)
    db.session.add(organization)
    db.session.flush()
    create_keys(organization_id)
    if owner_id is not None:
        db.session.add(Membership(user_id=owner_id, role=Role.OWNER))
    audit.record("organization.created", "organization", organization_id, {"name": (None, name)})
    return organization


def checked_name(name: str) -> str:
    """The name as it is stored. Raises `Refused`."""
    name = name.strip()
    if not 0 < len(name) <= _LONGEST_NAME:
        raise Refused("An organization needs a name of at most 200 letters.", field="name")
    return name


def current() -> Organization:
    """The organization this code works for. Raises `NotFound`."""
    query = select(Organization).where(Organization.id == tenancy.required())
    organization: Organization | None = db.session.scalar(query)
    if organization is None:
        raise NotFound("organization")
    return organization
