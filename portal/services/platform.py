"""What the people who run the installation may see: counts and times per tenant, and nothing of its guests."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import select, text
from sqlalchemy.exc import SQLAlchemyError

from portal import tenancy
from portal.db import end_reading
from portal.extensions import db
from portal.models import Connection, ConnectionState
from portal.services import audit, connectors

log = structlog.get_logger()

LATE_SECONDS = 300


@dataclass(frozen=True)
class Tenant:
    """One organization's health. Times are UTC, ages in seconds; None: never."""

    organization_id: UUID
    name: str
    properties: int
    connections: int
    active: int
    broken: int
    waiting_messages: int
    waiting_lanes: int
    oldest_lane_seconds: float
    open_incidents: int
    failed_runs_24h: int
    runs_24h: int
    last_accepted_at: datetime | None
    last_seen_at: datetime | None

    @property
    def state(self) -> str:
        """fine, heals_itself or needs_you: what the list is first sorted by."""
        if self.broken or self.open_incidents:
            return "needs_you"
        if self.failed_runs_24h or self.oldest_lane_seconds > LATE_SECONDS:
            return "heals_itself"
        return "fine"


@dataclass(frozen=True)
class Work:
    """Work of one kind that waits, over all tenants."""

    what: str
    waiting: int
    oldest_seconds: float


@dataclass(frozen=True)
class Verdict:
    """The audit chain of one organization. `broken_at`: the number of the first entry that does not follow."""

    organization_id: UUID
    broken_at: int | None


_URGENCY = {"needs_you": 0, "heals_itself": 1, "fine": 2}
SORTS: dict[str, Callable[[Tenant], Any]] = {
    "state": lambda tenant: (_URGENCY[tenant.state], -tenant.open_incidents, tenant.name.casefold()),
    "name": lambda tenant: tenant.name.casefold(),
    "connections": lambda tenant: -tenant.connections,
    "backlog": lambda tenant: -(tenant.waiting_messages + tenant.waiting_lanes),
    "oldest": lambda tenant: -tenant.oldest_lane_seconds,
    "failures": lambda tenant: -tenant.failed_runs_24h,
    # Who was never heard of comes first, then the longest silence.
    "proof": lambda tenant: tenant.last_accepted_at.timestamp() if tenant.last_accepted_at else 0.0,
}


def tenants(sort: str = "state", *, reverse: bool = False) -> list[Tenant]:
    """Every organization, the one that hurts most first. An unknown `sort` counts as `state`."""
    rows = db.session.execute(text("select * from tenant_health()"))
    found = [Tenant(**row._mapping) for row in rows]
    return sorted(found, key=SORTS.get(sort, SORTS["state"]), reverse=reverse)


def work_ages() -> list[Work]:
    """How much waits and for how long."""
    return [Work(*row) for row in db.session.execute(text("select what, waiting, oldest_seconds from work_ages()"))]


def work_ages_or_none() -> list[Work] | None:
    """The same, or None when the database is away: the other figures are wanted all the more then."""
    try:
        return work_ages()
    except SQLAlchemyError as error:
        log.warning("work_ages_unknown", reason=type(error).__name__)
        db.session.rollback()
        return None


def uses_simulator(property_id: UUID) -> bool:
    """Whether one of this property's connections talks to something that is not the provider itself."""
    kinds = db.session.scalars(
        select(Connection.provider).where(
            Connection.organization_id == tenancy.required(),
            Connection.property_id == property_id,
            Connection.state != ConnectionState.DISCONNECTED,
        )
    )
    return any(connectors.is_simulated(kind) for kind in kinds)


def verify_audit() -> Iterator[Verdict]:
    """Check the audit chain of every organization."""
    for organization_id in _organizations():
        with tenancy.of(organization_id):
            yield Verdict(organization_id, audit.first_broken_entry())
            end_reading()


def _organizations() -> Sequence[UUID]:
    found = db.session.execute(text("select organization_id from all_organizations()")).scalars().all()
    end_reading()
    return found
