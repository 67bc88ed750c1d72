"""What the provider has: read by a worker on request, kept per connection with its age, shown on the mapping page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert

from portal import tenancy
from portal.db import end_reading, unit_of_work
from portal.domain.mapping import PLAN, ROOM, Item
from portal.extensions import db
from portal.models import Connection, Duty, RemoteSnapshot
from portal.services import (
    booking_imports,
    connection_state,
    connectors,
    duties,
    held_bookings,
    horizon,
    mappings,
    sync_runs,
)
from portal.services.errors import Refused
from providers.base import Connector
from providers.errors import NotSupported, ProviderError, RateLimited
from providers.types import Cell, LaneKind, RemoteRoomType

log = structlog.get_logger()

EVERY = timedelta(seconds=30)
PATIENCE = timedelta(minutes=5)  # after that the page stops looking
SAMPLE_AHEAD, SAMPLE_NIGHTS = 30, 3
"""The nights whose prices are compared: three in a row, a month ahead, where nearly every hotel has prices."""

Prices = Mapping[str, Mapping[date, Decimal | None]]


def wish(connection: Connection) -> None:
    """Ask a worker to read the provider's products. Raises `Refused` when that was asked a moment ago."""
    with unit_of_work():
        asked = insert(RemoteSnapshot).values(
            organization_id=tenancy.required(), connection_id=connection.id, asked_at=func.clock_timestamp()
        )
        due = RemoteSnapshot.asked_at.is_(None) | (RemoteSnapshot.asked_at < func.clock_timestamp() - EVERY)
        done = db.session.execute(
            asked.on_conflict_do_update(
                index_elements=["organization_id", "connection_id"],
                set_={"asked_at": func.clock_timestamp()},
                where=due,
            ).returning(RemoteSnapshot.connection_id)
        ).all()
        if not done:
            raise Refused("The list was read less than 30 seconds ago. Wait a moment, then refresh it again.")
        duties.create(connection.id)  # one made before this duty was known has no row for it
        duties.request(connection.id, Duty.PRODUCTS, {"fetch": True})


def snapshot(connection_id: UUID) -> RemoteSnapshot | None:
    """The products as last read; None when nobody ever asked."""
    found: RemoteSnapshot | None = db.session.scalar(
        select(RemoteSnapshot)
        .where(RemoteSnapshot.organization_id == tenancy.required(), RemoteSnapshot.connection_id == connection_id)
        .execution_options(populate_existing=True)
    )
    return found


def is_pending(kept: RemoteSnapshot | None, moment: datetime) -> bool:
    """Whether a worker is still to answer. Not for ever: after five minutes a page stops asking."""
    if kept is None or kept.asked_at is None or moment - kept.asked_at > PATIENCE:
        return False
    return kept.answered_at is None or kept.answered_at < kept.asked_at


def items(kept: RemoteSnapshot | None) -> list[Item]:
    """The provider's room types, each followed by its rate plans."""
    return [_item(row) for row in kept.products] if kept else []


def options(kept: RemoteSnapshot | None, key: str) -> dict[str, int]:
    """The other ids a booking of this rate plan may name."""
    row = next((row for row in kept.products if row["key"] == key), None) if kept else None
    return {str(name): int(many) for name, many in (row or {}).get("options", {}).items()}


def sample_nights(connection: Connection) -> tuple[date, date]:
    """The first and the last night whose prices are compared."""
    first = horizon.today(connection) + timedelta(days=SAMPLE_AHEAD)
    return first, first + timedelta(days=SAMPLE_NIGHTS - 1)


def run(connection_id: UUID) -> bool:
    """The duty: read the products when that was asked, place held bookings when that was. False while another does."""
    lease = duties.claim(connection_id, Duty.PRODUCTS, early=True)
    if lease is None:
        return False
    connection = duties.connection(connection_id)
    try:
        if lease.request.get("fetch"):
            _fetch(lease, connection)
        if lease.request.get("preview"):
            booking_imports.look(lease, connection, UUID(lease.request["preview"]))
        if lease.request.get("replay"):
            held_bookings.place_all(lease, connection)
    except RateLimited as error:
        duties.later(lease, str(error), retry_after=error.retry_after, counts=False)
        return True
    except duties.LeaseLost:
        log.warning("products_lease_lost", connection_id=str(connection_id))
        return True
    duties.done(lease)
    return True


def keep(connection: Connection, found: Sequence[RemoteRoomType], prices: Prices | None = None) -> dict[str, int]:
    """Write the list down as the newest; a helper, inside a unit of work. Returns what `mappings.compare` does.

    Without new `prices` those of the last reading are kept.
    """
    kept = snapshot(connection.id)
    before = {row["key"]: row.get("prices") for row in (kept.products if kept else [])}
    products: list[dict[str, Any]] = []
    for room in found:
        products.append(
            {"key": f"{ROOM}:{room.external_id}", "name": room.name, "occupancy": room.max_adults, "units": room.units}
        )
        for plan in room.rate_plans:
            key, nights = f"{PLAN}:{plan.external_id}", (prices or {}).get(plan.external_id, {})
            read = {str(night): None if price is None else str(price) for night, price in nights.items()}
            products.append(
                {
                    "key": key, "name": plan.name, "room": f"{ROOM}:{room.external_id}",
                    "occupancy": plan.occupancy, "currency": plan.currency, "meal": plan.meal_plan,
                    "options": dict(plan.option_ids),
                    "prices": (before.get(key) or {}) if prices is None else read,
                }
            )  # fmt: skip
    _write(connection, products=products, fetched_at=func.clock_timestamp(), error="")
    return mappings.compare(connection, found)


def _fetch(lease: duties.Lease, connection: Connection) -> None:
    property_id = connection.external_property_id
    first, last = sample_nights(connection)
    end_reading()
    if property_id is None:
        with unit_of_work():
            _write(connection, error="The property does not exist at the provider yet.")
        return
    line = connectors.line_for(connection, urgent=False)
    try:
        found = line.connector.fetch_products(property_id)
        prices = _prices(line.connector, property_id, found, first, last)
    except ProviderError as error:
        with unit_of_work():
            sync_runs.keep_calls(connection, None, line.calls)
            if isinstance(error, RateLimited):
                raise
            _write(connection, error=str(error)[:500])
            connection_state.report(connection, error)
        return
    with unit_of_work():
        duties.renew(lease)
        sync_runs.keep_calls(connection, None, line.calls)
        keep(connection, found, prices)


def _prices(
    connector: Connector, property_id: str, found: Sequence[RemoteRoomType], first: date, last: date
) -> dict[str, dict[date, Decimal | None]]:
    """What the provider asks for the sample nights; nothing where it cannot be read."""
    plans = [plan.external_id for room in found for plan in room.rate_plans]
    if not plans:
        return {}
    try:
        runs = connector.read_calendar(property_id, LaneKind.RATES, plans, first, last)
    except NotSupported:
        return {}
    prices: dict[str, dict[date, Decimal | None]] = {}
    for plan, spoken in runs.items():
        for run in spoken:
            if isinstance(run.value, Cell):
                nights = (run.last - run.first).days + 1
                dated = {run.first + timedelta(days=day): run.value.rate for day in range(nights)}
                prices.setdefault(plan, {}).update(dated)
    return prices


def _write(connection: Connection, **values: Any) -> None:
    row = {"organization_id": connection.organization_id, "connection_id": connection.id}
    db.session.execute(insert(RemoteSnapshot).values(**row).on_conflict_do_nothing())
    db.session.execute(
        update(RemoteSnapshot)
        .filter_by(**row)
        .values(answered_at=func.clock_timestamp(), **values)
        .execution_options(synchronize_session=False)
    )


def _item(row: Mapping[str, Any]) -> Item:
    prices = {
        date.fromisoformat(night): None if price is None else Decimal(price)
        for night, price in (row.get("prices") or {}).items()
    }
    return Item(
        key=row["key"], name=row["name"], room=row.get("room"), occupancy=row.get("occupancy"),
        currency=row.get("currency"), meal=row.get("meal"), units=row.get("units"), prices=prices,
    )  # fmt: skip
