"""Fill the demo's hotels through the portal's own services: `python -m demo.seed`. Twice is the same as once."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from uuid import UUID

from demo.accounts import ACCOUNTS, Account
from demo.hotels import HOUSES, House, Season
from demo.traffic import ON_THEIR_WAY, WAITING_HOTEL
from portal import tenancy
from portal.app import create_app
from portal.config import Settings
from portal.domain.nights import ONE_NIGHT, each
from portal.domain.rates import Rule, weekdays
from portal.domain.reservations import Source
from portal.extensions import db
from portal.models import Property, RatePlan, Role, User
from portal.services import (
    access,
    accounts,
    blocks,
    channel_setups,
    connections,
    organizations,
    properties,
    provision,
    rates,
    reservations,
    room_edits,
    room_types,
    rooms,
)
from portal.services.errors import Refused
from providers.types import Person

DERIVED_PERCENT = Decimal(-10)
YEARS_AHEAD = 3
DIRTY_EVERY = 5  # rooms: housekeeping has something to do
FIRST_ARRIVAL, LAST_ARRIVAL = -4, 28  # days from today


def main() -> None:
    app = create_app(Settings.from_environment(os.environ))
    with app.app_context():
        seed(connect=bool(os.environ.get("CHANNEX_API_URL")) and os.environ.get("DEMO_PROVISION") == "1")


def seed(*, connect: bool) -> None:
    """Make what is not there yet; with `connect`, also ask for each property to be created at the channel manager."""
    users = {account.email: _user(account) for account in ACCOUNTS}
    for account in ACCOUNTS:
        if account.organization and account.role == Role.OWNER:
            _organization(account, users)
    for organization_id, house in _houses(users):
        with tenancy.of(organization_id):
            hotel = _hotel(house)
            # Beds24 is connected by a code, once everything runs: `demo.beds24`.
            if connect and house.channel_manager == "channex" and not connections.of_property(hotel.id):
                provision.request(hotel)
                _otas_on_their_way(hotel)
            db.session.rollback()


def _otas_on_their_way(hotel: Property) -> None:
    """Expedia has not said yes to one of the hotels; see `demo.traffic`."""
    connection = channel_setups.connection_of(hotel.id)
    if hotel.name in ON_THEIR_WAY and connection is not None:
        setup = channel_setups.start(connection, str(WAITING_HOTEL["code"]))
        channel_setups.save_account(setup, str(WAITING_HOTEL["hotel_id"]))


def _user(account: Account) -> User:
    known = accounts.by_email(account.email)
    return known or accounts.create(
        account.email, account.name, account.password, is_platform_admin=account.organization is None
    )


def _organization(owner: Account, users: dict[str, User]) -> None:
    if access.belongings(users[owner.email].id):
        return
    organization = organizations.create(owner.organization or "", users[owner.email].id)
    with tenancy.of(organization.id):
        for other in ACCOUNTS:
            if other.organization == owner.organization and other is not owner:
                accounts.join(users[other.email], Role(other.role))


def _houses(users: dict[str, User]) -> Iterator[tuple[UUID, House]]:
    owners = {account.organization: users[account.email].id for account in ACCOUNTS if account.role == Role.OWNER}
    for house in HOUSES:
        yield access.belongings(owners[house.organization])[0].organization_id, house


def _hotel(house: House) -> Property:
    """One property, in steps that each know whether they were taken before."""
    known = {hotel.name: hotel for hotel in properties.listed()}
    hotel = known.get(house.facts.name) or properties.create(house.facts)
    there = {room_type.name: room_type for room_type in room_types.listed(hotel.id)}
    for kind in house.kinds:
        if kind.facts.name not in there:
            room_types.create(hotel.id, kind.facts, kind.numbers)
    if not rates.plans(hotel.id):
        _prices(house, hotel)
    today = properties.today(hotel)
    if not blocks.listed(hotel.id, today, today + timedelta(days=60)):
        _blocks(house, hotel, today)
    if not reservations.count(hotel.id, reservations.Filters()):
        _stays(house, hotel, today)
    return hotel


def _prices(house: House, hotel: Property) -> None:
    by_name = {room_type.name: room_type.id for room_type in room_types.listed(hotel.id)}
    for kind in house.kinds:
        room_type_id = by_name[kind.facts.name]
        flexible = rates.create_plan(
            hotel.id,
            rates.PlanFacts(
                room_type_id=room_type_id,
                name="Flexible",
                base_rate=kind.base_rate,
                cancellation_policy="Free until 18:00 two days before arrival.",
                floor=_round(kind.base_rate / 2, house.step),
            ),
        )
        _derived(hotel, flexible, "Non-refundable", DERIVED_PERCENT, None, "room_only", "No refund.")
        breakfast = house.breakfast * kind.facts.default_occupancy
        _derived(hotel, flexible, "With breakfast", None, breakfast, "breakfast", flexible.cancellation_policy)
        _seasons(house, hotel, flexible, kind.base_rate)
    _overrides(house, hotel)


def _derived(
    hotel: Property,
    parent: RatePlan,
    name: str,
    percent: Decimal | None,
    amount: Decimal | None,
    meal_plan: str,
    policy: str,
) -> None:
    facts = rates.PlanFacts(
        room_type_id=parent.room_type_id,
        name=name,
        parent_id=parent.id,
        derived_percent=percent,
        derived_amount=amount,
        meal_plan=meal_plan,
        cancellation_policy=policy,
        position=1 if percent else 2,
    )
    rates.create_plan(hotel.id, facts)


def _seasons(house: House, hotel: Property, plan: RatePlan, base: Decimal) -> None:
    """Weekends over each season and over the rest of the year; the narrower rule wins."""
    year = properties.today(hotel).year
    whole = Rule(
        first=date(year, 1, 1),
        last=date(year + YEARS_AHEAD, 12, 31),
        weekdays=weekdays(4, 5),
        rate=_round(base * house.weekend, house.step),
    )
    rates.add_rule(hotel.id, plan.id, whole, "Weekends")
    for season in house.seasons:
        for start in range(year - 1, year + YEARS_AHEAD):
            first, last = _in_year(season, start)
            rate = base * season.factor
            week = Rule(
                first=first, last=last, priority=1, rate=_round(rate, house.step), min_stay_arrival=season.min_stay
            )
            rates.add_rule(hotel.id, plan.id, week, season.name)
            weekend = Rule(
                first=first,
                last=last,
                weekdays=weekdays(4, 5),
                priority=2,
                rate=_round(rate * house.weekend, house.step),
            )
            rates.add_rule(hotel.id, plan.id, weekend, f"{season.name}, weekends")


def _in_year(season: Season, year: int) -> tuple[date, date]:
    first = date(year, *season.first)
    last = date(year, *season.last)
    return first, last if last >= first else date(year + 1, *season.last)


def _overrides(house: House, hotel: Property) -> None:
    """A town fair that everybody pays for, and a night on which nobody may arrive in the best rooms."""
    today = properties.today(hotel)
    fair = each(today + timedelta(days=40), today + timedelta(days=42))
    rates_of = {kind.facts.name: kind.base_rate for kind in house.kinds}
    by_id = {room_type.id: room_type.name for room_type in room_types.listed(hotel.id)}
    flexible = [plan for plan in rates.plans(hotel.id) if plan.parent_id is None]
    edits = [
        rates.DayEdit(
            plan.id,
            fair,
            {
                "rate": _round(rates_of[by_id[plan.room_type_id]] * Decimal("1.9"), house.step),
                "min_stay_arrival": 2,
            },
        )
        for plan in flexible
    ]
    best = max(flexible, key=lambda plan: plan.base_rate or Decimal(0))
    edits.append(rates.DayEdit(best.id, [today + timedelta(days=12)], {"closed_to_arrival": True}))
    rates.set_days(hotel.id, edits)


def _blocks(house: House, hotel: Property, today: date) -> None:
    by_number = {room.number: room.id for room in rooms.listed(hotel.id)}
    for block in house.blocks:
        starts, ends = today + timedelta(days=block.starts), today + timedelta(days=block.ends)
        blocks.create(hotel.id, by_number[block.number], starts, ends, block.reason, block.note)
    for room_id in [*by_number.values()][::DIRTY_EVERY]:
        room_edits.set_housekeeping(hotel.id, room_id, "dirty")


def _stays(house: House, hotel: Property, today: date) -> None:
    """Guests who booked with the hotel itself: some are in the house, some arrive today, the others later."""
    chance = random.Random(house.facts.name)  # the same guests at every start
    flexible = [plan for plan in rates.plans(hotel.id) if plan.parent_id is None]
    people = {room_type.id: room_type.default_occupancy for room_type in room_types.listed(hotel.id)}
    for number in range(house.stays):
        plan = chance.choice(flexible)
        arrival = today if number % 5 == 0 else today + timedelta(days=chance.randint(FIRST_ARRIVAL, LAST_ARRIVAL))
        departure = max(arrival + timedelta(days=chance.randint(1, 6)), today + ONE_NIGHT)
        name, _, surname = house.guests[number % len(house.guests)].partition(" ")
        request = reservations.SaleRequest(
            rooms=(
                reservations.RoomRequest(
                    room_type_id=plan.room_type_id,
                    rate_plan_id=plan.id,
                    check_in=arrival,
                    check_out=departure,
                    adults=people[plan.room_type_id],
                ),
            ),
            guest=Person(
                name=name,
                surname=surname,
                email=f"{number}.{hotel.country or 'xx'}@guests.example".lower(),
                country=hotel.country,
            ),
            source=chance.choice((Source.DIRECT, Source.PHONE, Source.WALK_IN)),
        )
        try:
            reservation = reservations.create(hotel.id, request)
        except Refused:
            continue  # full on one of the nights: the next guest has more luck
        if arrival < today:
            reservations.check_in(hotel.id, reservation.id)


def _round(amount: Decimal, step: Decimal) -> Decimal:
    return (amount / step).quantize(Decimal(1), ROUND_HALF_UP) * step


if __name__ == "__main__":
    main()
