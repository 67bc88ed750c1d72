"""The sync history of a property: newest first, by keyset, with what each run sent and was answered."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any
from uuid import UUID

from sqlalchemy import select

from portal import tenancy
from portal.domain.nights import ONE_NIGHT, local_time_to_utc
from portal.extensions import db
from portal.models import (
    ApiCall,
    Connection,
    Incident,
    Lane,
    RatePlan,
    RoomType,
    Send,
    SyncRun,
    SyncStatus,
    SyncType,
)
from portal.services.errors import NotFound
from portal.services.run_facts import About, about

PAGE = 50
LONGEST_EXPORT = 10_000


@dataclass(frozen=True)
class Filters:
    type: SyncType | None = None
    status: SyncStatus | None = None
    connection_id: UUID | None = None
    since: datetime | None = None  # aware
    until: datetime | None = None
    text: str = ""  # found in the error

    @classmethod
    def of(cls, asked: Mapping[str, Any], zone: str) -> Filters:
        """Filters as a form asks for them: the words of types and states, and whole days of the property."""
        since, until = asked.get("since"), asked.get("until")
        return cls(
            type=SyncType(asked["type"]) if asked.get("type") else None,
            status=SyncStatus(asked["status"]) if asked.get("status") else None,
            connection_id=asked.get("connection"),
            since=local_time_to_utc(since, time(0), zone) if since else None,
            until=local_time_to_utc(until + ONE_NIGHT, time(0), zone) if until else None,
            text=asked.get("q") or "",
        )


@dataclass(frozen=True)
class Listing:
    rows: Sequence[SyncRun]
    next_after: UUID | None  # the id to go on from; None at the end


@dataclass(frozen=True)
class SentLane:
    send: Send
    lane: Lane
    name: str


@dataclass(frozen=True)
class Detail:
    run: SyncRun
    connection: Connection
    sends: Sequence[SentLane]
    calls: Sequence[ApiCall]
    about: About
    incidents: Sequence[Incident]  # open ones of its lanes, or of its connection when it failed


def page(property_id: UUID, filters: Filters, after: UUID | None = None, size: int = PAGE) -> Listing:
    query = select(SyncRun).where(SyncRun.organization_id == tenancy.required(), SyncRun.property_id == property_id)
    if after is not None:
        query = query.where(SyncRun.id < after)
    if filters.type:
        query = query.where(SyncRun.type == filters.type)
    if filters.status:
        query = query.where(SyncRun.status == filters.status)
    if filters.connection_id:
        query = query.where(SyncRun.connection_id == filters.connection_id)
    if filters.since:
        query = query.where(SyncRun.started_at >= filters.since)
    if filters.until:
        query = query.where(SyncRun.started_at < filters.until)
    if filters.text:
        query = query.where(SyncRun.error.icontains(filters.text, autoescape=True))
    rows = list(db.session.scalars(query.order_by(SyncRun.id.desc()).limit(size + 1)))
    return Listing(rows[:size], rows[size - 1].id if len(rows) > size else None)


def detail(property_id: UUID, run_id: UUID) -> Detail:
    """One run with its sends and calls. Raises `NotFound`."""
    found = db.session.execute(
        select(SyncRun, Connection)
        .join(
            Connection,
            (Connection.organization_id == SyncRun.organization_id) & (Connection.id == SyncRun.connection_id),
        )
        .where(SyncRun.organization_id == tenancy.required(), SyncRun.property_id == property_id, SyncRun.id == run_id)
    ).first()
    if found is None:
        raise NotFound(f"run {run_id}")
    calls = db.session.scalars(
        select(ApiCall)
        .where(ApiCall.organization_id == tenancy.required(), ApiCall.sync_run_id == run_id)
        .order_by(ApiCall.id)
        .limit(200)
    ).all()
    run, connection = found
    sends = _sends(run_id)
    return Detail(run, connection, sends, calls, about([run])[run.id], _incidents(run, sends))


def export(property_id: UUID, filters: Filters) -> Iterator[tuple[SyncRun, About]]:
    """The filtered runs, newest first, at most `LONGEST_EXPORT` of them."""
    after, left = None, LONGEST_EXPORT
    while left > 0:
        listing = page(property_id, filters, after, min(500, left))
        facts = about(listing.rows)
        yield from ((run, facts[run.id]) for run in listing.rows)
        left -= len(listing.rows)
        after = listing.next_after
        if after is None:
            return


def _incidents(run: SyncRun, sends: Sequence[SentLane]) -> list[Incident]:
    if run.status not in (SyncStatus.FAILED, SyncStatus.PARTIAL):
        return []
    lanes = {str(sent.lane.id) for sent in sends}
    rows = db.session.scalars(
        select(Incident)
        .where(
            Incident.organization_id == tenancy.required(),
            Incident.connection_id == run.connection_id,
            Incident.resolved_at.is_(None),
        )
        .order_by(Incident.id.desc())
        .limit(100)
    )
    return [row for row in rows if row.category == run.category and row.facts.get("lane_id", "") in lanes | {""}]


def _sends(run_id: UUID) -> list[SentLane]:
    rows: Any = db.session.execute(
        select(Send, Lane, RoomType.name, RatePlan.name)
        .join(Lane, (Lane.organization_id == Send.organization_id) & (Lane.id == Send.lane_id))
        .outerjoin(RatePlan, (RatePlan.organization_id == Lane.organization_id) & (RatePlan.id == Lane.rate_plan_id))
        .outerjoin(
            RoomType,
            (RoomType.organization_id == Lane.organization_id)
            & ((RoomType.id == Lane.room_type_id) | (RoomType.id == RatePlan.room_type_id)),
        )
        .where(Send.organization_id == tenancy.required(), Send.sync_run_id == run_id)
        .order_by(RoomType.position, Lane.kind, RatePlan.position, Send.id)
        .limit(500)
    )
    return [
        SentLane(send, lane, " · ".join(part for part in (room_type, plan) if part))
        for send, lane, room_type, plan in rows
    ]
