"""The daily duty: every booking that is not over is read again, and those that did not come are looked for."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select, update

from portal import queue, tenancy
from portal.db import end_reading, now, unit_of_work
from portal.domain.problems import Category, Trouble
from portal.domain.reservations import OCCUPYING
from portal.extensions import db
from portal.models import BookingLink, Connection, Duty, Reservation, SyncStatus, SyncType
from portal.services import (
    connection_state,
    connectors,
    duties,
    full_sync,
    horizon,
    incidents,
    poll,
    switches,
    sync_runs,
)
from providers.errors import ProviderError

MOST_MISSING = 500


def next_time(connection: Connection) -> datetime:
    """Tomorrow at the hour of the property's full sync, and a while after that."""
    return full_sync.next_time(connection) + timedelta(minutes=5)


def check(connection_id: UUID) -> bool:
    """The duty. False when another worker is at it."""
    lease = duties.claim(connection_id, Duty.STAYS)
    if lease is None:
        return False
    connection = duties.connection(connection_id)
    if not switches.may(connection, "pull"):
        duties.done(lease, next_at=next_time(connection))
        return True
    with unit_of_work():
        run_id = sync_runs.begin(connection, SyncType.RESERVATION_PULL, "schedule", status=SyncStatus.IN_PROGRESS)
    line = connectors.line_for(connection, urgent=False)
    try:
        stored, missing = _read(connection, line)
    except ProviderError as error:
        with unit_of_work():
            connection_state.run_failed(connection, run_id, line.calls, error)
        duties.later(lease, str(error), retry_after=getattr(error, "retry_after", None))
        return True
    with unit_of_work():
        duties.renew(lease)
        sync_runs.keep_calls(connection, run_id, line.calls)
        gone = _note_missing(connection, missing)
        sync_runs.finish(
            run_id,
            SyncStatus.COMPLETED,
            processed=stored,
            summary={"messages": stored, "missed": stored, "gone": gone, "calls": len(line.calls)},
        )
    duties.done(lease, next_at=next_time(connection))
    queue.ring_now(Duty.DRAIN.value, connection.organization_id, connection.id)
    return True


def _read(connection: Connection, line: connectors.Line) -> tuple[int, list[str]]:
    """Read the stays ahead and the changes of the last days; return what was new, and the bookings that are not
    there any more."""
    began = now()
    end_reading()
    property_id = connection.external_property_id or ""
    ahead = poll.everything_ahead(connection, line)
    changed = line.connector.recover_messages(property_id, began - poll.WINDOW)
    with unit_of_work():
        stored = poll.keep(connection, (*ahead.messages, *changed.messages), "poll", read_until=began)
    came = {message.external_booking_id for message in (*ahead.messages, *changed.messages)}
    unseen = [external for external in _held(connection) if external not in came]
    if not unseen:
        return stored, []
    asked = line.connector.fetch_bookings(property_id, unseen)
    with unit_of_work():
        stored += poll.keep(connection, asked.messages, "poll")
    found = {message.external_booking_id for message in asked.messages}
    return stored, [external for external in unseen if external not in found]


def _held(connection: Connection) -> Sequence[str]:
    """The provider's numbers of the bookings we hold whose guests have not left."""
    today = horizon.today(connection)
    rows = db.session.scalars(
        select(BookingLink.external_booking_id)
        .join(
            Reservation,
            (Reservation.organization_id == BookingLink.organization_id)
            & (Reservation.id == BookingLink.reservation_id),
        )
        .where(
            BookingLink.organization_id == tenancy.required(),
            BookingLink.connection_id == connection.id,
            Reservation.status.in_(OCCUPYING),
            Reservation.check_out >= today,
        )
        .limit(MOST_MISSING)
    ).all()
    end_reading()
    return rows


def _note_missing(connection: Connection, missing: Sequence[str]) -> int:
    """Once may be an accident. A booking that is gone twice is for a person to decide: nobody's room is given away
    because a list was short. A helper, inside a unit of work."""
    mine = (BookingLink.organization_id == tenancy.required(), BookingLink.connection_id == connection.id)
    again = db.session.execute(
        select(BookingLink, Reservation.code)
        .join(
            Reservation,
            (Reservation.organization_id == BookingLink.organization_id)
            & (Reservation.id == BookingLink.reservation_id),
        )
        .where(*mine, BookingLink.external_booking_id.in_(missing), BookingLink.missed_at.is_not(None))
    ).all()
    for link, code in again:
        incidents.opened(
            Trouble.BOOKING_GONE,
            Category.SYNC_FAILED,
            connection.property_id,
            connection.id,
            about=link.external_booking_id,
            facts={"reservation_id": str(link.reservation_id), "code": code},
        )
    db.session.execute(
        update(BookingLink)
        .where(*mine, BookingLink.external_booking_id.in_(missing), BookingLink.missed_at.is_(None))
        .values(missed_at=func.clock_timestamp())
        .execution_options(synchronize_session=False)
    )
    back = db.session.scalars(
        update(BookingLink)
        .where(*mine, BookingLink.external_booking_id.not_in(missing), BookingLink.missed_at.is_not(None))
        .values(missed_at=None)
        .returning(BookingLink.external_booking_id)
        .execution_options(synchronize_session=False)
    ).all()
    for external in back:
        incidents.closed(Trouble.BOOKING_GONE, connection.id, about=external)
    return len(again)
