"""Several people at once, each on a connection of their own: nobody gets a bed twice, nobody waits for ever."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from portal import tenancy
from portal.db import unit_of_work
from portal.extensions import db
from portal.models import ReservationRoom
from portal.services import availability, blocks, reservations, rooms
from portal.services.errors import Refused
from tests.services.hotel import make_hotel, night, room_of, sell, store_unplaced

CLIENTS = 6
SECONDS = 4.0


@pytest.fixture
def hotel(fresh_database):
    hotel = make_hotel(numbers=("101", "102", "103"))
    db.session.remove()
    return hotel


def everybody(app, hotel, clients, work):
    """Run `work(number)` for each client in a thread of its own; return what they return, errors raised."""
    start = threading.Barrier(clients)

    def one(number):
        with app.app_context(), tenancy.of(hotel.organization.id):
            start.wait(10)
            try:
                return work(number)
            finally:
                db.session.remove()

    with ThreadPoolExecutor(clients) as pool:
        return list(pool.map(one, range(clients)))


def overlaps(database):
    """Stays that share a room on a night according to their own dates, whatever `room_nights` says."""
    query = """
        select count(*) from reservation_rooms a join reservation_rooms b
          on a.room_id = b.room_id and a.id < b.id and a.check_in < b.check_out and b.check_in < a.check_out
        where a.active and b.active
    """
    with psycopg.connect(database.admin_url) as connection:
        return connection.execute(query).fetchone()[0]


def test_twenty_sales_of_the_last_room_are_one_sale(app, hotel):
    with tenancy.of(hotel.organization.id):
        sell(hotel, 1, 3)
        sell(hotel, 2, 4, guest="Ben Cruz")
        db.session.remove()

    def buy(number):
        try:
            return sell(hotel, 1, 4, guest=f"Guest Number{number}").id
        except Refused:
            return None

    sold = [found for found in everybody(app, hotel, 20, buy) if found]

    assert len(sold) == 1
    with tenancy.of(hotel.organization.id):
        assert availability.oversold(hotel.id, night(1), night(5)) == {}


def test_the_same_form_sent_ten_times_at_once_is_one_sale(app, hotel):
    sold = everybody(app, hotel, 10, lambda number: sell(hotel, 1, 4, key="one form").id)

    assert len(set(sold)) == 1


def test_six_clients_on_three_rooms_never_overlap_and_never_deadlock(app, hotel, fresh_database):
    until = time.monotonic() + SECONDS

    def work(number):
        chance, did = random.Random(number), Counter()
        while time.monotonic() < until:
            first = chance.randint(1, 25)
            try:
                did[act(chance, first)] += 1
            except Refused:
                did["refused"] += 1
        return did

    def act(chance, first):
        what = chance.random()
        if what < 0.55:
            reservation = sell(hotel, first, first + chance.randint(1, 6), guest=f"G{first} Test")
            return "sold" if reservation else ""
        if what < 0.75:
            row = store_unplaced(hotel, first, first + chance.randint(1, 6), hotel.room_type.id)
            with unit_of_work():
                rooms.lock_reservations([row.id])
                db.session.refresh(row)
                rooms.take(hotel.id, [row])
            return "stored"
        if what < 0.85:
            room = chance.choice(hotel.rooms)
            block = blocks.create(hotel.id, room.id, night(first), night(first + 2), force=True)
            blocks.lift(hotel.id, block.id)
            return "blocked"
        found = reservations.list_page(hotel.id, reservations.Filters(), size=10).lines
        if not found:
            return "empty"
        chosen = chance.choice(found).reservation
        if what < 0.93:
            change = reservations.StayChange(check_in=night(first), check_out=night(first + 3))
            reservations.change(hotel.id, chosen.id, change)
            return "changed"
        reservations.cancel(hotel.id, chosen.id, "test")
        return "cancelled"

    did = sum(everybody(app, hotel, CLIENTS, work), Counter())

    assert {"sold", "stored", "blocked", "changed", "cancelled"} <= did.keys()
    assert overlaps(fresh_database) == 0
    with psycopg.connect(fresh_database.admin_url) as connection:
        query = "select deadlocks from pg_stat_database where datname = current_database()"
        assert connection.execute(query).fetchone()[0] == 0


def test_what_the_rooms_hold_is_what_the_stays_say(app, hotel, fresh_database):
    """A manual sale and an OTA booking race for the last room: the OTA booking is kept either way."""
    with tenancy.of(hotel.organization.id):
        sell(hotel, 1, 3)
        sell(hotel, 1, 3, guest="Ben Cruz")
        row = store_unplaced(hotel, 1, 3, hotel.room_type.id)
        row_id = row.id
        db.session.remove()

    def work(number):
        if number:
            try:
                return room_of(sell(hotel, 1, 3, guest="Cem Kaya")).room_id
            except Refused:
                return None
        with unit_of_work():
            booked = db.session.get(ReservationRoom, (hotel.organization.id, row_id))
            rooms.take(hotel.id, [booked])
            return booked.room_id

    booked, sold = everybody(app, hotel, 2, work)

    # The waiting booking was counted as sold from the start, so the last room is its.
    assert booked is not None and sold is None
    assert overlaps(fresh_database) == 0
