"""Wishes that a provider holds a reservation sold here as it is now. Nothing is said to the provider here.

The connection's pusher sends them before any calendar (`reservation_push_work`): what a provider frees or takes by
itself when a booking changes is then put right by the calendar that follows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from portal import tenancy
from portal.db import unit_of_work
from portal.domain.reservation_pushes import SOLD_HERE, PushState
from portal.domain.reservations import OCCUPYING
from portal.extensions import db
from portal.models import Connection, ConnectionState, Duty, Reservation, ReservationPush
from portal.models.base import new_id
from portal.services import audit, duties, reservation_views
from portal.services.errors import Refused
from providers.registry import connector_class

_TAKES = (ConnectionState.SETTING_UP, ConnectionState.ACTIVE, ConnectionState.PAUSED, ConnectionState.BROKEN)


@dataclass(frozen=True)
class Place:
    """How far a reservation got at one provider. `state`: one of `PushState`, or `none` when it was never sent."""

    provider: str
    state: str
    error: str
    answered_at: datetime | None


@dataclass(frozen=True)
class Standing:
    """Everywhere a reservation can be kept."""

    places: tuple[Place, ...]
    occupies: bool = False

    @property
    def pending(self) -> bool:
        return any(each.state == PushState.WAITING for each in self.places)

    @property
    def tried(self) -> bool:
        return any(each.state != "none" for each in self.places)

    @property
    def can_send(self) -> bool:
        """Whether a click would help: it was refused, or it stands here and was never sent."""
        missing = (PushState.REFUSED, PushState.WARNED, *(("none",) if self.occupies else ()))
        return any(each.state in missing for each in self.places)


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


def send(property_id: UUID, reservation_id: UUID) -> None:
    """A person wants it sent, or sent again. Raises `Refused`, `NotFound`."""
    with unit_of_work():
        reservation = reservation_views.find(property_id, reservation_id)
        if reservation.source not in SOLD_HERE or not takers(property_id):
            raise Refused("No channel manager here keeps reservations that were sold at the desk.")
        wish(reservation, new=True)
        audit.record("reservation_push.asked", "reservation", reservation.id, property_id=property_id)


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


def standing(reservation: Reservation) -> Standing:
    """How far the reservation got, everywhere it can be kept; nothing for what an OTA sold."""
    if reservation.source not in SOLD_HERE:
        return Standing(())
    known = {connection.id: push for push, connection in of_reservation(reservation.id)}
    places = []
    for connection in takers(reservation.property_id):
        push = known.get(connection.id)
        state = push.state.value if push else "none"
        places.append(Place(connection.provider, state, push.error if push else "", push.answered_at if push else None))
    return Standing(tuple(places), reservation.status in OCCUPYING)


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
