"""Who did what: one append-only, hash-chained row a change, written with the change itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import insert, text
from structlog.contextvars import bound_contextvars

from portal import tenancy
from portal.db import AUDIT, before_commit
from portal.extensions import db
from portal.models import AuditEntry
from portal.models.base import new_id
from portal.models.sealed import seal_field


@dataclass(frozen=True)
class Actor:
    """Who the running code acts for. `kind`: user, channel, system, platform."""

    kind: str = "system"
    id: UUID | None = None
    name: str = ""
    address: str = ""
    correlation_id: str = ""


SYSTEM = Actor()
_actor: ContextVar[Actor] = ContextVar("roomwire_actor", default=SYSTEM)  # noqa: B039  (a frozen value)


def actor() -> Actor:
    return _actor.get()


@contextmanager
def acting(who: Actor) -> Iterator[None]:
    token = _actor.set(who)
    try:
        yield
    finally:
        _actor.reset(token)


@contextmanager
def following(correlation_id: str) -> Iterator[None]:
    """Go on under the correlation id of what caused this work; without one, under our own."""
    if not correlation_id:
        yield
        return
    with acting(replace(actor(), correlation_id=correlation_id)), bound_contextvars(correlation_id=correlation_id):
        yield


def record(
    action: str,
    subject_kind: str,
    subject_id: UUID | None,
    changes: Mapping[str, tuple[Any, Any]] | None = None,
    *,
    property_id: UUID | None = None,
) -> None:
    """Write an entry as one of the last statements of the running unit of work.

    `changes` is {field: (before, after)}; it is kept as ciphertext, so guests may be named in it.
    """
    who, organization_id, entry_id = actor(), tenancy.required(), new_id()
    sealed = None
    if changes:
        plain = orjson.dumps(dict(changes), default=str)
        sealed = seal_field(organization_id, "audit_log", "changes", entry_id, plain)
    values = {
        "organization_id": organization_id,
        "id": entry_id,
        "actor_kind": who.kind,
        "actor_id": who.id,
        "actor_name": who.name,
        "action": action,
        "subject_kind": subject_kind,
        "subject_id": subject_id,
        "property_id": property_id,
        "address": who.address,
        "correlation_id": who.correlation_id,
        "changes_sealed": sealed,
        # The trigger sets these; they are only named because the columns refuse NULL.
        "number": 0,
        "previous_hash": b"",
        "hash": b"",
    }
    before_commit(AUDIT, lambda: db.session.execute(insert(AuditEntry.__table__), values))


def first_broken_entry() -> int | None:
    """The number of the first entry of the current organization whose hash does not follow, or None."""
    broken: int | None = db.session.execute(text("select audit_break()")).scalar_one()
    return broken
