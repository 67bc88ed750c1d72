"""Asking a provider without a feed what changed: by time, a little twice, and recognised when it comes again.

A walk that does not end within its cap is an error and moves nothing: the next one begins where this did.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import func, update

from portal import tenancy
from portal.db import end_reading, now, unit_of_work
from portal.extensions import db, runtime
from portal.models import Connection
from portal.services import horizon, inbox
from portal.services.connectors import Line
from providers.registry import connector_class
from providers.types import Message, Page

BEHIND = timedelta(minutes=15)
WINDOW = timedelta(days=7)  # how far back a first reading, and the daily one, asks for changes


def is_polled(connection: Connection) -> bool:
    """Whether bookings are asked for by time here; else the provider keeps a feed."""
    return not connector_class(connection.provider).can("fetch_messages")


def minutes(connection: Connection) -> float:
    return float(connection.read_minutes or runtime.settings.pull_minutes)


def is_due(connection: Connection, moment: datetime) -> bool:
    """Whether the time between two readings is over."""
    return connection.read_until is None or moment - connection.read_until >= timedelta(minutes=minutes(connection))


def is_behind(connection: Connection, moment: datetime) -> bool:
    """Whether so long has passed since the last reading that more than one was left out."""
    late = max(timedelta(minutes=3 * minutes(connection)), BEHIND)
    return connection.read_until is None or moment - connection.read_until > late


def next_time(connection: Connection) -> datetime:
    """When bookings are asked for again. What could not be read now, because it is switched off, waits as long."""
    moment = now()
    since = moment if connection.read_until is None or is_due(connection, moment) else connection.read_until
    return since + timedelta(minutes=minutes(connection))


def changes(connection: Connection, line: Line, origin: str) -> int:
    """Read what changed since the last reading began; return how many messages were new."""
    began = now()
    end_reading()
    since = connection.read_until or began - WINDOW
    page = line.connector.recover_messages(connection.external_property_id or "", since)
    with unit_of_work():
        return keep(connection, page.messages, origin, read_until=began)


def announced(connection: Connection, line: Line, booking_ids: Sequence[str]) -> int:
    """Read the bookings that deliveries named, all in one go; return how many messages were new."""
    wanted = sorted(set(booking_ids))
    page = line.connector.fetch_bookings(connection.external_property_id or "", wanted)
    with unit_of_work():
        return keep(connection, page.messages, "webhook")


def everything_ahead(connection: Connection, line: Line) -> Page:
    """Every booking whose stay is not over, within what can be sold."""
    first, last = horizon.window(connection)
    end_reading()
    return line.connector.fetch_stays(connection.external_property_id or "", first, last)


def keep(
    connection: Connection, messages: Sequence[Message], origin: str, *, read_until: datetime | None = None
) -> int:
    """Store what was read, with how far that reaches; a helper, inside a unit of work.

    There is nothing to acknowledge: the provider keeps its bookings.
    """
    own = [one for one in messages if one.external_property_id in (None, connection.external_property_id)]
    stored = inbox.store(connection.id, own, origin)
    inbox.acknowledged(connection.id, [one.event_key for one in own])
    if read_until is not None:
        # Two readings may overlap: the mark never goes back.
        db.session.execute(
            update(Connection)
            .where(Connection.organization_id == tenancy.required(), Connection.id == connection.id)
            .values(read_until=func.greatest(func.coalesce(Connection.read_until, read_until), read_until))
            .execution_options(synchronize_session="fetch")
        )
    return stored
