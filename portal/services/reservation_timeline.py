"""The life of one reservation as people read it: the channels' messages and our own steps, newest first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import and_, or_, select

from portal import tenancy
from portal.extensions import db
from portal.models import AuditEntry, InboxMessage, Room, SyncRun, WebhookEvent
from portal.services import deliveries, overview
from portal.services.reservation_views import Detail

# How far a message, the delivery that announced it and the run that fetched it lie apart at most.
NEAR = timedelta(hours=1)
MOST_TRACED = 30  # messages whose delivery and run are looked for


@dataclass(frozen=True)
class Entry:
    """One step. `kind`: message (a channel's) or step (ours). `changes` is {path: (before, after)}."""

    kind: str
    at: datetime
    actor_kind: str  # user, channel, system, platform
    actor: str
    action: str  # an outcome of a message, or the action of an audit entry
    changes: Mapping[str, Sequence[Any]]
    decisions: Sequence[Mapping[str, Any]] = field(default_factory=list)
    unplaced: int = 0
    message: InboxMessage | None = None
    event_id: UUID | None = None  # the delivery that announced it
    run_id: UUID | None = None  # the run that fetched it


@dataclass(frozen=True)
class Timeline:
    """Entries, newest first; `names` turns ids of rooms, room types and plans into what people call them."""

    entries: Sequence[Entry]
    names: Mapping[str, str]


def read(detail: Detail, channel_name: str) -> Timeline:
    """The timeline of a reservation that was opened. A channel's change stands once, as its message."""
    property_id = detail.reservation.property_id
    messages = deliveries.messages_of(detail.reservation.id)
    rooms = {room.row.external_id: str(room.row.position) for room in detail.rooms if room.row.external_id}
    events, runs = _events(messages[:MOST_TRACED]), _runs(messages[:MOST_TRACED])
    entries = [_of_message(each, channel_name, rooms, events.get(each.id), runs.get(each.id)) for each in messages]
    # What a channel's message changed is audited too; the message says it better.
    by_message = {each.correlation_id for each in messages}
    for step in detail.history:
        if step.actor_kind != "channel" or step.correlation_id not in by_message:
            entries.append(_of_step(step, rooms))
    entries.sort(key=lambda entry: entry.at, reverse=True)
    return Timeline(entries, overview.subject_names(property_id) | _numbers(property_id))


def _of_message(
    message: InboxMessage, channel_name: str, rooms: Mapping[str, str], event_id: UUID | None, run_id: UUID | None
) -> Entry:
    effect = message.effect or {}
    decisions = [{**each, "field": _path(each["field"], rooms)} for each in effect.get("decisions") or []]
    return Entry(
        kind="message",
        at=message.finished_at or message.received_at,
        actor_kind="channel",
        actor=channel_name,
        action=message.outcome or message.state.value,
        changes=_changes(effect.get("changes"), rooms),
        decisions=decisions,
        unplaced=int(effect.get("unplaced") or 0),
        message=message,
        event_id=event_id,
        run_id=run_id,
    )


def _of_step(step: AuditEntry, rooms: Mapping[str, str]) -> Entry:
    return Entry(
        kind="step",
        at=step.at,
        actor_kind=step.actor_kind,
        actor=step.actor_name,
        action=step.action,
        changes=_changes(step.changes, rooms),
    )


def _changes(found: Mapping[str, Sequence[Any]] | None, rooms: Mapping[str, str]) -> dict[str, Sequence[Any]]:
    return {_path(path, rooms): pair for path, pair in (found or {}).items() if any(side for side in pair)}


def _path(path: str, rooms: Mapping[str, str]) -> str:
    """`rooms.<the channel's id>.amount` with the room's position instead, as our own steps have it."""
    first, _, rest = path.partition(".")
    key, _, name = rest.rpartition(".")
    return f"{first}.{rooms.get(key, key.lstrip('#'))}.{name}" if first == "rooms" and key else path


def _events(messages: Sequence[InboxMessage]) -> dict[UUID, UUID]:
    """The first delivery that led to each message."""
    if not messages:
        return {}
    near = [_near(WebhookEvent, each) for each in messages]
    told = WebhookEvent.did["inbox_id"].astext
    rows = db.session.execute(
        select(told, WebhookEvent.id)
        .where(
            WebhookEvent.organization_id == tenancy.required(),
            or_(*near),
            told.in_([str(each.id) for each in messages]),
        )
        .order_by(WebhookEvent.id.desc())
    )
    return {UUID(message_id): event_id for message_id, event_id in rows}


def _runs(messages: Sequence[InboxMessage]) -> dict[UUID, UUID]:
    """The run that fetched each message: it has the message's correlation id."""
    if not messages:
        return {}
    near = [
        _near(SyncRun, each) & (SyncRun.correlation_id == each.correlation_id)
        for each in messages
        if each.correlation_id
    ]
    if not near:
        return {}
    rows = db.session.execute(
        select(SyncRun.correlation_id, SyncRun.id)
        .where(SyncRun.organization_id == tenancy.required(), or_(*near))
        .order_by(SyncRun.id.desc())
    )
    runs: dict[str, UUID] = {correlation_id: run_id for correlation_id, run_id in rows}
    return {each.id: runs[each.correlation_id] for each in messages if each.correlation_id in runs}


def _near(model: Any, message: InboxMessage) -> Any:
    """Rows of the same connection made about when the message came: ids sort by time, so an index finds them."""
    return and_(
        model.connection_id == message.connection_id,
        model.id.between(_id_at(message.received_at - NEAR), _id_at(message.received_at + NEAR)),
    )


def _id_at(moment: datetime) -> UUID:
    """The smallest id that is made at this moment (UUIDv7: milliseconds first)."""
    return UUID(int=int(moment.timestamp() * 1000) << 80)


def _numbers(property_id: UUID) -> dict[str, str]:
    rows = db.session.execute(
        select(Room.id, Room.number).where(Room.organization_id == tenancy.required(), Room.property_id == property_id)
    )
    return {str(room_id): number for room_id, number in rows}
