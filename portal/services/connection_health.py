"""How a connection is, in facts: what came in, what went out, what waits, what is proved and when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy import func, select, text

from portal import tenancy
from portal.db import now
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


def report(connection: Connection) -> Report:
    """A few indexed questions; nothing is asked of the provider."""
    mine = {"organization": tenancy.required(), "connection": connection.id}
    lanes = db.session.execute(
        select(
            func.count().filter(Lane.due_at.is_not(None)).label("waiting"),
            func.min(Lane.dirty_since).label("oldest"),
            func.max(Lane.accepted_at).label("accepted"),
            func.max(Lane.seen_at).label("seen"),
            func.count().filter(text("refused <> '[]'")).label("refused"),
        ).where(Lane.organization_id == mine["organization"], Lane.connection_id == connection.id)
    ).one()
    last_in = db.session.scalar(
        select(func.max(WebhookEvent.received_at)).where(
            WebhookEvent.organization_id == mine["organization"], WebhookEvent.connection_id == connection.id
        )
    )
    waiting = _count(InboxMessage.state == InboxState.RECEIVED, connection.id)
    unacknowledged = _count(InboxMessage.acknowledged_at.is_(None), connection.id)
    duties = {
        row.duty: row
        for row in db.session.scalars(
            select(DutyRow).where(
                DutyRow.organization_id == mine["organization"], DutyRow.connection_id == connection.id
            )
        )
    }
    incidents = db.session.scalar(
        select(func.count()).where(
            Incident.organization_id == mine["organization"],
            Incident.connection_id == connection.id,
            Incident.resolved_at.is_(None),
        )
    )
    channels = tuple(
        db.session.scalars(
            select(Channel).where(
                Channel.organization_id == mine["organization"], Channel.connection_id == connection.id
            ).order_by(Channel.code)
        )
    )  # fmt: skip
    failing = [row for row in duties.values() if row.attempts]
    drained = duties[Duty.DRAIN].finished_at if Duty.DRAIN in duties else None
    return Report(
        connection=connection,
        health=_health(connection, lanes.oldest, lanes.refused, incidents or 0, channels, bool(failing)),
        simulated=connectors.is_simulated(connection.provider),
        last_in=max((moment for moment in (last_in, drained) if moment), default=None),
        last_out=lanes.accepted,
        last_seen=lanes.seen,
        waiting_lanes=lanes.waiting,
        oldest_change=lanes.oldest,
        waiting_messages=waiting,
        refused_lanes=lanes.refused,
        unacknowledged=unacknowledged,
        retry_at=min((row.retry_at for row in failing if row.retry_at), default=None),
        last_error=next((row.error for row in failing if row.error), ""),
        open_incidents=incidents or 0,
        channels=channels,
    )


def _health(
    connection: Connection, oldest: datetime | None, refused: int, incidents: int,
    channels: tuple[Channel, ...], failing: bool,
) -> Health:  # fmt: skip
    if connection.state in (ConnectionState.BROKEN, ConnectionState.PAUSED) or refused:
        return Health.NEEDS_YOU
    if any(channel.state is ChannelState.ERROR for channel in channels):
        return Health.NEEDS_THE_OTA
    late = oldest is not None and now() - oldest > LATE
    if failing or late or connection.state is ConnectionState.SETTING_UP:
        return Health.HEALS_ITSELF
    return Health.NEEDS_YOU if incidents else Health.FINE


def _count(condition: object, connection_id: UUID) -> int:
    return (
        db.session.scalar(
            select(func.count()).where(
                InboxMessage.organization_id == tenancy.required(),
                InboxMessage.connection_id == connection_id,
                condition,  # type: ignore[arg-type]
            )
        )
        or 0
    )
