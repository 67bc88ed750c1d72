"""The first night a hotel sells, proved: activated by a person, sent, read back, and how long it took."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from sqlalchemy import exists, func, select

from portal import tenancy
from portal.db import now, unit_of_work
from portal.domain import calendar as cal
from portal.domain.money import wire
from portal.domain.nights import Window
from portal.extensions import db
from portal.models import (
    Connection,
    ConnectionState,
    Duty,
    Lane,
    Onboarding,
    Organization,
    Property,
    RatePlan,
    RoomType,
    SyncRun,
)
from portal.services import activation, audit, connections, duties, full_sync, horizon, onboarding
from portal.services.errors import Refused
from providers.registry import connector_class
from providers.types import Cell, LaneKind

GIVE_UP = timedelta(hours=1)  # after that the daily reading is enough


@dataclass(frozen=True)
class Proof:
    """`12 Dec, Double, 120.00 EUR, seen at 14:03`: what the channel manager was seen to sell."""

    night: date
    room_type: str
    plan: str
    rate: Decimal
    currency: str
    seen_at: datetime
    seconds: int  # from signing up for an organization's first hotel, else from its first form
    first: bool


def activate(draft_id: UUID, connection: Connection) -> UUID | None:
    """Begin to sell: everything is sent, then read back. Returns the full sync's run; a second click joins the first.

    Where a hotel stands at the provider already, its bookings are read first; there is no run. Raises `Refused` while
    the connection is not ready.
    """
    if connector_class(connection.provider).can("exchange_code"):
        _start(draft_id, connection)
        return None
    with unit_of_work():
        draft = onboarding.held(draft_id)
        if draft.run_id is not None:
            return draft.run_id
        if connection.state is not ConnectionState.SETTING_UP or not activation.is_held(connection):
            raise Refused("This connection cannot be activated now.")
        activation.go_live(connection)
        draft.run_id = full_sync.begin(connection, "person", prove=True)
        draft.activated_at = func.clock_timestamp()
        audit.record("onboarding.activated", "onboarding", draft.id, property_id=draft.property_id)
        return draft.run_id


def _start(draft_id: UUID, connection: Connection) -> None:
    if connection.state is ConnectionState.SETTING_UP:
        connections.start(connection)
    with unit_of_work():
        draft = onboarding.held(draft_id)
        if draft.activated_at is not None:
            return
        draft.activated_at = func.clock_timestamp()
        if connection.state is ConnectionState.ACTIVE:  # started on its own page before: what it sells is read back
            duties.request(connection.id, Duty.PARITY)
        audit.record("onboarding.activated", "onboarding", draft.id, property_id=draft.property_id)


def note(connection: Connection) -> bool:
    """Write down the first proved night of a hotel that was just activated; a helper, inside a unit of work.

    True while one is still waited for.
    """
    draft = onboarding.of_property(connection.property_id)
    if draft is None or draft.activated_at is None or draft.proved_at is not None:
        return False
    found = _first_night(connection, draft.activated_at)
    if found is None:
        return now() - draft.activated_at < GIVE_UP
    night, plan, room_type, rate, seen_at = found
    began, first = _beginning(draft)
    draft.proved_at = seen_at
    draft.proof = {
        "night": night.isoformat(),
        "room_type": room_type,
        "plan": plan.name,
        "rate": wire(rate, plan.currency),
        "currency": plan.currency,
        "seconds": round((seen_at - began).total_seconds()),
        "first": first,
    }
    return False


def read(draft: Onboarding) -> Proof | None:
    """The proof of a draft, once there is one."""
    if draft.proved_at is None:
        return None
    facts = draft.proof
    return Proof(
        date.fromisoformat(facts["night"]),
        facts["room_type"],
        facts["plan"],
        Decimal(facts["rate"]),
        facts["currency"],
        draft.proved_at,
        int(facts["seconds"]),
        bool(facts["first"]),
    )


def _beginning(draft: Onboarding) -> tuple[datetime, bool]:
    """Since when the proof was waited for, and whether that is since the organization signed up."""
    others = exists().where(Property.organization_id == tenancy.required(), Property.id != draft.property_id)
    if db.session.scalar(select(others)):
        return draft.created_at, False
    query = select(Organization.created_at).where(Organization.id == tenancy.required())
    founded: datetime = db.session.execute(query).scalar_one()
    return founded, True


def _first_night(connection: Connection, since: datetime) -> tuple[date, RatePlan, str, Decimal, datetime] | None:
    """The nearest night that was seen for sale since then, at the price that was accepted."""
    rows = db.session.execute(
        select(Lane, RatePlan, RoomType.name)
        .join(RatePlan, (RatePlan.organization_id == Lane.organization_id) & (RatePlan.id == Lane.rate_plan_id))
        .join(RoomType, (RoomType.organization_id == RatePlan.organization_id) & (RoomType.id == RatePlan.room_type_id))
        .where(
            Lane.organization_id == tenancy.required(),
            Lane.connection_id == connection.id,
            Lane.kind == LaneKind.RATES,
            Lane.seen_at >= since,
        )
        .order_by(RoomType.position, RatePlan.position, RatePlan.id)
        .execution_options(populate_existing=True)
    ).all()
    window = horizon.window(connection)
    found = [(night, row) for row in rows if (night := _sold(row[0], Window(*window))) is not None]
    if not found:
        return None
    night, (lane, plan, room_type) = min(found, key=lambda each: each[0])
    cell = cal.decode(lane.seen, LaneKind.RATES)[night]
    assert isinstance(cell, Cell) and cell.rate is not None and lane.seen_at is not None
    return night, plan, room_type, cell.rate, lane.seen_at


def _sold(lane: Lane, window: Window) -> date | None:
    agreed = cal.decode(lane.acknowledged, LaneKind.RATES)
    seen = cal.decode(lane.seen, LaneKind.RATES)
    for night in sorted(seen):
        cell, ours = seen[night], agreed.get(night)
        if not isinstance(cell, Cell) or not isinstance(ours, Cell) or not window.first <= night <= window.last:
            continue
        if cell.rate is not None and not cell.stop_sell and cell.rate == ours.rate:
            return night
    return None


def run(draft: Onboarding) -> SyncRun | None:
    """The full sync of the activation, as it is now."""
    if draft.run_id is None:
        return None
    found: SyncRun | None = db.session.scalar(
        select(SyncRun)
        .where(SyncRun.organization_id == tenancy.required(), SyncRun.id == draft.run_id)
        .execution_options(populate_existing=True)
    )
    return found


def zone(draft: Onboarding) -> str:
    """The time zone of the draft's hotel."""
    query = select(Property.timezone).where(
        Property.organization_id == tenancy.required(), Property.id == draft.property_id
    )
    return str(db.session.execute(query).scalar_one())
