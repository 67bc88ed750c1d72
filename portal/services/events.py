"""Deliveries, understood: what each one says, what it made us do, and that it is finished."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import bindparam, func, select, update
from sqlalchemy.dialects.postgresql import distinct_on

from portal import tenancy
from portal.db import end_reading, unit_of_work
from portal.domain.nights import parse_date, windows_of
from portal.domain.problems import Category, Trouble
from portal.extensions import db
from portal.models import Connection, Duty, EventState, InboxMessage, RateMapping, RoomMapping, WebhookEvent
from portal.services import duties, incidents, lanes
from providers.errors import Malformed, ProviderError
from providers.registry import connector_class
from providers.types import WebhookEvent as Event

log = structlog.get_logger()

MOST = 500

# One statement for all deliveries of a round: a busy hotel's are closed by the hundred.
_EVENTS = WebhookEvent.__table__
_CLOSE = (
    update(_EVENTS)
    .where(_EVENTS.c.organization_id == bindparam("of"), _EVENTS.c.id == bindparam("which"))
    .values(processed_at=func.clock_timestamp())
)


@dataclass
class Batch:
    """The deliveries read in one round. `announced` holds the revision ids they named, `bookings` the bookings of
    those that name no revision."""

    rows: list[tuple[UUID, bytes]] = field(default_factory=list)
    events: dict[UUID, Event] = field(default_factory=dict)
    unreadable: dict[UUID, str] = field(default_factory=dict)
    announced: list[str] = field(default_factory=list)
    bookings: list[str] = field(default_factory=list)
    correlation_id: str = ""  # of the newest: the work it causes goes on under it

    def __bool__(self) -> bool:
        return bool(self.rows)


def waiting(connection_id: UUID) -> Batch:
    """The oldest unread deliveries of a connection, parsed."""
    rows = db.session.scalars(
        select(WebhookEvent)
        .where(
            WebhookEvent.organization_id == tenancy.required(),
            WebhookEvent.connection_id == connection_id,
            WebhookEvent.state == EventState.RECEIVED,
        )
        .order_by(WebhookEvent.id)
        .limit(MOST)
    ).all()
    batch = Batch()
    if rows:
        provider = db.session.scalar(select(Connection.provider).where(Connection.id == connection_id)) or ""
        for row in rows:
            body = row.body or b""
            batch.rows.append((row.id, body))
            batch.correlation_id = row.correlation_id or batch.correlation_id
            try:
                event = connector_class(provider).parse_webhook(body)
            except Malformed as error:
                batch.unreadable[row.id] = str(error)
                continue
            batch.events[row.id] = event
            if event.kind in ("booking", "unacked"):
                batch.announced.append(event.external_revision_id or "")
                if not event.external_revision_id and event.external_booking_id:
                    batch.bookings.append(event.external_booking_id)
    end_reading()
    return batch


def not_here(connection_id: UUID, announced: Iterable[str]) -> list[str]:
    """The announced revisions that we do not hold yet."""
    wanted = {revision for revision in announced if revision}
    if not wanted:
        return []
    known = db.session.scalars(
        select(InboxMessage.event_key).where(
            InboxMessage.organization_id == tenancy.required(),
            InboxMessage.connection_id == connection_id,
            InboxMessage.event_key.in_(wanted),
        )
    ).all()
    end_reading()
    return sorted(wanted - set(known))


def finish(connection: Connection, batch: Batch, error: ProviderError | None) -> None:
    """Do what the deliveries ask for and close them. While the provider is away, bookings stay open."""
    if not batch:
        return
    with unit_of_work():
        first_seen = _first_seen(connection.id, [event.event_key for event in batch.events.values()])
        messages = _messages(connection.id, batch.announced) | _newest(connection.id, batch.bookings)
        closed = []
        for event_id, _ in batch.rows:
            event = batch.events.get(event_id)
            if event is None:
                reason = batch.unreadable[event_id]
                closed.append(_closed(event_id, EventState.FAILED, error=reason[:500]))
                _incident(connection, Trouble.WEBHOOK_UNREADABLE, Category.WEBHOOK_INVALID, {"reason": reason[:300]})
                continue
            if error is not None and event.kind in ("booking", "unacked"):
                _name(event_id, event)
                continue
            repeat_of = first_seen.get(event.event_key)
            did = _act(connection, event, messages)
            repeated = repeat_of is not None and repeat_of < event_id
            state = EventState.IGNORED if event.kind == "other" or repeated else EventState.PROCESSED
            closed.append(_closed(event_id, state, event, did, repeat_of if repeated else None))
        if closed:
            db.session.execute(_CLOSE, closed)


def _act(connection: Connection, event: Event, messages: dict[str, dict[str, Any]]) -> dict[str, Any]:
    if event.kind in ("booking", "unacked"):
        return messages.get(event.external_revision_id or event.external_booking_id or "", {"did": "looked"})
    if event.kind == "channel":
        duties.request(connection.id, Duty.CHANNELS)
        return {"did": "asked_channels"}
    if event.kind == "ari":
        return _forget_changes(connection, event)
    if event.kind == "sync_error":
        names = ("channel_name", "error_type", "channel", "channel_id")
        facts = {name: str(event.data.get(name) or "")[:200] for name in names}
        facts["event"] = event.name
        incidents.opened(
            Trouble.OTA_SYNC_ERROR, Category.SYNC_FAILED, connection.property_id, connection.id,
            about=facts["channel_id"], facts=facts,
        )  # fmt: skip
        duties.request(connection.id, Duty.CHANNELS)
        return {"did": "opened_incident"}
    if event.kind == "removal_warning":
        facts = {"days_left": str(event.data.get("days_left") or ""), "event": event.name}
        _incident(connection, Trouble.CHANNEL_REMOVAL, Category.SYNC_FAILED, facts)
        return {"did": "opened_incident"}
    return {"did": "kept"}


def _forget_changes(connection: Connection, event: Event) -> dict[str, Any]:
    """Somebody changed the calendar there: what was acknowledged for those nights is void."""
    changes = event.data.get("changes")
    nights: dict[tuple[str, str], list[date]] = {}
    for change in changes if isinstance(changes, list) else []:
        if not isinstance(change, dict):
            continue
        try:
            night = parse_date(str(change.get("date")))
        except ValueError:
            continue
        for column in ("room_type_id", "rate_plan_id"):
            if change.get(column):
                nights.setdefault((column, str(change[column])), []).append(night)
    rooms = _ours(RoomMapping, RoomMapping.room_type_id, connection.id)
    plans = _ours(RateMapping, RateMapping.rate_plan_id, connection.id)
    for (column, external), found in nights.items():
        ours = (rooms if column == "room_type_id" else plans).get(external)
        if ours is None:
            continue
        lanes.mark(
            connection.property_id,
            room_types=[ours] if column == "room_type_id" else None,
            rate_plans=[ours] if column == "rate_plan_id" else None,
            windows=windows_of(found),
            cause="changed at the channel manager",
            forget_connection=connection.id,
        )
    return {"did": "forgot_nights", "nights": sum(len(found) for found in nights.values())}


def _ours(model: Any, column: Any, connection_id: UUID) -> dict[str, UUID]:
    rows = db.session.execute(
        select(model.external_id, column).where(
            model.organization_id == tenancy.required(), model.connection_id == connection_id
        )
    )
    return {row[0]: row[1] for row in rows}


def _first_seen(connection_id: UUID, keys: Sequence[str]) -> dict[str, UUID]:
    """The first finished delivery of each key: later ones are repeats."""
    rows = db.session.execute(
        select(WebhookEvent.event_key, func.min(WebhookEvent.id.cast(db.String)))
        .where(
            WebhookEvent.organization_id == tenancy.required(),
            WebhookEvent.connection_id == connection_id,
            WebhookEvent.event_key.in_(set(keys)),
            WebhookEvent.state != EventState.RECEIVED,
        )
        .group_by(WebhookEvent.event_key)
    )
    return {row[0]: UUID(row[1]) for row in rows}


def _messages(connection_id: UUID, announced: Iterable[str]) -> dict[str, dict[str, Any]]:
    """What became of the announced messages."""
    rows = db.session.execute(
        select(InboxMessage.event_key, InboxMessage.id, InboxMessage.outcome, InboxMessage.reservation_id).where(
            InboxMessage.organization_id == tenancy.required(),
            InboxMessage.connection_id == connection_id,
            InboxMessage.event_key.in_({revision for revision in announced if revision}),
        )
    )
    return {row.event_key: _became(row) for row in rows}


def _newest(connection_id: UUID, booking_ids: Iterable[str]) -> dict[str, dict[str, Any]]:
    """What became of the last message of each announced booking."""
    wanted = set(booking_ids)
    if not wanted:
        return {}
    rows = db.session.execute(
        select(InboxMessage.external_booking_id, InboxMessage.id, InboxMessage.outcome, InboxMessage.reservation_id)
        .ext(distinct_on(InboxMessage.external_booking_id))
        .where(
            InboxMessage.organization_id == tenancy.required(),
            InboxMessage.connection_id == connection_id,
            InboxMessage.external_booking_id.in_(wanted),
        )
        .order_by(InboxMessage.external_booking_id, InboxMessage.id.desc())
    )
    return {row.external_booking_id: _became(row) for row in rows}


def _became(row: Any) -> dict[str, Any]:
    return {
        "did": row.outcome or "kept",
        "inbox_id": str(row.id),
        "reservation_id": str(row.reservation_id) if row.reservation_id else None,
    }


def _name(event_id: UUID, event: Event) -> None:
    db.session.execute(
        update(WebhookEvent)
        .where(WebhookEvent.organization_id == tenancy.required(), WebhookEvent.id == event_id)
        .values(event=event.name[:64], kind=event.kind, event_key=event.event_key[:128])
        .execution_options(synchronize_session=False)
    )


def _closed(
    event_id: UUID,
    state: EventState,
    event: Event | None = None,
    did: dict[str, Any] | None = None,
    repeat_of: UUID | None = None,
    error: str = "",
) -> dict[str, Any]:
    """What `_CLOSE` writes for one delivery."""
    return {
        "of": tenancy.required(),
        "which": event_id,
        "state": state,
        "event": event.name[:64] if event else "",
        "kind": event.kind if event else "",
        "event_key": event.event_key[:128] if event else "",
        "did": did or {},
        "repeat_of": repeat_of,
        "error": error,
    }


def _incident(connection: Connection, trouble: Trouble, category: Category, facts: dict[str, Any]) -> None:
    incidents.opened(trouble, category, connection.property_id, connection.id, facts=facts)
