"""The second look: which cells of an edit are odd, by the limits of plan and house and by what channels take."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date
from decimal import Decimal
from uuid import UUID

from sqlalchemy import select

from portal import tenancy
from portal.domain import money, rate_edits
from portal.domain.rate_edits import Concern
from portal.extensions import db
from portal.models import Connection, ConnectionState, Property, RateMapping, RatePlan
from portal.services import rate_calendar
from portal.services.rate_calendar import Book, Cells
from providers.base import Connector
from providers.registry import connector_class
from providers.types import Cell

Limits = tuple[Decimal | None, Decimal | None]
Odd = dict[tuple[UUID, date], frozenset[Concern]]


def look(
    property_id: UUID,
    book: Book,
    before: Mapping[UUID, Cells],
    after: Mapping[UUID, Cells],
    asked: Collection[tuple[UUID, date]],
) -> Odd:
    """The odd cells among those asked for; what befalls a derived plan counts for the plan it follows."""
    house = limits_of_house(property_id)
    takers = _takers(property_id)
    found: dict[tuple[UUID, date], frozenset[Concern]] = {}
    wanted = {plan_id for plan_id, _ in asked}
    for plan_id, cells in after.items():
        plan = book.plans[plan_id]
        blamed = [plan_id] if plan_id in wanted else [root for root in _roots(book, plan_id) if root in wanted]
        known: dict[tuple[Cell, Cell], frozenset[Concern]] = {}
        for night, cell in cells.items():
            pair = before[plan_id][night], cell
            if pair[0] == pair[1]:
                continue
            if pair not in known:
                known[pair] = _concerns(pair, limits(plan, house), takers.get(plan_id, ()))
            for root in blamed:
                if known[pair] and (root, night) in asked:
                    found[root, night] = found.get((root, night), frozenset()) | known[pair]
    for spot in _closing_everything(property_id, before, after, asked):
        found[spot] = found.get(spot, frozenset()) | {Concern.CLOSES_EVERYTHING}
    return found


def limits(plan: RatePlan, house: Limits) -> Limits:
    """The lowest and highest price of a plan: its own, else the house's."""
    floor = house[0] if plan.floor is None else plan.floor
    return floor, house[1] if plan.ceiling is None else plan.ceiling


def limits_of_house(property_id: UUID) -> Limits:
    row = db.session.execute(
        select(Property.price_floor, Property.price_ceiling, Property.currency).where(
            Property.organization_id == tenancy.required(), Property.id == property_id
        )
    ).first()
    if row is None:
        return None, None
    floor, ceiling = (None if each is None else money.quantize(each, row.currency) for each in row[:2])
    return floor, ceiling


def _concerns(pair: tuple[Cell, Cell], bounds: Limits, takers: Collection[type[Connector]]) -> frozenset[Concern]:
    found = rate_edits.concerns(*pair, *bounds)
    if any(taker.cannot_take(pair[1]) for taker in takers):
        found |= {Concern.CHANNEL_CANNOT}
    return found


def _takers(property_id: UUID) -> dict[UUID, list[type[Connector]]]:
    """The kinds of connector that carry each plan."""
    query = (
        select(RateMapping.rate_plan_id, Connection.provider)
        .join(
            Connection,
            (Connection.organization_id == RateMapping.organization_id) & (Connection.id == RateMapping.connection_id),
        )
        .where(
            RateMapping.organization_id == tenancy.required(),
            Connection.property_id == property_id,
            Connection.state != ConnectionState.DISCONNECTED,
        )
    )
    found: dict[UUID, list[type[Connector]]] = {}
    for plan_id, provider in db.session.execute(query):
        found.setdefault(plan_id, []).append(connector_class(provider))
    return found


def _roots(book: Book, plan_id: UUID) -> list[UUID]:
    found = []
    parent = book.plans[plan_id].parent_id
    while parent is not None:
        found.append(parent)
        parent = book.plans[parent].parent_id
    return found


def _closing_everything(
    property_id: UUID,
    before: Mapping[UUID, Cells],
    after: Mapping[UUID, Cells],
    asked: Collection[tuple[UUID, date]],
) -> list[tuple[UUID, date]]:
    """The closings after which no plan of the property is for sale that night."""
    closing = [
        (plan_id, night)
        for plan_id, night in asked
        if after[plan_id][night].stop_sell and not before[plan_id][night].stop_sell
    ]
    if not closing:
        return []
    nights = [night for _, night in closing]
    everyone = rate_calendar.calendar(property_id, min(nights), max(nights))
    shut: dict[date, bool] = {}
    for night in set(nights):
        shut[night] = all(
            (after[plan_id][night] if plan_id in after else cells[night]).stop_sell
            for plan_id, cells in everyone.items()
        )
    return [spot for spot in closing if shut[spot[1]]]
