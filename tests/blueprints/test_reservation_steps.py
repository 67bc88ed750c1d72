"""The steps of a stay at the desk, by plain buttons: arrived, moved, left, cancelled, never came, and taken back."""

from __future__ import annotations

import re
from datetime import date, timedelta
from uuid import uuid4

import pytest

from portal import tenancy
from portal.extensions import db as database
from portal.models import Reservation, Role
from portal.services import availability, blocks, reservations, rooms
from portal.web.filters import day
from tests.blueprints.test_overview import sell, store_unplaced, today_at
from tests.factories import alices_house, make_bob, make_house, make_rate_plan, make_room_type
from tests.people import sign_in
from tests.wires import text


class Stay:
    """Ana's stay in a double at Alice's, from so many days from today, and the page of it."""

    def __init__(self, client, days=0, nights=2):
        self.client, self.house = client, alices_house()
        self.double = make_room_type(self.house.property).id
        self.first = today_at(self.house) + timedelta(days=days)
        self.id = sell(self.house, self.double, self.first, nights).id
        self.url = f"/p/{self.house.property_id}/reservations/{self.id}"
        sign_in(client, self.house.owner)

    def now(self):
        with tenancy.of(self.house.organization_id):
            found = reservations.detail(self.house.property_id, self.id)
            database.session.refresh(found.reservation)
            for room in found.rooms:
                database.session.refresh(room.row)
            return found

    def status(self):
        return str(self.now().reservation.status)

    def step(self, name, **form):
        return self.client.post(f"{self.url}/steps/{name}", data=form)

    def left(self, number=0):
        night = self.first + timedelta(days=number)
        with tenancy.of(self.house.organization_id):
            return availability.calendar(self.house.property_id, night, night)[self.double][night]


@pytest.fixture
def stay(client, db, redis):
    return Stay(client)


def test_a_guest_arrives_from_the_list_of_the_day_and_leaves_early(stay):
    arrivals = f"/p/{stay.house.property_id}/reservations?when=arriving"
    listed = text(stay.client.get(arrivals))

    arrived = stay.step("check-in", version=stay.now().reservation.version, when="arriving")
    in_house = text(stay.client.get(arrivals.replace("arriving", "in_house")))
    stay.step("check-out")

    assert "Check in" in listed and "Ana Silva" in listed
    assert arrived.status_code == 303 and arrived.location.endswith("when=arriving")
    assert "Check out early" in in_house
    assert stay.status() == "checked_out"
    assert (stay.left(0), stay.left(1)) == (1, 2)


@pytest.mark.parametrize("step", ["check-in", "no-show"])
def test_a_mistaken_step_is_taken_back_with_its_room(stay, step):
    room = stay.now().rooms[0].room
    stay.step(step)
    offered = text(stay.client.get(stay.url))

    stay.step("undo")

    assert "Take the " in offered
    assert stay.status() == "confirmed"
    assert stay.now().rooms[0].room == room and stay.left() == 1
    assert "took the last step back" in text(stay.client.get(stay.url))


def test_an_early_departure_taken_back_takes_its_nights_again(stay):
    stay.step("check-in")
    stay.step("check-out")

    stay.step("undo")

    assert stay.status() == "in_house"
    assert stay.now().reservation.check_out == stay.first + timedelta(days=2)
    assert stay.left(1) == 1


def test_what_was_sold_meanwhile_is_not_taken_back_from_anybody(stay):
    stay.step("no-show")
    sell(stay.house, stay.double, stay.first, guest="Ben Cruz")
    sell(stay.house, stay.double, stay.first, guest="Cem Kaya")

    answer = stay.step("undo")

    assert answer.status_code == 409 and "is full on" in text(answer)
    assert stay.status() == "no_show"


def test_a_step_that_is_long_past_is_not_taken_back(stay):
    stay.step("check-in")
    stay.step("undo")

    answer = stay.step("undo")

    assert answer.status_code == 409 and "cannot be taken back" in text(answer)


def test_the_second_of_two_people_looks_again(stay):
    seen = stay.now().reservation.version
    stay.step("check-in", version=seen)

    answer = stay.step("no-show", version=seen)

    assert answer.status_code == 409
    assert "was changed since you opened it" in text(answer) and stay.status() == "in_house"


def test_a_guest_of_next_week_does_not_arrive_today(client, db, redis):
    stay = Stay(client, days=7)

    page, answer = text(client.get(stay.url)), stay.step("check-in")

    assert "Check in<" not in page and answer.status_code == 409
    assert "change its dates first" in text(answer)


def test_cancelling_asks_why_and_frees_the_nights(stay):
    asked = text(stay.client.get(f"{stay.url}/cancel"))
    without = stay.client.post(f"{stay.url}/cancel", data={"reason": " "})
    stay.client.post(f"{stay.url}/cancel", data={"reason": "The ferry does not sail"})

    page = text(stay.client.get(stay.url))
    assert "Cancel the reservation of Ana Silva" in asked and "1 room is for sale again" in asked
    assert without.status_code == 422 and "This is needed." in text(without)
    assert "Cancelled: The ferry does not sail" in page and stay.left() == 2


def test_an_otas_booking_says_what_cancelling_here_does_not_do(client, db, redis):
    stay = Stay(client)
    other = store_unplaced(stay.house, stay.double, stay.first)

    page = text(client.get(stay.url.replace(str(stay.id), str(other)) + "/cancel"))

    assert "This does not cancel at Booking.com" in page
    assert "Open the booking 4400112233 in the extranet of Booking.com." in page
    assert "Cancel here only, not at Booking.com" in page


def test_a_no_show_of_an_ota_says_how_it_is_reported(client, db, redis):
    stay = Stay(client)
    with tenancy.of(stay.house.organization_id):
        row = database.session.get(Reservation, (stay.house.organization_id, stay.id))
        row.source, row.channel = "ota", "BDC"
        database.session.commit()

    stay.step("no-show")

    page = text(client.get(stay.url))
    assert "Booking.com does not know yet that nobody came" in page and "48 hours" in page


def test_a_stay_moves_to_a_room_of_its_type_or_of_another(stay):
    suite = make_room_type(database.session.merge(stay.house.property), "Suite", ("S1",)).id
    row = stay.now().rooms[0].row.id
    with tenancy.of(stay.house.organization_id):
        other = next(room.id for room in rooms.listed(stay.house.property_id) if room.number == "102")

    asked = text(stay.client.get(f"{stay.url}/rooms/{row}/move"))
    moved = stay.client.post(f"{stay.url}/rooms/{row}/move", data={"room_id": str(other)})

    assert asked.index(">102<") < asked.index(">S1<")
    assert "One Suite less and one Double more is for sale" in asked
    assert moved.status_code == 303 and stay.now().rooms[0].room == "102"
    assert suite


def test_a_room_that_was_taken_meanwhile_is_refused_and_nothing_moves(stay):
    row = stay.now().rooms[0]
    with tenancy.of(stay.house.organization_id):
        other = next(room.id for room in rooms.listed(stay.house.property_id) if room.id != row.row.room_id)
        blocks.create(stay.house.property_id, other, stay.first, stay.first + timedelta(days=1))

    answer = stay.client.post(f"{stay.url}/rooms/{row.row.id}/move", data={"room_id": str(other)})

    assert answer.status_code == 409 and "is not free for all nights" in text(answer)
    assert stay.now().rooms[0].room == row.room


def test_a_change_shows_what_it_does_before_it_does_it(stay):
    version, until = stay.now().reservation.version, stay.first + timedelta(days=3)
    form = {
        "version": version, "check_in": str(stay.first + timedelta(days=1)), "check_out": str(until),
        "price": "own", "amount": "450.00", "price_reason": "longer", "name": "Ana Silva",
    }  # fmt: skip

    seen = text(stay.client.post(f"{stay.url}/change/preview", data=form))
    unchanged = stay.now().reservation.version
    done = stay.client.post(f"{stay.url}/change", data=form)

    assert "One Double more for sale:" in seen and "One Double less for sale:" in seen
    assert "EUR 150.00 more than before." in seen and "No channel is connected" in seen
    assert unchanged == version
    assert done.status_code == 303
    assert stay.now().reservation.check_out == until and [stay.left(day) for day in range(3)] == [2, 1, 1]


@pytest.mark.parametrize(("currency", "shown"), [("EUR", "300.00"), ("JPY", "300"), ("KWD", "300.000")])
def test_a_longer_stay_at_the_old_price_says_what_the_plan_asks(client, db, redis, currency, shown):
    house = make_house("Hana", currency=currency)
    double = make_room_type(house.property)
    plan = make_rate_plan(double, rate="120")
    first = today_at(house)
    stay = sell(house, double.id, first, 2)
    url = f"/p/{house.property_id}/reservations/{stay.id}/change"
    sign_in(client, house.owner)

    form = client.get(url).text
    longer = {"check_out": str(first + timedelta(days=3)), "offer": f"{double.id}|{plan.id}", "price": "keep"}
    seen = text(client.post(f"{url}/preview", data=longer))
    by_plan = text(client.post(f"{url}/preview", data={**longer, "price": "plan"}))

    assert re.search(rf'name="amount"[^>]*value="{shown}"', form)
    assert f"The price stays {currency} {shown}." in seen
    assert f"The plan asks {currency} {shown.replace('300', '360')} for the new stay" in seen
    assert "The price stays" not in by_plan and f"{currency} {shown.replace('300', '60')} more than before" in by_plan


def test_two_people_change_one_stay_and_the_second_sees_the_first(stay):
    version = stay.now().reservation.version
    stay.client.post(f"{stay.url}/change", data={"version": version, "notes": "Cot, please"})

    answer = stay.client.post(f"{stay.url}/change", data={"version": version, "notes": "Sea view"})

    assert answer.status_code == 409
    assert "Somebody else changed this reservation meanwhile." in text(answer) and "Sea view" in answer.text
    assert stay.now().reservation.details["notes"] == "Cot, please"


def test_a_change_there_is_no_room_for_is_refused_with_the_nights_and_kept(stay):
    later = stay.first + timedelta(days=2)
    sell(stay.house, stay.double, later, guest="Ben Cruz")
    sell(stay.house, stay.double, later, guest="Cem Kaya")
    form = {"check_out": str(later + timedelta(days=1)), "notes": "two more nights"}

    answer = stay.client.post(f"{stay.url}/change/preview", data=form)

    assert answer.status_code == 422 and f"Double is full on {day(later)}" in text(answer)
    assert "two more nights" in answer.text


def test_a_change_of_an_otas_booking_says_what_stays_there(client, db, redis):
    stay = Stay(client)
    with tenancy.of(stay.house.organization_id):
        row = database.session.get(Reservation, (stay.house.organization_id, stay.id))
        row.source, row.channel = "ota", "BDC"
        database.session.commit()

    seen = client.post(f"{stay.url}/change/preview", data={"check_out": str(stay.first + timedelta(days=1))})

    page = text(seen)
    assert "This does not change the booking at Booking.com" in page
    assert "If Booking.com later changes one of these too, you will be asked which counts: Departure." in page


def test_a_viewer_sees_no_buttons(stay):
    sign_in(stay.client, make_bob(stay.house, Role.VIEWER))

    page = text(stay.client.get(stay.url))

    assert "Check in" not in page and "Cancel …" not in page and "Move to another room" not in page


def test_what_is_not_there_cannot_be_stepped_on(stay):
    other = Stay(stay.client)
    sign_in(stay.client, database.session.merge(stay.house.owner))

    for path in (f"{stay.url}/steps/dance", f"{stay.url}/rooms/{uuid4()}/move", f"{other.url}/steps/check-in"):
        assert stay.client.post(path, data={"room_id": str(uuid4())}).status_code == 404
    elsewhere = f"/p/{stay.house.property_id}/reservations/{other.id}"
    for path in ("/cancel", "/change", ""):
        assert stay.client.get(elsewhere + path).status_code == 404
    assert other.status() == "confirmed" and isinstance(stay.first, date)


def test_a_second_click_on_any_button_leads_where_the_first_did(stay):
    row = stay.now().rooms[0].row.id
    with tenancy.of(stay.house.organization_id):
        other = next(room.id for room in rooms.listed(stay.house.property_id) if room.number == "102")
    clicks = [
        (f"rooms/{row}/move", {"room_id": str(other)}), ("change", {"notes": "Cot, please"}),
        ("steps/check-in", {}), ("steps/check-out", {}),
    ]  # fmt: skip

    answers = []
    for path, form in clicks:
        form["version"] = stay.now().reservation.version
        answers += [stay.client.post(f"{stay.url}/{path}", data=form) for _ in range(2)]

    assert {(answer.status_code, answer.location) for answer in answers} == {(303, stay.url)}
    assert stay.status() == "checked_out"


def test_cancelling_twice_is_cancelling_once(stay):
    form = {"reason": "The ferry does not sail", "version": stay.now().reservation.version}

    answers = [stay.client.post(f"{stay.url}/cancel", data=form) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [303, 303] and stay.left() == 2
