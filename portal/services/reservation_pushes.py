"""Wishes that a provider holds a reservation sold here as it is now. Nothing is said to the provider here.

The connection's pusher sends them before any calendar (`reservation_push_work`): what a provider frees or takes by
itself when a booking changes is then put right by the calendar that follows.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from portal import tenancy
from portal.domain.reservation_pushes import SOLD_HERE, PushState
from portal.extensions import db
from portal.models import Connection, ConnectionState, Duty, Reservation, ReservationPush
from portal.models.base import new_id
from portal.services import duties
from portal.services.errors import Refused
from providers.registry import connector_class

_TAKES = (ConnectionState.SETTING_UP, ConnectionState.ACTIVE, ConnectionState.PAUSED, ConnectionState.BROKEN)


def wish(reservation: Reservation, *, new: bool = False) -> None:
    """The reservation is another now: its providers are to hold it so. A helper, inside a unit of work.

    `new`: it was sold just now. One that was sold before its connection is sent only when a person says so: it may
    stand in the provider's calendar already, entered by hand.
    """
    if reservation.source not in SOLD_HERE:
        return
    if new:
        for connection in takers(reservation.property_id):
            _begin(connection.id, reservation.id)
    _wake(
        db.session.scalars(
            update(ReservationPush)
            .where(*_of(reservation.id))
            .values(state=PushState.WAITING, retry_at=None, attempts=0)
            .returning(ReservationPush.connection_id)
            .execution_options(synchronize_session=False)
        ).all()
    )


def merged(reservation: Reservation, connection_id: UUID, was: int, *, ours_stands: bool) -> None:
    """A change made at the provider was merged in; `was` is our version before. A helper, inside a unit of work.

    What was taken as it came needs no answer; where ours stands, or something of ours was on its way, it goes out.
    """
    if reservation.source not in SOLD_HERE:
        return
    if not ours_stands:
        db.session.execute(
            update(ReservationPush)
            .where(
                *_of(reservation.id),
                ReservationPush.connection_id == connection_id,
                ReservationPush.acknowledged == was,
            )
            .values(acknowledged=reservation.version)
            .execution_options(synchronize_session=False)
        )
    _wake(
        db.session.scalars(
            update(ReservationPush)
            .where(*_of(reservation.id), ReservationPush.acknowledged != reservation.version)
            .values(state=PushState.WAITING, retry_at=None)
            .returning(ReservationPush.connection_id)
            .execution_options(synchronize_session=False)
        ).all()
    )


def send_again(reservation: Reservation) -> None:
    """A person wants it sent, or sent again; a helper, inside a unit of work. Raises `Refused`."""
    connections = takers(reservation.property_id)
    if reservation.source not in SOLD_HERE or not connections:
        raise Refused("There is no channel manager here that keeps reservations sold at the desk.")
    wish(reservation, new=True)


def again_after_mapping(connection_id: UUID) -> None:
    """Other products are mapped: what was refused may be taken now. A helper, inside a unit of work."""
    db.session.execute(
        update(ReservationPush)
        .where(*_at(connection_id), ReservationPush.state == PushState.REFUSED)
        .values(state=PushState.WAITING, retry_at=None, attempts=0)
        .execution_options(synchronize_session=False)
    )


def takers(property_id: UUID) -> Sequence[Connection]:
    """The property's connections whose provider keeps reservations of ours."""
    rows = db.session.scalars(
        select(Connection).where(
            Connection.organization_id == tenancy.required(),
            Connection.property_id == property_id,
            Connection.state.in_(_TAKES),
        )
    ).all()
    return [row for row in rows if connector_class(row.provider).can("push_reservation")]


def of_reservation(reservation_id: UUID) -> Sequence[tuple[ReservationPush, Connection]]:
    """How far the reservation got, at each of its providers."""
    rows = db.session.execute(
        select(ReservationPush, Connection)
        .join(
            Connection,
            (Connection.organization_id == ReservationPush.organization_id)
            & (Connection.id == ReservationPush.connection_id),
        )
        .where(*_of(reservation_id))
        .order_by(ReservationPush.id)
        .execution_options(populate_existing=True)
    )
    return [(row[0], row[1]) for row in rows]


def due(connection_id: UUID, most: int) -> Sequence[UUID]:
    """The reservations that are to be sent now, in the order they were sold."""
    return db.session.scalars(
        select(ReservationPush.reservation_id)
        .where(
            *_at(connection_id),
            ReservationPush.state == PushState.WAITING,
            or_(ReservationPush.retry_at.is_(None), ReservationPush.retry_at <= func.clock_timestamp()),
        )
        .order_by(ReservationPush.id)
        .limit(most)
    ).all()


def next_try(connection_id: UUID) -> datetime | None:
    """When the pusher has to come back for reservations; None: none waits."""
    row = db.session.execute(
        select(func.min(func.coalesce(ReservationPush.retry_at, func.clock_timestamp()))).where(
            *_at(connection_id), ReservationPush.state == PushState.WAITING
        )
    ).one()
    return row[0]


def _begin(connection_id: UUID, reservation_id: UUID) -> None:
    row = {
        "organization_id": tenancy.required(), "id": new_id(), "connection_id": connection_id,
        "reservation_id": reservation_id, "state": PushState.WAITING, "acknowledged": 0, "stay_state": "expected",
        "attempts": 0, "error": "",
    }  # fmt: skip
    db.session.execute(insert(ReservationPush).on_conflict_do_nothing(), row)


def _wake(connections: Sequence[UUID]) -> None:
    for connection_id in sorted(set(connections)):
        duties.request(connection_id, Duty.PUSH)


def _of(reservation_id: UUID) -> tuple[ColumnElement[bool], ...]:
    return (
        ReservationPush.organization_id == tenancy.required(),
        ReservationPush.reservation_id == reservation_id,
    )


def _at(connection_id: UUID) -> tuple[ColumnElement[bool], ...]:
    return (
        ReservationPush.organization_id == tenancy.required(),
        ReservationPush.connection_id == connection_id,
    )
