"""Which organization the running code works for.

PostgreSQL decides what may be read and written (row-level security, see `migrations/tenancy.py`);
this module only tells it who is asking, once per transaction. A setting made for the session
instead would leak to the next user of the pooled connection.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, event, text
from sqlalchemy.orm import Session

from portal.extensions import db

_organization: ContextVar[UUID | None] = ContextVar("roomwire_organization", default=None)

SET_TENANT = text("select set_config('roomwire.organization', :organization, true)")


def current() -> UUID | None:
    """The organization this code works for, or None: then tenant tables are empty and read-only."""
    return _organization.get()


def required() -> UUID:
    organization_id = _organization.get()
    if organization_id is None:
        raise RuntimeError("this code needs an organization: wrap it in tenancy.of(...)")
    return organization_id


@contextmanager
def of(organization_id: UUID | None) -> Iterator[None]:
    """Work for one organization inside the block. Refuses to change sides over unsaved rows."""
    token = _organization.set(organization_id)
    _tell_open_transaction()
    try:
        yield
    finally:
        _organization.reset(token)
        _tell_open_transaction()


def enter(organization_id: UUID | None) -> None:
    """The same for the rest of a web request; `leave` ends it in any case."""
    _organization.set(organization_id)
    _tell_open_transaction()


def leave() -> None:
    """Forget the organization. A transaction still open is the caller's to end."""
    _organization.set(None)


def _tell_open_transaction() -> None:
    session = db.session()
    if session.in_transaction() and session.is_active:
        if session.new or session.dirty or session.deleted:
            raise RuntimeError("unsaved rows of one organization while turning to another")
        session.execute(SET_TENANT, {"organization": _text(_organization.get())})


@event.listens_for(Session, "after_begin")
def _tell_new_transaction(session: Session, transaction: Any, connection: Connection) -> None:
    connection.execute(SET_TENANT, {"organization": _text(_organization.get())})


def _text(organization_id: UUID | None) -> str:
    return str(organization_id) if organization_id else ""
