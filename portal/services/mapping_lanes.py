"""The rows of a mapping and their lanes, changed together: opened, pointed elsewhere, ended."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy import delete, select

from portal import tenancy
from portal.domain.mapping import ROOM
from portal.domain.problems import Trouble
from portal.extensions import db
from portal.models import Connection, Lane, RateMapping, RatePlan, RemoteSnapshot, RoomMapping, RoomType
from portal.services import availability, horizon, incidents, mappings, rates, remote_products
from providers.types import RemoteRatePlan

Row = RoomMapping | RateMapping


def write(
    connection: Connection, pairs: Mapping[str, str | None], kept: RemoteSnapshot | None, names: Mapping[str, str]
) -> None:
    """Map, point elsewhere or unmap what `pairs` says, {ours: theirs or None}; a helper, inside a unit of work.

    A lane that is pointed elsewhere forgets what was acknowledged; one that begins is due for its whole horizon; one
    of a mapping that ends goes with it.
    """
    rows = _rows(connection)
    _lock_lanes(connection)
    known = [(rows[key], other) for key, other in sorted(pairs.items()) if key in rows and other]
    for key, other in sorted(pairs.items()):
        if other is None and key in rows:
            _end(connection, rows[key])
    # Two that change places would hold one code together for a moment: both let go first.
    for row, _ in known:
        row.external_id = f"~{row.id}"
    db.session.flush()
    for row, other in known:
        _describe(row, other, kept, names)
        mappings.repoint(connection, row, other.partition(":")[2])
    db.session.flush()
    for key, other in sorted(pairs.items()):
        if other and key not in rows:
            _begin(connection, key, other, kept, names)


def weight(connection: Connection, opened: Sequence[str]) -> tuple[int, int]:
    """How many nights of calendars begin with these mappings of ours, and how many of them have a price."""
    window = horizon.window(connection)
    rooms = [UUID(key.partition(":")[2]) for key in opened if key.startswith(ROOM)]
    plans = [UUID(key.partition(":")[2]) for key in opened if not key.startswith(ROOM)]
    nights = prices = 0
    if rooms:
        found = availability.calendar(connection.property_id, *window)
        nights += sum(len(found.get(each, {})) for each in rooms)
    if plans:
        cells = rates.calendar(connection.property_id, *window, plans)
        nights += sum(len(cells.get(each, {})) for each in plans)
        prices = sum(1 for each in plans for cell in cells.get(each, {}).values() if cell.rate is not None)
    return nights, prices


def _rows(connection: Connection) -> dict[str, Row]:
    found: dict[str, Row] = {f"room:{row.room_type_id}": row for row in mappings.rooms_of(connection.id)}
    found |= {f"plan:{row.rate_plan_id}": row for row in mappings.plans_of(connection.id)}
    return found


def _lock_lanes(connection: Connection) -> None:
    """In the order in which everybody locks them."""
    db.session.execute(
        select(Lane.id)
        .where(Lane.organization_id == tenancy.required(), Lane.connection_id == connection.id)
        .order_by(Lane.id)
        .with_for_update()
    )


def _end(connection: Connection, row: Row) -> None:
    subject = Lane.room_type_id == row.room_type_id if isinstance(row, RoomMapping) else (
        Lane.rate_plan_id == row.rate_plan_id
    )  # fmt: skip
    ended = db.session.scalars(
        delete(Lane)
        .where(Lane.organization_id == connection.organization_id, Lane.connection_id == connection.id, subject)
        .returning(Lane.id)
        .execution_options(synchronize_session=False)
    ).all()
    for lane_id in ended:
        incidents.closed(Trouble.CELLS_REFUSED, connection.id, about=lane_id)
    db.session.delete(row)
    db.session.flush()


def _describe(row: Row, other: str, kept: RemoteSnapshot | None, names: Mapping[str, str]) -> None:
    row.external_name = _own_name(other, kept, names)
    if isinstance(row, RateMapping):
        item = next((item for item in remote_products.items(kept) if item.key == other), None)
        row.occupancy = item.occupancy if item else None
        row.option_ids = remote_products.options(kept, other)


def _begin(connection: Connection, key: str, other: str, kept: RemoteSnapshot | None, names: Mapping[str, str]) -> None:
    mine, external_id = UUID(key.partition(":")[2]), other.partition(":")[2]
    name = _own_name(other, kept, names)
    if key.startswith(ROOM):
        room_type = db.session.scalars(
            select(RoomType).where(RoomType.organization_id == tenancy.required(), RoomType.id == mine)
        ).one()
        mappings.map_room_type(connection, room_type, external_id, name)
        return
    plan = db.session.scalars(
        select(RatePlan).where(RatePlan.organization_id == tenancy.required(), RatePlan.id == mine)
    ).one()
    item = next((item for item in remote_products.items(kept) if item.key == other), None)
    remote = RemoteRatePlan(
        external_id, name, (item.room or "").partition(":")[2] if item else "", item.currency if item else None,
        item.occupancy if item else None, remote_products.options(kept, other),
    )  # fmt: skip
    mappings.map_rate_plan(connection, plan, remote)


def _own_name(other: str, kept: RemoteSnapshot | None, names: Mapping[str, str]) -> str:
    item = next((item for item in remote_products.items(kept) if item.key == other), None)
    return (item.name if item else names.get(other, ""))[:255]
