"""Ours ↔ the provider's: each mapped product gets its lane, due for its whole horizon."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert

from portal import tenancy
from portal.db import now
from portal.extensions import db
from portal.models import Connection, Lane, RateMapping, RatePlan, RoomMapping, RoomType
from portal.models.base import new_id
from portal.services import horizon, lanes
from providers.types import LaneKind, RemoteRatePlan, RemoteRoomType


def map_room_type(connection: Connection, room_type: RoomType, external_id: str, name: str) -> RoomMapping:
    """Map one room type and open its lane; a helper, inside a unit of work."""
    mapping = RoomMapping(
        connection_id=connection.id, room_type_id=room_type.id, external_id=external_id, external_name=name[:255]
    )
    db.session.add(mapping)
    db.session.flush()
    _open_lane(connection, LaneKind.AVAILABILITY, external_id, room_type_id=room_type.id)
    return mapping


def map_rate_plan(connection: Connection, plan: RatePlan, remote: RemoteRatePlan) -> RateMapping:
    """Map one rate plan and open its lane; a helper, inside a unit of work."""
    mapping = RateMapping(
        connection_id=connection.id,
        rate_plan_id=plan.id,
        external_id=remote.external_id,
        external_name=remote.name[:255],
        occupancy=remote.occupancy,
        option_ids=dict(remote.option_ids),
    )
    db.session.add(mapping)
    db.session.flush()
    _open_lane(connection, LaneKind.RATES, remote.external_id, rate_plan_id=plan.id)
    return mapping


def repoint(connection: Connection, mapping: RoomMapping | RateMapping, external_id: str) -> None:
    """Point a mapping at a product made anew: what the old one acknowledged says nothing of it. A helper."""
    subject = {"room_type_id": mapping.room_type_id} if isinstance(mapping, RoomMapping) else {
        "rate_plan_id": mapping.rate_plan_id
    }  # fmt: skip
    mapping.external_id, mapping.missing = external_id, False
    db.session.execute(
        update(Lane)
        .where(Lane.organization_id == connection.organization_id, Lane.connection_id == connection.id)
        .filter_by(**subject)
        .values(external_id=external_id, acknowledged=[], refused=[], seen=[], seen_at=None)
        .execution_options(synchronize_session=False)
    )
    lanes.mark(
        connection.property_id,
        room_types=[mapping.room_type_id] if isinstance(mapping, RoomMapping) else None,
        rate_plans=[mapping.rate_plan_id] if isinstance(mapping, RateMapping) else None,
        windows=[horizon.window(connection)],
        cause="made anew",
        forget_connection=connection.id,
    )


def rooms_of(connection_id: UUID) -> Sequence[RoomMapping]:
    return db.session.scalars(
        select(RoomMapping).where(
            RoomMapping.organization_id == tenancy.required(), RoomMapping.connection_id == connection_id
        )
    ).all()


def plans_of(connection_id: UUID) -> Sequence[RateMapping]:
    return db.session.scalars(
        select(RateMapping).where(
            RateMapping.organization_id == tenancy.required(), RateMapping.connection_id == connection_id
        )
    ).all()


def compare(connection: Connection, remote: Sequence[RemoteRoomType]) -> dict[str, int]:
    """Note what is gone at the provider and what is there unmapped; a helper, inside a unit of work."""
    room_ids = {room.external_id for room in remote}
    plan_ids = {plan.external_id for room in remote for plan in room.rate_plans}
    missing = 0
    rows: list[RoomMapping | RateMapping] = [*rooms_of(connection.id), *plans_of(connection.id)]
    for row in rows:
        row.missing = row.external_id not in (room_ids if isinstance(row, RoomMapping) else plan_ids)
        missing += row.missing
    mapped = {row.external_id for row in rows}
    return {
        "room_types": len(room_ids),
        "rate_plans": len(plan_ids),
        "missing": missing,
        "unmapped": len((room_ids | plan_ids) - mapped),
    }


def _open_lane(
    connection: Connection, kind: LaneKind, external_id: str, *, room_type_id: UUID | None = None,
    rate_plan_id: UUID | None = None,
) -> None:  # fmt: skip
    moment = now()
    db.session.execute(
        insert(Lane)
        .values(
            organization_id=connection.organization_id,
            id=new_id(),
            connection_id=connection.id,
            property_id=connection.property_id,
            kind=kind,
            room_type_id=room_type_id,
            rate_plan_id=rate_plan_id,
            external_id=external_id,
            version=1,
            dirty=lanes.multirange([horizon.window(connection)]),
            dirty_since=moment,
            due_at=moment,
            causes=["first mapping"],
        )
        .on_conflict_do_nothing()
    )
