"""How a connection is, in facts: what came in, what went out, what waits, what is proved and when."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, text

from portal import tenancy
from portal.extensions import db
from portal.models import (
    Channel,
    ChannelState,
    Connection,
    ConnectionState,
    Duty,
    DutyRow,
    InboxMessage,
    InboxState,
    Incident,
    Lane,
    WebhookEvent,
)
from portal.services import connectors

LATE = timedelta(minutes=5)


class Health(StrEnum):
    FINE = "fine"
    HEALS_ITSELF = "heals_itself"
    NEEDS_YOU = "needs_you"
    NEEDS_THE_OTA = "needs_the_ota"


@dataclass(frozen=True)
class Report:
    connection: Connection
    health: Health
    simulated: bool
    last_in: datetime | None  # delivery or feed
    last_out: datetime | None  # accepted by the provider
    last_seen: datetime | None  # read back
    waiting_lanes: int
    oldest_change: datetime | None  # of those waiting
    waiting_messages: int
    refused_lanes: int
    unacknowledged: int
    retry_at: datetime | None
    last_error: str
    open_incidents: int
    channels: tuple[Channel, ...]
    duties: Mapping[Duty, DutyRow]


def report(connection: Connection) -> Report:
    """Three statements, whose parts each have an index; nothing is asked of the provider."""
    return reports([connection])[0]


def reports(connections: Sequence[Connection]) -> list[Report]:
    """The same of several, in their order: one statement for each of them and two for all."""
    if not connections:
        return []
    ids = [connection.id for connection in connections]
    duties, channels = _duties(ids), _channels(ids)
    return [_report(connection, duties[connection.id], tuple(channels[connection.id])) for connection in connections]


def _report(connection: Connection, duties: dict[Duty, DutyRow], channels: tuple[Channel, ...]) -> Report:
    counts = _counts(connection.id)
    failing = [row for row in duties.values() if row.attempts]
    drained = duties[Duty.DRAIN].finished_at if Duty.DRAIN in duties else None
    return Report(
        connection=connection,
        health=_health(connection, counts, channels, bool(failing)),
        simulated=connectors.is_simulated(connection.provider),
        last_in=max((moment for moment in (counts.last_in, drained) if moment), default=None),
        last_out=counts.accepted,
        last_seen=counts.seen,
        waiting_lanes=counts.waiting,
        oldest_change=counts.oldest,
        waiting_messages=counts.messages,
        refused_lanes=counts.refused,
        unacknowledged=counts.unacknowledged,
        retry_at=min((row.retry_at for row in failing if row.retry_at), default=None),
        last_error=next((row.error for row in failing if row.error), ""),
        open_incidents=counts.incidents,
        channels=channels,
        duties=duties,
    )


def _counts(connection_id: UUID) -> Any:
    """What came in, what waits to go out and what stands open, each by its own index, in one round trip."""
    messages = select(func.count()).where(
        InboxMessage.organization_id == tenancy.required(), InboxMessage.connection_id == connection_id
    )
    newest = select(func.max(WebhookEvent.received_at)).where(
        WebhookEvent.organization_id == tenancy.required(), WebhookEvent.connection_id == connection_id
    )
    incidents = select(func.count()).where(
        Incident.organization_id == tenancy.required(),
        Incident.connection_id == connection_id,
        Incident.resolved_at.is_(None),
    )
    return db.session.execute(
        select(
            newest.scalar_subquery().label("last_in"),
            messages.where(InboxMessage.state == InboxState.RECEIVED).scalar_subquery().label("messages"),
            messages.where(InboxMessage.acknowledged_at.is_(None)).scalar_subquery().label("unacknowledged"),
            incidents.scalar_subquery().label("incidents"),
            func.count().filter(Lane.due_at.is_not(None)).label("waiting"),
            func.min(Lane.dirty_since).label("oldest"),
            func.max(Lane.accepted_at).label("accepted"),
            func.max(Lane.seen_at).label("seen"),
            func.count().filter(text("refused <> '[]'")).label("refused"),
            func.clock_timestamp().label("now"),
        ).where(Lane.organization_id == tenancy.required(), Lane.connection_id == connection_id)
    ).one()


def _duties(connection_ids: Sequence[UUID]) -> dict[UUID, dict[Duty, DutyRow]]:
    found: dict[UUID, dict[Duty, DutyRow]] = {connection_id: {} for connection_id in connection_ids}
    query = select(DutyRow).where(
        DutyRow.organization_id == tenancy.required(), DutyRow.connection_id.in_(connection_ids)
    )
    for row in db.session.scalars(query.execution_options(populate_existing=True)):
        found[row.connection_id][row.duty] = row
    return found


def _channels(connection_ids: Sequence[UUID]) -> dict[UUID, list[Channel]]:
    found: dict[UUID, list[Channel]] = {connection_id: [] for connection_id in connection_ids}
    query = select(Channel).where(
        Channel.organization_id == tenancy.required(), Channel.connection_id.in_(connection_ids)
    )
    for row in db.session.scalars(query.order_by(Channel.code, Channel.id)):
        found[row.connection_id].append(row)
    return found


def _health(connection: Connection, counts: Any, channels: tuple[Channel, ...], failing: bool) -> Health:
    if connection.state in (ConnectionState.BROKEN, ConnectionState.PAUSED) or counts.refused:
        return Health.NEEDS_YOU
    if any(channel.state is ChannelState.ERROR for channel in channels):
        return Health.NEEDS_THE_OTA
    late = counts.oldest is not None and counts.now - counts.oldest > LATE
    if failing or late or connection.state is ConnectionState.SETTING_UP:
        return Health.HEALS_ITSELF
    return Health.NEEDS_YOU if counts.incidents else Health.FINE
