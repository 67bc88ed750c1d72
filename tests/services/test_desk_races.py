"""The desk and an OTA want the last room in the same moment: the OTA is never refused, and nobody is dropped."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import pytest
from flask import Flask

from portal import tenancy
from portal.extensions import db
from portal.services import reservations
from portal.services.errors import Refused
from providers.types import Person
from tests.house import Sandbox
from tests.services import engine

CLERKS = 6


@pytest.fixture
def house(fresh_database, redis, sandbox: Sandbox):
    organization_id = engine.found_organization("Seaview Ltd")
    with tenancy.of(organization_id):
        yield engine.open_house(sandbox, rooms=1)


def sell(house: engine.House, number: int) -> bool:
    stay = {"check_in": house.day(5), "check_out": house.day(7)}
    room = reservations.RoomRequest(room_type_id=house.types[0], amount=Decimal(100), **stay)
    request = reservations.SaleRequest(rooms=(room,), guest=Person(name=f"Guest Number{number}"))
    try:
        reservations.create(house.property_id, request, f"form {number}")
    except Refused:
        return False
    return True


def test_an_ota_that_sold_the_last_room_is_never_refused_and_the_desk_sells_it_once_or_not(
    house: engine.House, app: Flask
):
    house.book()  # two nights from the fifth day on, there while we do not know it yet

    def clerk(number: int) -> bool:
        with app.app_context(), tenancy.of(house.organization_id):
            try:
                return sell(house, number)
            finally:
                db.session.remove()

    with ThreadPoolExecutor(CLERKS) as pool:
        selling = [pool.submit(clerk, number) for number in range(CLERKS)]
        house.receive()
        sold = sum(each.result(30) for each in selling)
    house.push()

    by_source = [str(row.source) for row in house.reservations()]
    assert by_source.count("ota") == 1 and by_source.count("direct") == sold <= 1
    assert len(house.conflicts()) == sold  # both stay; one thing for a person to decide
    assert house.left(house.day(5)) == 0 and house.left(house.day(6)) == 0
