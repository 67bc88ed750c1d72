"""What the desk can offer for some nights: each room type with its plans, what is free, what a night costs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from sqlalchemy import select

from portal import tenancy
from portal.domain import stay_terms
from portal.domain.nights import nights
from portal.extensions import db
from portal.models import Channel, Connection, Property, RatePlan, Room, RoomType
from portal.models.connections import ChannelState, ConnectionState
from portal.services import availability, rate_calendar, rate_plans, room_types, rooms
from portal.services.reservation_prices import check_stay
from providers.types import Cell

_ZERO = Decimal(0)


@dataclass(frozen=True)
class Offer:
    """One plan of a room type for the nights asked for. `total` is None when a night has no price."""

    plan: RatePlan
    nightly: Mapping[date, Decimal | None]
    total: Decimal | None
    against: Sequence[tuple[stay_terms.Against, int]]


@dataclass(frozen=True)
class Choice:
    """One room type. `free`: how many can be sold for all the nights; `left` says it night by night."""

    room_type: RoomType
    free: int
    left: Mapping[date, int]
    fits: bool  # sleeps that many people
    offers: Sequence[Offer]


def choices(
    hotel: Property, check_in: date, check_out: date, adults: int = 1, children: int = 0, infants: int = 0
) -> list[Choice]:
    """Every room type of the property in the house's order. Raises `Refused` for a stay nobody means."""
    check_stay(check_in, check_out)
    stay = nights(check_in, check_out)
    left = availability.calendar(hotel.id, stay[0], stay[-1])
    cells = rate_calendar.calendar(hotel.id, stay[0], check_out)
    whole = rooms.free(hotel.id, check_in, check_out)
    plans = [plan for plan in rate_plans.plans(hotel.id) if plan.archived_at is None]
    found = []
    for kind in room_types.listed(hotel.id):
        nightly = left.get(kind.id, {})
        free = min([*nightly.values(), sum(1 for room in whole if room.room_type_id == kind.id)])
        fits = adults <= kind.max_adults and children <= kind.max_children
        fits = fits and infants <= max(kind.max_infants, children, 1)
        offers = [
            _offer(plan, cells[plan.id], check_in, check_out)
            for plan in plans
            if plan.room_type_id == kind.id and plan.id in cells
        ]
        found.append(Choice(kind, free, nightly, fits, offers))
    return found


def _offer(plan: RatePlan, cells: Mapping[date, Cell], check_in: date, check_out: date) -> Offer:
    nightly = {night: cells[night].rate for night in nights(check_in, check_out)}
    known = [price for price in nightly.values() if price is not None]
    total = sum(known, _ZERO) if len(known) == len(nightly) else None
    return Offer(plan, nightly, total, stay_terms.against(cells, check_in, check_out))


def other_rooms(property_id: UUID, check_in: date, check_out: date, room_type_id: UUID | None) -> Sequence[Room]:
    """The rooms free for all these nights, those of the type sold first."""
    free = rooms.free(property_id, check_in, check_out)
    return sorted(free, key=lambda room: room.room_type_id != room_type_id)


def sold_at(property_id: UUID) -> list[str]:
    """The codes of the OTAs that are told of every change here, in order."""
    query = (
        select(Channel.code)
        .join(
            Connection,
            (Connection.organization_id == Channel.organization_id) & (Connection.id == Channel.connection_id),
        )
        .where(
            Channel.organization_id == tenancy.required(),
            Connection.property_id == property_id,
            Connection.state == ConnectionState.ACTIVE,
            Channel.state == ChannelState.CONNECTED,
        )
    )
    return sorted(set(db.session.scalars(query)))
