"""What a stay may be and what it costs: said in words when it cannot be. Helpers of `reservation_sales`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from uuid import UUID

from portal.domain import money
from portal.domain.nights import LONGEST_STAY, nights
from portal.models import Property, RoomType
from portal.services import rate_calendar, rate_plans, rate_terms, room_types
from portal.services.errors import NotFound, Refused
from portal.services.sentences import Counted


@dataclass(frozen=True, kw_only=True)
class RoomRequest:
    """One room of a sale. Without an `amount` the rate plan says it, night by night."""

    room_type_id: UUID
    check_in: date
    check_out: date
    rate_plan_id: UUID | None = None
    adults: int = 1
    children: int = 0
    infants: int = 0
    amount: Decimal | None = None
    guest_name: str | None = None
    room_id: UUID | None = None  # this very room, of the type sold; None: any that is free
    nightly: Mapping[str, str] = field(default_factory=dict)  # {night: amount}; filled in by `priced`


def priced(hotel: Property, room: RoomRequest) -> RoomRequest:
    """Return the request with its amount and what each night costs filled in. Raises `Refused`, `NotFound`."""
    check_stay(room.check_in, room.check_out)
    check_people(room_types.find(hotel.id, room.room_type_id), room.adults, room.children, room.infants)
    if room.rate_plan_id and rate_plans.find_plan(hotel.id, room.rate_plan_id).room_type_id != room.room_type_id:
        raise Refused("This rate plan belongs to another room type.", field="rate_plan_id")
    if room.amount is not None:
        exact = amount(room.amount, hotel.currency)
        return replace(room, amount=exact, nightly=spread(exact, room.check_in, room.check_out, hotel.currency))
    prices = by_plan(hotel, room)
    nightly = {night.isoformat(): money.wire(price, hotel.currency) for night, price in prices.items()}
    return replace(room, amount=sum(prices.values(), Decimal(0)), nightly=nightly)


def by_plan(hotel: Property, room: RoomRequest) -> dict[date, Decimal]:
    """Return what the rate plan asks for each night. Raises `Refused` when it asks for nothing, `NotFound`."""
    if room.rate_plan_id is None:
        raise Refused("Choose a rate plan, or say what the room costs.", field="amount")
    stay = nights(room.check_in, room.check_out)
    cells = rate_calendar.calendar(hotel.id, stay[0], stay[-1], [room.rate_plan_id])
    if room.rate_plan_id not in cells:
        raise NotFound(f"rate plan {room.rate_plan_id}")
    prices = {night: cells[room.rate_plan_id][night].rate for night in stay}
    missing = [night for night, price in prices.items() if price is None]
    if missing:
        raise Refused(
            "The rate plan has no price for %(night)s: say what the room costs.", night=missing[0], field="amount"
        )
    return {night: price for night, price in prices.items() if price is not None}


def share(rooms: Sequence[RoomRequest], total: Decimal, currency: str) -> list[RoomRequest]:
    """Return the rooms with one price for all of them shared out, adding up to it exactly. Raises `Refused`."""
    parts = money.split(amount(total, currency), len(rooms), currency)
    return [replace(room, amount=part) for room, part in zip(rooms, parts, strict=True)]


def amount(value: Decimal, currency: str) -> Decimal:
    """Return an amount of zero or more in the currency's decimals. Raises `Refused`."""
    exact = rate_terms.number(value, currency, "amount")
    if exact < 0:
        raise Refused("An amount is not negative.", field="amount")
    return exact


def check_stay(check_in: date, check_out: date) -> None:
    """Refuse a stay without a night, or one nobody means."""
    if not 0 < (check_out - check_in).days <= LONGEST_STAY:
        raise Refused("A stay has from one to %(most)s nights.", most=LONGEST_STAY, field="check_out")


def check_people(room_type: RoomType, adults: int, children: int, infants: int) -> None:
    """Refuse more people than the room sleeps, and none."""
    if not 1 <= adults <= room_type.max_adults:
        raise Refused(
            Counted("%(type)s is for one adult.", "%(type)s is for one to %(num)s adults."),
            num=room_type.max_adults, type=room_type.name, field="adults",
        )  # fmt: skip
    if not (0 <= children <= room_type.max_children and 0 <= infants <= max(room_type.max_infants, children, 1)):
        raise Refused(
            Counted("%(type)s has room for one child.", "%(type)s has room for %(num)s children."),
            num=room_type.max_children, type=room_type.name, field="children",
        )  # fmt: skip


def spread(total: Decimal | None, check_in: date, check_out: date, currency: str) -> dict[str, str]:
    """Return the total shared out over the nights, {night: amount}, adding up to it exactly."""
    if total is None:
        return {}
    stay = nights(check_in, check_out)
    shares = money.split(total, len(stay), currency)
    return {night.isoformat(): money.wire(share, currency) for night, share in zip(stay, shares, strict=True)}
