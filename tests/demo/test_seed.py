"""The demo's hotels: there after one start, the same after two."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

from sqlalchemy import func, select

from demo import seed
from demo.accounts import ALICE, BOB, CHARLIE
from portal import tenancy
from portal.domain.reservations import Status
from portal.extensions import db as database
from portal.models import AuditEntry
from portal.services import access, accounts, availability, connections, properties, rates, reservations, rooms


def home(account):
    return access.belongings(accounts.by_email(account.email).id)[0].organization_id


def hotels():
    """What a person would count: rooms, plans and reservations of each property, by its name."""
    found = {}
    for account in (ALICE, CHARLIE):
        with tenancy.of(home(account)):
            for hotel in properties.listed():
                sold = reservations.count(hotel.id, reservations.Filters())
                found[hotel.name] = hotel.currency, len(rooms.listed(hotel.id)), len(rates.plans(hotel.id)), sold
            found[account.email] = database.session.scalar(select(func.count()).select_from(AuditEntry))
    return found


def test_a_second_start_finds_the_hotels_of_the_first(db):
    seed.seed(connect=False)
    first = hotels()

    seed.seed(connect=False)

    assert hotels() == first
    assert {name: facts[:3] for name, facts in first.items() if "@" not in name} == {
        "Seaview Faro": ("EUR", 36, 18),
        "Seaview Osaka": ("JPY", 23, 12),
        "Seaview Lagos Apartments": ("EUR", 10, 9),
        "Alpenblick Zermatt": ("CHF", 20, 12),
    }
    assert home(BOB) == home(ALICE) != home(CHARLIE)


def test_the_demo_opens_on_a_day_with_work_to_do(db):
    seed.seed(connect=False)

    with tenancy.of(home(ALICE)):
        faro = next(hotel for hotel in properties.listed() if hotel.name == "Seaview Faro")
        today = properties.today(faro)
        page = reservations.list_page(faro.id, reservations.Filters())
        seen = Counter(line.reservation.status for line in page.lines)
        assert seen[Status.IN_HOUSE] and seen[Status.CONFIRMED]
        assert reservations.count(faro.id, reservations.Filters(arriving=today))
        assert availability.oversold(faro.id, today, today + timedelta(days=60)) == {}
        prices = rates.calendar(faro.id, today, today + timedelta(days=500))
        assert all(cell.rate for nights in prices.values() for cell in nights.values())


def test_each_property_is_connected_once_however_often_the_demo_starts(db, redis):
    for _ in range(2):
        seed.seed(connect=True)

    found = []
    for account in (ALICE, CHARLIE):
        with tenancy.of(home(account)):
            found += [len(connections.of_property(hotel.id)) for hotel in properties.listed()]
    assert found == [1, 0, 1, 1]  # the apartments are on Beds24: connected by a code, once everything runs
