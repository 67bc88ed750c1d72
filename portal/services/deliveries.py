"""Webhook events as people read them: received, recognised, what they did; and the bookings' messages."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select

from portal import queue, tenancy
from portal.db import end_reading, unit_of_work
from portal.extensions import db
from portal.models import Connection, Duty, EventState, InboxMessage, Reservation, WebhookEvent
from portal.services import audit, drain
from portal.services.errors import NotFound, Refused
from providers.cards import strip_cards
from providers.errors import Malformed
from providers.redact import redacted, redacted_text
from providers.strict import clean_text, loads

PAGE = 50
LONGEST = 64 * 1024


@dataclass(frozen=True)
class Filters:
    state: EventState | None = None
    kind: str = ""
    event: str = ""

    @classmethod
    def of(cls, asked: Mapping[str, Any]) -> Filters:
        """Filters as a form asks for them."""
        state = asked.get("state")
        return cls(EventState(state) if state else None, asked.get("kind") or "", asked.get("event") or "")


@dataclass(frozen=True)
class Listing:
    rows: Sequence[WebhookEvent]
    next_after: UUID | None


@dataclass(frozen=True)
class Detail:
    event: WebhookEvent
    connection: Connection
    message: InboxMessage | None  # the booking message it led to
    repeats: Sequence[WebhookEvent]


def page(property_id: UUID, filters: Filters, after: UUID | None = None, size: int = PAGE) -> Listing:
    """Newest first, of all connections of the property."""
    query = _of_property(select(WebhookEvent), property_id)
    if after is not None:
        query = query.where(WebhookEvent.id < after)
    if filters.state:
        query = query.where(WebhookEvent.state == filters.state)
    if filters.kind:
        query = query.where(WebhookEvent.kind == filters.kind)
    if filters.event:
        query = query.where(WebhookEvent.event == filters.event)
    rows = list(db.session.scalars(query.order_by(WebhookEvent.id.desc()).limit(size + 1)))
    return Listing(rows[:size], rows[size - 1].id if len(rows) > size else None)


def detail(property_id: UUID, event_id: UUID) -> Detail:
    """One delivery and what came of it. Raises `NotFound`."""
    found = db.session.execute(
        _of_property(select(WebhookEvent, Connection), property_id).where(WebhookEvent.id == event_id)
    ).first()
    if found is None:
        raise NotFound(f"event {event_id}")
    event, connection = found
    message = None
    if (event.did or {}).get("inbox_id"):
        message = db.session.scalar(
            select(InboxMessage).where(
                InboxMessage.organization_id == tenancy.required(), InboxMessage.id == UUID(event.did["inbox_id"])
            )
        )
    repeats = db.session.scalars(
        select(WebhookEvent)
        .where(
            WebhookEvent.organization_id == tenancy.required(),
            WebhookEvent.connection_id == event.connection_id,
            WebhookEvent.event_key == event.event_key,
            WebhookEvent.event_key != "",
            WebhookEvent.id != event.id,
        )
        .order_by(WebhookEvent.id)
        .limit(50)
    ).all()
    return Detail(event, connection, message, repeats)


def codes(events: Sequence[WebhookEvent]) -> dict[str, str]:
    """The codes of the reservations these deliveries led to, by the reservation's id as text."""
    ids = {UUID(event.did["reservation_id"]) for event in events if (event.did or {}).get("reservation_id")}
    if not ids:
        return {}
    rows = db.session.execute(
        select(Reservation.id, Reservation.code).where(
            Reservation.organization_id == tenancy.required(), Reservation.id.in_(ids)
        )
    )
    return {str(row.id): row.code for row in rows}


def replay(property_id: UUID, event_id: UUID) -> None:
    """Read a delivery again as if it came now. What it led to is idempotent. Raises `NotFound`."""
    with unit_of_work():
        event = db.session.scalar(_of_property(select(WebhookEvent), property_id).where(WebhookEvent.id == event_id))
        if event is None:
            raise NotFound(f"event {event_id}")
        event.state, event.error, event.processed_at = EventState.RECEIVED, "", None
        audit.record("webhook.replayed", "webhook_event", event.id, property_id=property_id)
        queue.ring(Duty.DRAIN.value, tenancy.required(), event.connection_id)


def apply_again(property_id: UUID, event_id: UUID) -> None:
    """Put the booking message a delivery led to back in line. Raises `NotFound`, `Refused` when there is none."""
    found = detail(property_id, event_id)
    if found.message is None:
        raise Refused("This delivery led to no booking message.")
    message_id, connection_id = found.message.id, found.connection.id
    end_reading()
    drain.replay(connection_id, message_id)


def readable(event: WebhookEvent, *, masked: bool) -> str:
    """The body as text for people: JSON in lines, cards always masked, guests and their words when `masked`.

    A body that is not JSON is shown as it came, as far as it is text. At most `LONGEST` characters.
    """
    body = event.body or b""
    try:
        value = strip_cards(loads(body))
    except Malformed:
        shown = redacted_text(clean_text(body[:LONGEST].decode("utf-8", "replace")))
        return shown if not masked else ""
    if masked:
        value = json.loads(redacted(value))
    return json.dumps(value, indent=2, ensure_ascii=False)[:LONGEST]


def messages_of(reservation_id: UUID) -> Sequence[InboxMessage]:
    """The channel's messages about one reservation, newest first: its revision timeline."""
    return db.session.scalars(
        select(InboxMessage)
        .where(InboxMessage.organization_id == tenancy.required(), InboxMessage.reservation_id == reservation_id)
        .order_by(InboxMessage.id.desc())
        .limit(200)
    ).all()


def _of_property(query, property_id: UUID):  # type: ignore[no-untyped-def]
    return query.join(
        Connection,
        (Connection.organization_id == WebhookEvent.organization_id) & (Connection.id == WebhookEvent.connection_id),
    ).where(WebhookEvent.organization_id == tenancy.required(), Connection.property_id == property_id)
