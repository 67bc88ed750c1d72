"""Compares what every side believes: the OTAs' ledger, our inbox, reservations, rooms, lanes, the OTAs' calendar.

It trusts none of the engine's own sums: what should be for sale is counted here again, stay by stay. Call it
when the traffic has stopped, in an application context; while work is under way it reports what is on its way.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple, Protocol
from uuid import UUID

import requests
from sqlalchemy import select, text

from chaos import bookings, calendars
from chaos.beds24 import Beds24
from portal import tenancy
from portal.db import end_reading
from portal.extensions import db
from portal.models import Connection, ConnectionState

PATIENCE = 60  # seconds: nothing due may be older once everything answers
PAUSE = 0.5


class Difference(NamedTuple):
    """One thing two sides do not agree on. `kind`: lost, doubled, wrong, late."""

    kind: str
    words: str

    def __str__(self) -> str:
        return f"{self.kind}: {self.words}"


class Other(Protocol):
    """The other side of one provider, in the words of the checks."""

    def waiting(self) -> int:
        """How many messages it holds that we did not acknowledge."""

    def ledger(self, external_property_id: str) -> list[dict[str, Any]]: ...

    def calendar(self, external_property_id: str, first: date, last: date) -> Mapping[str, Any]: ...


@dataclass(frozen=True)
class Channex:
    """Through the controls of the simulated Channex at `url`."""

    url: str

    def get(self, path: str, **query: str) -> Any:
        answer = requests.get(f"{self.url}/_sim/{path}", params=query, timeout=30)
        answer.raise_for_status()
        return answer.json()

    def waiting(self) -> int:
        unacknowledged: int = self.get("feed")["unacked"]
        return unacknowledged

    def ledger(self, external_property_id: str) -> list[dict[str, Any]]:
        """What the OTAs sold there, each booking with its revisions."""
        found: list[dict[str, Any]] = self.get("ledger", property_id=external_property_id)["bookings"]
        return found

    def calendar(self, external_property_id: str, first: date, last: date) -> Mapping[str, Any]:
        """What the OTAs may sell there."""
        found: Mapping[str, Any] = self.get(
            f"calendar/{external_property_id}", first=first.isoformat(), last=last.isoformat()
        )
        return found


def differences(url: str, *, nights: int = 500) -> list[Difference]:
    """Everything that does not agree, in words; empty when all is well. `nights`: how far the calendars are read."""
    others: dict[str, Other] = {"channex": Channex(url), "beds24": Beds24(url)}
    found = [Difference(*each) for each in _of_nobody(others)]
    organizations = list(db.session.execute(text("select organization_id from all_organizations()")).scalars())
    end_reading()
    for organization_id in organizations:
        with tenancy.of(organization_id):
            found += [Difference(*each) for each in _of_organization(others, organization_id, nights)]
            end_reading()
    return found


def wait_until_clean(url: str, seconds: float = PATIENCE, *, nights: int = 500) -> tuple[list[Difference], float]:
    """Look again until nothing differs or the time is up: what is left, and after how many seconds."""
    started = time.monotonic()
    while True:
        found = differences(url, nights=nights)
        took = time.monotonic() - started
        if not found or took > seconds:
            return found, took
        time.sleep(PAUSE)


Found = list[tuple[str, str]]


def _of_nobody(others: Mapping[str, Other]) -> Found:
    waiting = sum(other.waiting() for other in others.values())
    return [("late", f"{waiting} revisions are not acknowledged")] if waiting else []


def _of_organization(others: Mapping[str, Other], organization_id: UUID, nights: int) -> Found:
    found: Found = []
    broken = db.session.execute(text("select audit_break()")).scalar_one()
    if broken is not None:
        found.append(("wrong", f"the audit chain of {organization_id} breaks at entry {broken}"))
    found += _late(organization_id)
    connections = db.session.scalars(
        select(Connection)
        .where(Connection.external_property_id.is_not(None), Connection.state != ConnectionState.DISCONNECTED)
        .execution_options(populate_existing=True)
    ).all()
    checks: tuple[Callable[..., Found], ...] = (bookings.compare, calendars.compare)
    for connection in connections:
        external, other = connection.external_property_id or "", others[connection.provider]
        ledger = other.ledger(external)
        for check in checks:
            found += check(other, connection, ledger, nights)
    return found


_LATE = text(
    """
    select what, count(*) as many from (
        select 'change to send' as what, l.due_at as since from lanes l
          join connections c on c.organization_id = l.organization_id and c.id = l.connection_id
          where c.state = 'active' and c.sync_enabled and c.push_enabled
        union all select 'delivery', received_at from webhook_events where state = 'received'
        union all select 'booking message', received_at from inbox where state = 'received'
        union all select 'acknowledgement', received_at from inbox where acknowledged_at is null
        union all select d.duty || ' duty', greatest(d.due_at, d.retry_at) from duties d
          join connections c on c.organization_id = d.organization_id and c.id = d.connection_id
          where c.state = 'active' and c.sync_enabled
    ) as waiting
    where since < clock_timestamp() - make_interval(secs => :seconds)
    group by what order by what
    """
)


def _late(organization_id: UUID) -> Found:
    rows = db.session.execute(_LATE, {"seconds": PATIENCE})
    return [("late", f"{row.many} × {row.what} waits for more than {PATIENCE} s ({organization_id})") for row in rows]
