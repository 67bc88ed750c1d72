"""Taking off sale what is mapped no more: the provider would go on selling what it was last told.

Wishes are rows. The connection's pusher sends them before anything else, so that no calendar of the new mapping is
opened while the old one still sells, and no closing can overtake the opening of a product that was mapped again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert

from portal import tenancy
from portal.db import end_reading, now, unit_of_work
from portal.domain.mapping import ROOM
from portal.extensions import db
from portal.models import (
    Connection,
    ConnectionState,
    RemoteClosing,
    RemoteSnapshot,
    RoomMapping,
    SyncStatus,
    SyncType,
)
from portal.services import connection_state, connectors, duties, horizon, sync_runs
from providers.base import Connector
from providers.errors import NotFound, ProviderError, Rejected
from providers.registry import connector_class
from providers.types import CalendarChange, Cell, LaneKind, PushResult, Run, VerdictKind

TRY_AGAIN = timedelta(minutes=10)
NOT_ALONE = "It cannot be closed without its room type there: take it out of the offers at the channel manager itself."
CLOSED = Cell(rate=None, stop_sell=True)


def ask(connection: Connection, products: Mapping[str, str]) -> None:
    """Wish that these products ({key: name}) are taken off sale; a helper, inside a unit of work."""
    for product, name in sorted(products.items()):
        row = {
            "organization_id": tenancy.required(), "connection_id": connection.id, "product": product,
            "name": name[:255], "asked_at": func.clock_timestamp(), "tried_at": None, "closed_at": None, "error": "",
        }  # fmt: skip
        made = insert(RemoteClosing).values(**row)
        fresh = {key: row[key] for key in ("name", "asked_at", "tried_at", "closed_at", "error")}
        keys = ["organization_id", "connection_id", "product"]
        db.session.execute(made.on_conflict_do_update(index_elements=keys, set_=fresh))


def forget(connection: Connection, products: Iterable[str]) -> None:
    """These are mapped again: their calendars say what is for sale. A helper, inside a unit of work."""
    db.session.execute(
        delete(RemoteClosing)
        .where(
            RemoteClosing.organization_id == tenancy.required(),
            RemoteClosing.connection_id == connection.id,
            RemoteClosing.product.in_(list(products)),
        )
        .execution_options(synchronize_session=False)
    )


def listed(connection: Connection) -> Sequence[RemoteClosing]:
    """What was or is to be taken off sale, what still sells first."""
    return db.session.scalars(
        select(RemoteClosing)
        .where(RemoteClosing.organization_id == tenancy.required(), RemoteClosing.connection_id == connection.id)
        .order_by(RemoteClosing.closed_at.is_not(None), RemoteClosing.product)
        .execution_options(populate_existing=True)
    ).all()


def next_try(connection: Connection) -> datetime | None:
    """When the pusher has to come back for closings that were refused; None: all are closed."""
    return now() + TRY_AGAIN if _open(connection) else None


def send(lease: duties.Lease, connection: Connection) -> None:
    """Close what is wished, in one call a kind, and write down each answer. Raises the provider's error, recorded."""
    moment = now()
    rows = [row for row in _open(connection) if row.tried_at is None or moment - row.tried_at >= TRY_AGAIN]
    if not rows or connection.state is not ConnectionState.ACTIVE or not connection.external_property_id:
        return
    rows = _closed_alone(connection, rows)
    if not rows:
        return
    window = horizon.window(connection)
    changes = [_change(row.product, Run(window.first, window.last, 0)) for row in rows]
    with unit_of_work():
        run_id = sync_runs.begin(connection, SyncType.ARI_PUSH, "change", status=SyncStatus.IN_PROGRESS)
    line = connectors.line_for(connection, urgent=True)
    refused: dict[str, str] = {}
    try:
        for kind in (LaneKind.AVAILABILITY, LaneKind.RATES):
            mine = [change for change in changes if change.kind is kind]
            if mine:
                refused |= _answered(mine, line.connector, connection.external_property_id)
                duties.keep(lease)
    except ProviderError as error:
        with unit_of_work():
            connection_state.run_failed(
                connection, run_id, line.calls, error
            )  # the duty's own back-off says when it is tried again
        raise
    with unit_of_work():
        duties.renew(lease)
        sync_runs.keep_calls(connection, run_id, line.calls)
        _note(rows, refused)
        nights = (window.last - window.first).days + 1
        status = SyncStatus.COMPLETED if not refused else SyncStatus.PARTIAL
        sync_runs.finish(
            run_id, status, processed=nights * (len(rows) - len(refused)), failed=nights * len(refused),
            error=next(iter(refused.values()), ""),
            summary={"calls": len(line.calls), "closed": len(rows) - len(refused), "causes": ["mapping changed"]},
        )  # fmt: skip


def _answered(changes: Sequence[CalendarChange], connector: Connector, property_id: str) -> dict[str, str]:
    """{product: why it is still on sale} of those that were not taken off sale in full."""
    try:
        result = connector.push_calendar(property_id, changes[0].kind, changes)
    except Rejected as error:
        if isinstance(error, NotFound):
            raise
        return {_product(change): str(error) for change in changes}
    return {
        _product(verdict.change): verdict.reason or verdict.kind.value
        for verdict in PushResult(result.verdicts).verdicts
        if verdict.kind is not VerdictKind.ACCEPTED
    }


def _closed_alone(connection: Connection, rows: Sequence[RemoteClosing]) -> list[RemoteClosing]:
    """Those that can be closed by themselves. Where a closing holds for the whole room type, a rate plan's would end
    the sale of its sisters as well: it is closed with its room type, or by a person there."""
    if connector_class(connection.provider).restrictions_of == "rate_plan":
        return list(rows)
    plans = [row for row in rows if not row.product.startswith(ROOM)]
    with unit_of_work():
        sold = set(
            db.session.scalars(
                select(RoomMapping.external_id).where(
                    RoomMapping.organization_id == tenancy.required(), RoomMapping.connection_id == connection.id
                )
            )
        )
        rooms = _rooms_of(connection)
        _note(plans, {row.product: NOT_ALONE for row in plans if rooms.get(row.product) in sold})
    return [row for row in rows if row.product.startswith(ROOM)]


def _rooms_of(connection: Connection) -> dict[str, str]:
    """The provider's id of the room type of each of its rate plans, as last read."""
    products = db.session.scalar(
        select(RemoteSnapshot.products).where(
            RemoteSnapshot.organization_id == tenancy.required(), RemoteSnapshot.connection_id == connection.id
        )
    )
    return {row["key"]: row["room"].partition(":")[2] for row in products or () if row.get("room")}


def _note(rows: Sequence[RemoteClosing], refused: Mapping[str, str]) -> None:
    """Write the answers down, unless the product was mapped again or asked for anew meanwhile; a helper."""
    for row in rows:
        error = refused.get(row.product, "")
        db.session.execute(
            update(RemoteClosing)
            .where(
                RemoteClosing.organization_id == row.organization_id,
                RemoteClosing.connection_id == row.connection_id,
                RemoteClosing.product == row.product,
                RemoteClosing.asked_at == row.asked_at,
            )
            .values(
                error=error[:500],
                tried_at=func.clock_timestamp(),
                closed_at=None if error else func.clock_timestamp(),
            )
            .execution_options(synchronize_session=False)
        )


def _open(connection: Connection) -> list[RemoteClosing]:
    rows = [row for row in listed(connection) if row.closed_at is None]
    end_reading()
    return rows


def _change(product: str, run: Run) -> CalendarChange:
    kind, _, external_id = product.partition(":")
    if kind == ROOM:
        return CalendarChange(LaneKind.AVAILABILITY, external_id, run)
    return CalendarChange(LaneKind.RATES, external_id, run._replace(value=CLOSED))


def _product(change: CalendarChange) -> str:
    kind = ROOM if change.kind is LaneKind.AVAILABILITY else "plan"
    return f"{kind}:{change.external_id}"
