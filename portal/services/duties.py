"""Work as rows with a lease: one worker at a time for each duty of a connection.

Leases are measured by the database's clock. A holder that dies lets its lease run out; a holder that
slept past it finds a moved fence before it writes.
"""

from __future__ import annotations

import os
import random
import socket
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert

from portal import queue, tenancy
from portal.db import end_reading, unit_of_work
from portal.extensions import db, runtime
from portal.models import Connection, Duty, DutyRow

FAST = (5.0, 25.0, 125.0)
SLOW = (600.0, 1800.0, 3600.0)
JITTER = 0.2


handing_over = threading.Event()
"""Set when this process was asked to stop: whoever works in rounds ends after the round in hand."""


class LeaseLost(Exception):
    """Another worker holds the duty now: what this one knows may be old, so it writes nothing."""


@dataclass(frozen=True)
class Lease:
    connection_id: UUID
    duty: Duty
    fence: int
    attempts: int  # failed ones in a row, before this one
    request: dict[str, Any]


_CLAIM = text(
    """
    update duties set fence = fence + 1, holder = :holder, started_at = clock_timestamp(),
        leased_until = clock_timestamp() + make_interval(secs => :seconds)
    where organization_id = :organization and connection_id = :connection and duty = :duty
      and (leased_until is null or leased_until < clock_timestamp())
      and (:early or retry_at is null or retry_at <= clock_timestamp())
    returning fence, attempts, request
    """
)
_RENEW = text(
    """
    update duties set leased_until = clock_timestamp() + make_interval(secs => :seconds)
    where organization_id = :organization and connection_id = :connection and duty = :duty and fence = :fence
    """
)
_DONE = text(
    """
    update duties set leased_until = null, holder = '', attempts = 0, retry_at = null, error = '',
        finished_at = clock_timestamp(),
        -- asked for again while it ran: that wish stands, the plan is for when there is none
        due_at = case when due_at > started_at then due_at else :next_at end,
        request = case when due_at > started_at then request else '{}' end
    where organization_id = :organization and connection_id = :connection and duty = :duty and fence = :fence
    """
)
_LATER = text(
    """
    update duties set leased_until = null, holder = '', attempts = :attempts, error = :error,
        retry_at = clock_timestamp() + make_interval(secs => :seconds)
    where organization_id = :organization and connection_id = :connection and duty = :duty and fence = :fence
    returning retry_at
    """
)


def connection(connection_id: UUID) -> Connection:
    """The connection a duty is for, as it is now. Raises when it is gone: then so is its work."""
    return db.session.scalars(
        select(Connection)
        .where(Connection.organization_id == tenancy.required(), Connection.id == connection_id)
        .execution_options(populate_existing=True)
    ).one()


def create(connection_id: UUID) -> None:
    """Give a new connection its duties; a helper, inside the caller's unit of work."""
    rows = [{"organization_id": tenancy.required(), "connection_id": connection_id, "duty": duty} for duty in Duty]
    db.session.execute(insert(DutyRow).on_conflict_do_nothing(), rows)


def claim(connection_id: UUID, duty: Duty, *, early: bool = False) -> Lease | None:
    """Take the duty, or None while another worker has it or it waits for its next try.

    `early` ignores the waiting: a person pressed the button.
    """
    with unit_of_work():
        row = db.session.execute(
            _CLAIM, {**_key(connection_id, duty), "holder": holder(), "seconds": _seconds(), "early": early}
        ).first()
    if row is None:
        return None
    return Lease(connection_id, duty, row.fence, row.attempts, row.request)


def renew(lease: Lease) -> None:
    """Hold on for another term; a helper, inside the caller's unit of work. Raises `LeaseLost`."""
    done = db.session.execute(
        _RENEW, {**_key(lease.connection_id, lease.duty), "fence": lease.fence, "seconds": _seconds()}
    )
    if done.rowcount != 1:  # type: ignore[attr-defined]
        raise LeaseLost(f"{lease.duty} of connection {lease.connection_id}")


def keep(lease: Lease) -> None:
    """Hold on for another term, in a transaction of its own."""
    with unit_of_work():
        renew(lease)


def done(lease: Lease, *, next_at: datetime | None = None) -> None:
    """Give the duty back after a success. A lost lease is not an error here: the work is recorded."""
    with unit_of_work():
        db.session.execute(_DONE, {**_key(lease.connection_id, lease.duty), "fence": lease.fence, "next_at": next_at})


def later(lease: Lease, error: str, *, retry_after: float | None = None, counts: bool = True) -> datetime | None:
    """Give the duty back to be tried again, and say when.

    `retry_after` in seconds when somebody said so, else the next step of the back-off. `counts` is
    false when no call was made (our own limiter), so that waiting in line is not a failure.
    """
    attempts = lease.attempts + 1 if counts else lease.attempts
    seconds = delay(attempts) if retry_after is None else retry_after
    with unit_of_work():
        row = db.session.execute(
            _LATER,
            {
                **_key(lease.connection_id, lease.duty),
                "fence": lease.fence,
                "attempts": attempts,
                "error": error[:500],
                "seconds": seconds,
            },
        ).first()
    return row.retry_at if row else None


def delay(attempts: int) -> float:
    """Seconds before try number `attempts` + 1: fast at first, then slowly for as long as it takes."""
    steps = FAST + SLOW
    base = steps[min(attempts, len(steps)) - 1] if attempts > 0 else 0.0
    return base * random.uniform(1 - JITTER, 1 + JITTER)


def request(connection_id: UUID, duty: Duty, facts: dict[str, Any] | None = None) -> None:
    """Ask for the duty now; a helper, inside the caller's unit of work."""
    db.session.execute(
        text(
            """
            update duties set due_at = clock_timestamp(), retry_at = null,
                request = request || cast(:facts as jsonb)
            where organization_id = :organization and connection_id = :connection and duty = :duty
            """
        ),
        {**_key(connection_id, duty), "facts": orjson.dumps(facts or {}, default=str).decode()},
    )
    queue.ring(duty.value, tenancy.required(), connection_id)


def failures(connection_id: UUID, duty: Duty) -> int:
    """How often in a row the duty failed."""
    found = db.session.scalar(
        select(DutyRow.attempts).where(
            DutyRow.organization_id == tenancy.required(),
            DutyRow.connection_id == connection_id,
            DutyRow.duty == duty,
        )
    )
    return found or 0


def plan(connection_id: UUID, duty: Duty, at: datetime) -> None:
    """Set the next time by the clock; a helper, inside the caller's unit of work."""
    db.session.execute(
        text(
            "update duties set due_at = :at where organization_id = :organization "
            "and connection_id = :connection and duty = :duty"
        ),
        {**_key(connection_id, duty), "at": at},
    )


def due(most: int = 500) -> Sequence[tuple[UUID, UUID, str]]:
    """(organization, connection, duty) of everything that is due now and held by nobody, all tenants."""
    rows = db.session.execute(text("select organization_id, connection_id, duty from due_work(:most)"), {"most": most})
    return [(row.organization_id, row.connection_id, row.duty) for row in rows]


def release_dead(is_alive: Callable[[int], bool]) -> int:
    """Free what processes of this host held that live no more, of all tenants; return how many duties.

    Without it their leases run out by themselves. Taking one from a living process is harmless: its
    fence has moved before it writes.
    """
    freed = 0
    organizations = list(db.session.execute(text("select organization_id from all_organizations()")).scalars())
    end_reading()
    for organization_id in organizations:
        with tenancy.of(organization_id):
            rows = db.session.execute(_HELD_HERE, {"organization": organization_id, "host": f"{_host()}:"}).all()
            end_reading()
            dead = [row.holder for row in rows if not is_alive(int(row.holder.split(":")[1]))]
            if dead:
                with unit_of_work():
                    freed += len(db.session.execute(_FREE, {"organization": organization_id, "dead": dead}).all())
    return freed


_HELD_HERE = text(
    "select distinct holder from duties "
    "where organization_id = :organization and leased_until > clock_timestamp() and starts_with(holder, :host)"
)
_FREE = text(
    "update duties set leased_until = clock_timestamp() "
    "where organization_id = :organization and holder = any(:dead) returning duty"
)


def holder() -> str:
    return f"{_host()}:{os.getpid()}:{threading.get_ident()}"


def _host() -> str:
    return socket.gethostname().replace(":", "-")[:60]


def _seconds() -> float:
    return float(runtime.settings.lease_seconds)


def _key(connection_id: UUID, duty: Duty) -> dict[str, Any]:
    return {"organization": tenancy.required(), "connection": connection_id, "duty": duty.value}
