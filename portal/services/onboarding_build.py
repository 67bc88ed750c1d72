"""Making the hotel a draft describes: property, rooms and rate plans in one transaction, as often as one likes.

Ids come from the draft, so that a second click and a way back change what is there and double nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import delete, exists, select

from portal import tenancy
from portal.db import unit_of_work
from portal.domain import rates as rule
from portal.extensions import db
from portal.models import (
    Connection,
    ConnectionState,
    Duty,
    Onboarding,
    Property,
    RateMapping,
    RatePlan,
    RateRule,
    Reservation,
    Room,
    RoomMapping,
    RoomType,
)
from portal.services import audit, duties, onboarding, properties, rate_rules, rates, room_types, rooms
from portal.services.errors import Refused


@dataclass(frozen=True)
class TypeDraft:
    """A room type to be: `key` becomes its id."""

    key: UUID
    facts: room_types.TypeFacts
    numbers: Sequence[str]


@dataclass(frozen=True)
class PlanDraft:
    """A rate plan to be: `key` becomes its id; parents stand before what derives from them."""

    key: UUID
    facts: rates.PlanFacts
    rules: Sequence[tuple[str, rule.Rule]] = field(default=())


@dataclass(frozen=True)
class Hotel:
    facts: properties.Facts
    types: Sequence[TypeDraft]
    plans: Sequence[PlanDraft]


def build(draft_id: UUID, hotel: Hotel) -> UUID:
    """Make the hotel, or what is there into it, and return its id. Raises `Refused` once it sells or has stays."""
    with unit_of_work():
        draft = onboarding.held(draft_id)
        connections = _connections(draft)
        _check_untouched(draft, connections)
        place = _place(draft, hotel, bool(connections))
        _types(place.id, hotel.types)
        _plans(place.id, hotel.plans)
        _drop(place.id, hotel)
        audit.record("onboarding.built", "onboarding", draft.id, property_id=place.id)
        for connection in connections:  # what is new has to be made at the provider too
            if connection.state is ConnectionState.SETTING_UP:
                duties.request(connection.id, Duty.PROVISION)
    return place.id


def _connections(draft: Onboarding) -> Sequence[Connection]:
    if draft.property_id is None:
        return ()
    query = select(Connection).where(
        Connection.organization_id == tenancy.required(),
        Connection.property_id == draft.property_id,
        Connection.state != ConnectionState.DISCONNECTED,
    )
    return db.session.scalars(query.order_by(Connection.id)).all()


def _check_untouched(draft: Onboarding, connections: Sequence[Connection]) -> None:
    if draft.activated_at or any(each.state is not ConnectionState.SETTING_UP for each in connections):
        raise Refused("This property is live. Change it on its own pages: Prices & rooms, Rooms.")
    stays = exists().where(
        Reservation.organization_id == tenancy.required(), Reservation.property_id == draft.property_id
    )
    if draft.property_id is not None and db.session.scalar(select(stays)):
        raise Refused("This property has reservations. Change it on its own pages: Prices & rooms, Rooms.")


def _place(draft: Onboarding, hotel: Hotel, connected: bool) -> Property:
    if draft.property_id is None:
        place = properties.add(hotel.facts)
        draft.property_id = place.id
        return place
    place = properties.find(draft.property_id)
    if hotel.facts.currency != place.currency and connected:
        raise Refused("The currency stays now: the channel manager has the prices in it.", field="currency")
    if hotel.facts.currency != place.currency:
        for plan in _all_plans(place.id).values():
            plan.currency = hotel.facts.currency
    properties.rewrite(place, hotel.facts)
    db.session.flush()
    return place


def _types(property_id: UUID, wanted: Sequence[TypeDraft]) -> None:
    known = {row.id: row for row in room_types.listed(property_id)}
    for removed in known.keys() - {each.key for each in wanted}:
        _remove_type(known[removed])
    for each in wanted:
        if each.key in known:
            room_types.rewrite(known[each.key], each.facts)
            known[each.key].position = each.facts.position
            db.session.flush()
        else:
            room_types.add(property_id, each.facts, (), each.key)
    there = {room.number: room for room in rooms.listed(property_id, archived=True)}
    position = 0
    for each in wanted:
        for number in each.numbers:
            _room(property_id, each.key, number, there.pop(number, None), position)
            position += 1
    for room in there.values():
        room.archived_at = room.archived_at or datetime.now(UTC)
    db.session.flush()


def _room(property_id: UUID, room_type_id: UUID, number: str, room: Room | None, position: int) -> None:
    if room is None:
        db.session.add(Room(property_id=property_id, room_type_id=room_type_id, number=number, position=position))
        return
    room.room_type_id, room.archived_at, room.position = room_type_id, None, position


def _remove_type(room_type: RoomType) -> None:
    """A type nobody else knows of leaves no trace; one the channel manager has stays."""
    ours = tenancy.required()
    mapped = exists().where(RoomMapping.organization_id == ours, RoomMapping.room_type_id == room_type.id)
    if db.session.scalar(select(mapped)):
        raise Refused(
            "%(type)s is at the channel manager already: keep it here, and close it after.", type=room_type.name
        )
    for plan in _all_plans(room_type.property_id).values():
        if plan.room_type_id == room_type.id:
            plan.parent_id = None
    db.session.flush()
    db.session.execute(delete(RatePlan).where(RatePlan.organization_id == ours, RatePlan.room_type_id == room_type.id))
    db.session.execute(delete(Room).where(Room.organization_id == ours, Room.room_type_id == room_type.id))
    audit.record("room_type.removed", "room_type", room_type.id, {"name": (room_type.name, None)},
                 property_id=room_type.property_id)  # fmt: skip
    db.session.delete(room_type)
    db.session.flush()


def _plans(property_id: UUID, wanted: Sequence[PlanDraft]) -> None:
    known = _all_plans(property_id)
    for each in wanted:
        plan = known.get(each.key)
        if plan is None:
            plan = rates.add_plan(property_id, each.facts, each.key)
        else:
            _rewrite(plan, each.facts)
        _rules(plan, each.rules)


def _rewrite(plan: RatePlan, facts: rates.PlanFacts) -> None:
    changes: dict[str, tuple[Any, Any]] = {}
    for name, value in vars(facts).items():
        before = getattr(plan, name)
        if before != value:
            changes[name] = (before, value)
            setattr(plan, name, value)
    plan.archived_at = None
    if changes:
        audit.record("rate_plan.changed", "rate_plan", plan.id, changes, property_id=plan.property_id)
    db.session.flush()


def _rules(plan: RatePlan, wanted: Sequence[tuple[str, rule.Rule]]) -> None:
    """Make the plan's seasons and weekends these; when they are these already, nothing is touched."""
    there = db.session.scalars(
        select(RateRule).where(RateRule.organization_id == tenancy.required(), RateRule.rate_plan_id == plan.id)
    ).all()
    has = sorted((row.name, row.first_night, row.last_night, row.weekdays, row.rate or Decimal(0)) for row in there)
    wants = sorted((name, each.first, each.last, each.weekdays, each.rate or Decimal(0)) for name, each in wanted)
    if has == wants:
        return
    for row in there:
        db.session.delete(row)
    db.session.flush()
    for name, each in wanted:
        rate_rules.put_rule(plan, each, name)


def _drop(property_id: UUID, hotel: Hotel) -> None:
    """Plans that are no longer wanted: gone, or out of use when the channel manager knows them."""
    wanted = {each.key for each in hotel.plans}
    ours = tenancy.required()
    left = {key: plan for key, plan in _all_plans(property_id).items() if key not in wanted}
    known = set(
        db.session.scalars(
            select(RateMapping.rate_plan_id).where(
                RateMapping.organization_id == ours, RateMapping.rate_plan_id.in_(left)
            )
        )
    )
    for key, plan in left.items():
        if key in known:
            plan.archived_at = plan.archived_at or datetime.now(UTC)
        else:
            db.session.delete(plan)
    db.session.flush()


def _all_plans(property_id: UUID) -> Mapping[UUID, RatePlan]:
    query = select(RatePlan).where(RatePlan.organization_id == tenancy.required(), RatePlan.property_id == property_id)
    return {plan.id: plan for plan in db.session.scalars(query)}
