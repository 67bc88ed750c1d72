"""Both sides of a mapping as the rules of `domain.mapping` know them: ours, theirs, and what is live between them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from portal import tenancy
from portal.domain.mapping import PLAN, ROOM, Decision, Item, Map
from portal.extensions import db
from portal.models import (
    BookingLink,
    Connection,
    ProductDecision,
    RatePlan,
    Reservation,
    ReservationRoom,
    Room,
    RoomType,
)
from portal.services import mappings, rates


def ours(property_id: UUID, nights: tuple[date, date] | None = None) -> list[Item]:
    """Our room types in the house's order, each followed by its rate plans; with our prices of `nights`."""
    types, plans = _types(property_id), _plans(property_id)
    prices = _prices(property_id, [plan.id for plan in plans], nights) if nights and plans else {}
    found: list[Item] = []
    for room_type, units in types:
        key = f"{ROOM}:{room_type.id}"
        found.append(Item(key, room_type.name, occupancy=room_type.max_adults, units=units))
        for plan in plans:
            if plan.room_type_id == room_type.id:
                found.append(
                    Item(
                        f"{PLAN}:{plan.id}", plan.name, room=key, occupancy=room_type.max_adults,
                        currency=plan.currency, meal=plan.meal_plan, policy=plan.cancellation_policy,
                        prices=prices.get(plan.id, {}),
                    )
                )  # fmt: skip
    return found


def live(connection: Connection) -> Map:
    """What is mapped, and what was decided, now."""
    pairs = {f"{ROOM}:{row.room_type_id}": f"{ROOM}:{row.external_id}" for row in mappings.rooms_of(connection.id)}
    pairs |= {f"{PLAN}:{row.rate_plan_id}": f"{PLAN}:{row.external_id}" for row in mappings.plans_of(connection.id)}
    rows = db.session.execute(
        select(ProductDecision.product, ProductDecision.decision).where(
            ProductDecision.organization_id == tenancy.required(), ProductDecision.connection_id == connection.id
        )
    )
    return Map(pairs, {row.product: Decision(row.decision) for row in rows})


def mapped_names(connection: Connection) -> dict[str, str]:
    """What the mapped products of the provider were called when they were mapped, by their keys."""
    names = {f"{ROOM}:{row.external_id}": row.external_name for row in mappings.rooms_of(connection.id)}
    return names | {f"{PLAN}:{row.external_id}": row.external_name for row in mappings.plans_of(connection.id)}


def last_booked(connection: Connection) -> dict[str, datetime]:
    """When each product of either side was last booked through this connection, by its key."""
    columns = {
        "ours": (ReservationRoom.room_type_id, ReservationRoom.rate_plan_id),
        "theirs": (ReservationRoom.external_room_type_id, ReservationRoom.external_rate_plan_id),
    }
    found: dict[str, datetime] = {}
    for room, plan in columns.values():
        for kind, column in ((ROOM, room), (PLAN, plan)):
            for each, moment in db.session.execute(_newest(connection, column)):
                found[f"{kind}:{each}"] = moment
    return found


def _newest(connection: Connection, column: Any) -> Any:
    booked = func.coalesce(Reservation.booked_at, Reservation.created_at)
    return (
        select(column, func.max(booked))
        .join(
            Reservation,
            (Reservation.organization_id == ReservationRoom.organization_id)
            & (Reservation.id == ReservationRoom.reservation_id),
        )
        .join(
            BookingLink,
            (BookingLink.organization_id == ReservationRoom.organization_id)
            & (BookingLink.reservation_id == ReservationRoom.reservation_id),
        )
        .where(
            ReservationRoom.organization_id == tenancy.required(),
            BookingLink.connection_id == connection.id,
            column.is_not(None),
        )
        .group_by(column)
    )


def _types(property_id: UUID) -> Sequence[Any]:
    units = (
        select(Room.room_type_id, func.count().label("units"))
        .where(Room.organization_id == tenancy.required(), Room.archived_at.is_(None))
        .group_by(Room.room_type_id)
        .subquery()
    )
    return db.session.execute(
        select(RoomType, func.coalesce(units.c.units, 0))
        .outerjoin(units, units.c.room_type_id == RoomType.id)
        .where(
            RoomType.organization_id == tenancy.required(),
            RoomType.property_id == property_id,
            RoomType.archived_at.is_(None),
        )
        .order_by(RoomType.position, RoomType.id)
    ).all()


def _plans(property_id: UUID) -> Sequence[RatePlan]:
    return db.session.scalars(
        select(RatePlan)
        .where(
            RatePlan.organization_id == tenancy.required(),
            RatePlan.property_id == property_id,
            RatePlan.archived_at.is_(None),
        )
        .order_by(RatePlan.position, RatePlan.id)
    ).all()


def _prices(property_id: UUID, plans: list[UUID], nights: tuple[date, date]) -> dict[UUID, dict[date, Decimal | None]]:
    return {
        plan: {night: cell.rate for night, cell in cells.items()}
        for plan, cells in rates.calendar(property_id, *nights, plans).items()
    }
