"""Sending reservations sold here to a provider that keeps them: read, talk, record; one at a time.

That a call is made is written down before it is made. Whoever comes after a crash, or after an answer that never
came, has the rooms looked up by our keys before anything is created again. After an accepted write the bookings are
read back: that state is the base of the next merge, and what arrives by webhook or by schedule is recognised as ours.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import structlog
from sqlalchemy import func, select, update

from portal import tenancy
from portal.db import end_reading, unit_of_work
from portal.domain.problems import Category, Trouble
from portal.domain.reservation_pushes import PushState, outcome, stay_state
from portal.domain.reservations import Status
from portal.extensions import db
from portal.models import (
    BookingLink,
    Connection,
    ConnectionState,
    Reservation,
    ReservationPush,
    SyncStatus,
    SyncType,
)
from portal.services import (
    bookings,
    connection_state,
    connectors,
    duties,
    incidents,
    own_bookings,
    push_echoes,
    reservation_outgoing,
    reservation_pushes,
    sync_runs,
)
from portal.services.connectors import Line
from providers.errors import AuthFailed, NotFound, ProviderError, RateLimited, Rejected, Retryable
from providers.types import OutgoingReservation, Revision, RoomVerdict, StayState, VerdictKind

log = structlog.get_logger()

NOT_MAPPED = "its room type is not mapped"
MOST = 20  # in one round, before the calendar gets its turn


@dataclass
class _Told:
    """What one reservation's calls brought."""

    verdicts: tuple[RoomVerdict, ...]
    read_back: Revision | None


@dataclass(frozen=True)
class _Wanted:
    """One reservation as it is to be there, and what is known of it."""

    reservation_id: UUID
    version: int
    status: Status
    outgoing: OutgoingReservation
    told_state: StayState


def send(lease: duties.Lease, connection: Connection) -> None:
    """Send what waits, one reservation after the other. Raises only what concerns the whole connection, recorded."""
    if connection.state is not ConnectionState.ACTIVE or not connection.external_property_id:
        return
    waiting = reservation_pushes.due(connection.id, MOST)
    end_reading()
    for reservation_id in waiting:
        _send(lease, connection, reservation_id)
        duties.keep(lease)


def _send(lease: duties.Lease, connection: Connection, reservation_id: UUID) -> None:
    with unit_of_work():
        duties.renew(lease)
        wanted = _begin(connection, reservation_id)
        run_id = sync_runs.begin(connection, SyncType.RESERVATION_PUSH, "change", status=SyncStatus.IN_PROGRESS)
    line = connectors.line_for(connection)
    try:
        told = _talk(line, connection, wanted)
    except ProviderError as error:
        with unit_of_work():
            if isinstance(error, RateLimited):
                sync_runs.nothing_new(connection, run_id, line.calls)
            else:
                connection_state.run_failed(connection, run_id, line.calls, error)
            _failed(connection, wanted, error, called=bool(line.calls))
        if isinstance(error, RateLimited | AuthFailed | NotFound):
            raise
        return
    with unit_of_work():
        duties.renew(lease)
        sync_runs.keep_calls(connection, run_id, line.calls)
        refused = [verdict for verdict in told.verdicts if verdict.kind is VerdictKind.REFUSED]
        sync_runs.finish(
            run_id,
            SyncStatus.PARTIAL if refused else SyncStatus.COMPLETED,
            processed=len(told.verdicts) - len(refused),
            failed=len(refused),
            error=_reasons(wanted, told),
            summary={"calls": len(line.calls), "reservation_id": str(reservation_id)},
        )
        _record(connection, wanted, told)


def _begin(connection: Connection, reservation_id: UUID) -> _Wanted:
    """Read what is to be sent, and write down that it is tried; a helper, inside a unit of work."""
    reservation, rows, guest = bookings.load(reservation_id)
    push = _row(connection.id, reservation_id)
    leader = db.session.scalar(
        select(BookingLink.external_booking_id).where(
            BookingLink.organization_id == tenancy.required(),
            BookingLink.connection_id == connection.id,
            BookingLink.reservation_id == reservation_id,
        )
    )
    wanted = reservation_outgoing.outgoing(connection, reservation, rows, guest, leader=leader)
    tried: datetime | None = push.attempted_at
    if any(room.external_id is None and not room.cancelled for room in wanted.rooms):
        push.attempted_at = tried or func.clock_timestamp()
    return _Wanted(
        reservation_id,
        reservation.version,
        Status(reservation.status),
        OutgoingReservation(**{**vars(wanted), "attempted_at": tried}),
        StayState(push.stay_state),
    )


def _talk(line: Line, connection: Connection, wanted: _Wanted) -> _Told:
    """Make the calls of one reservation. What it says of the guest's whereabouts goes after the stay itself."""
    verdicts = line.connector.push_reservation(wanted.outgoing)
    kept = [
        verdict.external_id for verdict in verdicts if verdict.external_id and verdict.kind is not VerdictKind.REFUSED
    ]
    state = stay_state(wanted.status)
    if kept and state is not wanted.told_state and line.connector.can("update_booking_status"):
        verdicts += line.connector.update_booking_status(kept, state)
    return _Told(verdicts, _read_back(line, connection, kept) if kept else None)


def _read_back(line: Line, connection: Connection, booking_ids: list[str]) -> Revision | None:
    """Our reservation as it stands there now; None when it could not be read: then it is recognised by its keys."""
    if not line.connector.can("fetch_bookings"):
        return None
    try:
        page = line.connector.fetch_bookings(connection.external_property_id or "", booking_ids)
        return line.connector.parse(page.messages[0].raw) if len(page.messages) == 1 else None
    except ProviderError as error:
        log.info("push_not_read_back", connection_id=str(connection.id), reason=str(error))
        return None


def _record(connection: Connection, wanted: _Wanted, told: _Told) -> None:
    """Write the answers down; a helper, inside a unit of work. What was changed here meanwhile goes on waiting."""
    before, otherwise = None, ""
    if told.read_back is not None:
        desk = bookings.desk(connection)
        before, otherwise = push_echoes.recognise(desk, wanted.reservation_id, wanted.outgoing, told.read_back)
    reservation, rows, _ = bookings.load(wanted.reservation_id)
    ids = {verdict.key: verdict.external_id for verdict in told.verdicts if verdict.external_id}
    for row in rows:
        row.external_id = row.external_id or ids.get(own_bookings.room_key(row))
    push = _row(connection.id, wanted.reservation_id)
    push_echoes.put_right(connection, reservation, rows, before)
    push.answered_at, push.attempted_at, push.retry_at, push.attempts = func.clock_timestamp(), None, None, 0
    push.error = _reasons(wanted, told) or otherwise
    state = PushState.REFUSED if otherwise else outcome([verdict.kind for verdict in told.verdicts])
    if state is not PushState.REFUSED:
        push.acknowledged = wanted.version
        push.stay_state = stay_state(wanted.status).value
    push.state = state if reservation.version == wanted.version else PushState.WAITING
    _tell_staff(connection, reservation, push)


def _tell_staff(connection: Connection, reservation: Reservation, push: ReservationPush) -> None:
    if push.state is PushState.REFUSED:
        facts = {"reservation_id": str(reservation.id), "code": reservation.code, "reason": push.error[:300]}
        incidents.opened(
            Trouble.RESERVATION_REFUSED,
            Category.SYNC_FAILED,
            connection.property_id,
            connection.id,
            about=reservation.id,
            facts=facts,
        )
    else:
        incidents.closed(Trouble.RESERVATION_REFUSED, connection.id, about=reservation.id)


def _failed(connection: Connection, wanted: _Wanted, error: ProviderError, *, called: bool) -> None:
    """No verdict: tried again later, unless the call itself was refused; a helper, inside a unit of work."""
    reservation, _, _ = bookings.load(wanted.reservation_id)
    push = _row(connection.id, wanted.reservation_id)
    if not called:  # so nothing can have been made there by this try
        push.attempted_at = wanted.outgoing.attempted_at
    if isinstance(error, RateLimited):
        return
    push.error = str(error)[:500]
    if isinstance(error, Rejected) and not isinstance(error, NotFound):
        push.state, push.answered_at = PushState.REFUSED, func.clock_timestamp()
        _tell_staff(connection, reservation, push)
        return
    push.attempts += 1
    asked = error.retry_after if isinstance(error, Retryable) else None
    _wait(push, duties.delay(push.attempts) if asked is None else asked)


def _wait(push: ReservationPush, seconds: float) -> None:
    db.session.flush()
    db.session.execute(
        update(ReservationPush)
        .where(ReservationPush.organization_id == push.organization_id, ReservationPush.id == push.id)
        .values(retry_at=func.clock_timestamp() + func.make_interval(0, 0, 0, 0, 0, 0, seconds))
        .execution_options(synchronize_session=False)
    )


def _row(connection_id: UUID, reservation_id: UUID) -> ReservationPush:
    return db.session.scalars(
        select(ReservationPush)
        .where(
            ReservationPush.organization_id == tenancy.required(),
            ReservationPush.connection_id == connection_id,
            ReservationPush.reservation_id == reservation_id,
        )
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()


def _reasons(wanted: _Wanted, told: _Told) -> str:
    unmapped = {room.key for room in wanted.outgoing.rooms if not room.external_room_type_id}
    said = (NOT_MAPPED if each.key in unmapped else each.reason for each in told.verdicts if each.reason)
    return "; ".join(dict.fromkeys(said))[:500]
