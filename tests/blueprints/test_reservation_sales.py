"""A reservation made at the desk, by plain forms."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select

from portal import tenancy
from portal.extensions import db as database
from portal.models import Guest, Reservation, Role
from portal.services import availability, guests, rates, reservations, rooms
from tests.blueprints.test_overview import sell, store_unplaced, today_at
from tests.factories import alices_house, charlies_house, make_bob, make_house, make_rate_plan, make_room_type
from tests.people import sign_in
from tests.wires import text

FIRST, UNTIL = date(2031, 5, 1), date(2031, 5, 3)


class Desk:
    """A house with two doubles and one plan, and somebody of it at the desk."""

    def __init__(self, client, house=None, rate="100.10"):
        self.client, self.house = client, house or alices_house()
        kind = make_room_type(self.house.property)
        plan = make_rate_plan(kind, rate=rate)
        self.double, self.plan = kind.id, plan.id
        self.url = f"/p/{self.house.property_id}/reservations/new"
        sign_in(client, self.house.owner)

    def form(self, **values):
        plain = {
            "key": str(uuid4()), "check_in": str(FIRST), "check_out": str(UNTIL), "adults": "2", "children": "0",
            "infants": "0", "take": f"{self.double}|{self.plan}|1", "source": "phone", "name": "Ana Silva",
        }  # fmt: skip
        return {**plain, **values}

    def post(self, **values):
        return self.client.post(self.url, data=self.form(**values))

    def sold(self):
        with tenancy.of(self.house.organization_id):
            return list(database.session.scalars(select(Reservation).execution_options(populate_existing=True)))

    def name_of(self, guest_id):
        with tenancy.of(self.house.organization_id):
            return guests.find(guest_id).name

    def detail(self):
        (sold,) = self.sold()
        with tenancy.of(self.house.organization_id):
            return reservations.detail(self.house.property_id, sold.id)


@pytest.fixture
def desk(client, db, redis):
    return Desk(client)


def test_the_form_carries_its_key_in_the_address_and_what_the_address_named(desk):
    opened = desk.client.get(f"{desk.url}?check_in=2031-05-01&check_out=2031-05-03&rate_plan_id={desk.plan}")
    page = text(desk.client.get(opened.location))

    key = parse_qs(urlsplit(opened.location).query)["key"][0]
    assert f'name="key" value="{key}"' in page
    assert "2 free for all nights" in page and "EUR 200.20" in page
    assert f'value="{desk.double}|{desk.plan}|1" selected' in page
    assert "1 room is sold for" in page and "1 Double is left for these nights." in page


def test_a_walk_in_tonight_is_what_an_empty_form_asks_for(desk):
    page = desk.client.get(desk.url, follow_redirects=True).text

    today = today_at(desk.house)
    assert f'value="{today}"' in page and f'value="{today + timedelta(days=1)}"' in page


def test_a_sale_keeps_what_was_typed_and_each_nights_price(desk):
    with tenancy.of(desk.house.organization_id):
        edit = rates.DayEdit(desk.plan, [date(2031, 5, 2)], {"rate": Decimal("120.25")})
        rates.set_days(desk.house.property_id, [edit])

    answer = desk.post(email="ana@example.test", notes="Late\narrival", arrival_hour="22:00")

    detail = desk.detail()
    assert answer.status_code == 303 and answer.location.endswith(f"/reservations/{detail.reservation.id}")
    assert detail.reservation.amount == Decimal("220.35")
    assert detail.rooms[0].row.nightly == {"2031-05-01": "100.10", "2031-05-02": "120.25"}
    assert detail.reservation.details["notes"] == "Late\narrival"
    assert detail.reservation.source == "phone" and detail.rooms[0].room


def test_the_same_form_sent_again_leads_to_the_first_reservation(desk):
    key = str(uuid4())

    answers = [desk.post(key=key) for _ in range(3)]
    opened = text(desk.client.get(f"{desk.url}?key={key}"))

    assert len(desk.sold()) == 1
    assert len({answer.location for answer in answers}) == 1
    assert "This form has already made a reservation:" in opened and desk.sold()[0].code in opened


def test_several_rooms_are_one_reservation(desk):
    desk.post(take=f"{desk.double}|{desk.plan}|2")

    detail = desk.detail()
    assert len(detail.rooms) == 2 and detail.reservation.amount == Decimal("400.40")


def test_a_full_house_says_so_and_loses_nothing(desk):
    sell(desk.house, desk.double, FIRST, guest="Ben Cruz")
    sell(desk.house, desk.double, FIRST, guest="Cem Kaya")

    answer = desk.post(notes="by the window", email="ana@example.test")
    page = text(answer)

    assert answer.status_code == 422 and len(desk.sold()) == 2
    assert "Double is full on 1 May 2031, 2 May 2031" in page
    assert "Nothing left on 1 May 2031, 2 May 2031." in page
    assert "by the window" in page and 'value="ana@example.test"' in page and 'value="Ana Silva"' in page


def test_a_price_of_ones_own_needs_a_reason_and_is_exact(desk):
    without = desk.post(amount="100.01", take=f"{desk.double}|{desk.plan}|2")
    desk.post(amount="100.01", take=f"{desk.double}|{desk.plan}|2", price_reason="The boss's cousin")

    detail = desk.detail()
    assert without.status_code == 422 and "Say why it is not the plan" in text(without)
    assert [room.row.amount for room in detail.rooms] == [Decimal("50.01"), Decimal("50.00")]
    assert detail.reservation.amount == Decimal("100.01")
    assert detail.reservation.details["price_reason"] == "The boss's cousin"


@pytest.mark.parametrize(
    ("currency", "rate", "amount", "nightly", "refused"),
    [
        ("JPY", "12001", "25001", ["12501", "12500"], "25001.5"),
        ("KWD", "30.125", "61.125", ["30.563", "30.562"], "61.1251"),
    ],
)
def test_yen_and_dinar_are_exact(client, db, redis, currency, rate, amount, nightly, refused):
    desk = Desk(client, make_house("Hana", currency=currency), rate)

    by_plan = text(desk.client.get(f"{desk.url}?key={uuid4()}&check_in={FIRST}&check_out={UNTIL}"))
    wrong = desk.post(amount=refused, price_reason="x")
    desk.post(amount=amount, price_reason="agreed")

    row = desk.detail().rooms[0].row
    double = {"JPY": "24,002", "KWD": "60.250"}[currency]
    assert f"{currency} {double}" in by_plan
    assert wrong.status_code == 422 and "decimals" in text(wrong)
    assert list(row.nightly.values()) == nightly and row.amount == Decimal(amount)


def test_a_stay_that_is_here_already_is_shown_before_it_is_sold_twice(desk):
    here = store_unplaced(desk.house, desk.double, FIRST, code="4400112233")
    with tenancy.of(desk.house.organization_id):
        row = database.session.scalars(select(Reservation)).one()
        guest = Guest(name="SILVA Ana")
        database.session.add(guest)
        database.session.flush()
        row.guest_id = guest.id
        database.session.commit()

    hint = desk.post()
    other = desk.post(name="Wanda Kowalska")
    anyway = desk.post(anyway="1")

    page = text(hint)
    assert hint.status_code == 409 and "This looks like a stay that is here already" in page
    assert "4400112233" in page and f"/reservations/{here}" in page and 'value="Ana Silva"' in page
    assert other.status_code == 303
    assert anyway.status_code == 422 and "full" in text(anyway)  # asked for, and there was no room left


def test_a_guest_who_stayed_before_is_offered_and_taken(desk):
    desk.post(email="ana@example.test", phone="+351 912 345 678")

    by_phone = text(desk.client.get(f"{desk.url}/guests?phone=912345678"))
    looked = desk.post(look="1", check_in="2031-08-01", check_out="2031-08-02")
    guest_id = desk.detail().guest.id
    desk.post(check_in="2031-08-01", check_out="2031-08-02", guest_id=str(guest_id), name="Ana")

    assert "Ana Silva" in by_phone and "ana@example.test" in by_phone
    assert looked.status_code == 200 and f'value="{guest_id}"' in looked.text
    assert {sold.guest_id for sold in desk.sold()} == {guest_id}
    assert desk.name_of(guest_id) == "Ana Silva"


def test_what_speaks_against_a_stay_is_told_and_does_not_forbid_it(desk):
    with tenancy.of(desk.house.organization_id):
        cell = {"min_stay_arrival": 3, "closed_to_arrival": True}
        rates.set_days(desk.house.property_id, [rates.DayEdit(desk.plan, [FIRST], cell)])

    page = text(desk.client.get(f"{desk.url}?key={uuid4()}&check_in={FIRST}&check_out={UNTIL}"))

    assert "minimum stay 3 nights" in page and "closed to arrival" in page
    assert desk.post().status_code == 303


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"name": ""}, "This is needed."),
        ({"take": ""}, "Choose a room."),
        ({"check_out": "2031-05-01"}, "from one to 730 nights"),
        ({"check_out": ""}, "This is needed."),
        ({"adults": "0"}, "This is no number of people for a room."),
        ({"adults": "9"}, "is for one to"),
        ({"amount": "1e3", "price_reason": "x"}, "An amount is written in digits"),
        ({"take": "x|y|z"}, "Choose one of the list."),
        ({"key": ""}, "This form is incomplete"),
    ],
)
def test_a_sale_that_cannot_be_is_refused_in_words_and_kept(desk, values, sentence):
    answer = desk.post(notes="by the window", **values)

    assert answer.status_code == 422 and sentence in text(answer)
    assert "by the window" in answer.text and desk.sold() == []


def test_the_live_sentence_counts_rooms_and_money(desk):
    form = desk.form(take=f"{desk.double}|{desk.plan}|2", name="")

    said = text(desk.client.post(f"{desk.url}/sum", data=form, headers={"HX-Request": "true"}))

    assert "2 rooms are sold for EUR 400.40 by the plans." in said
    assert "No Double is left then: it closes for these nights." in said


def test_a_room_that_was_chosen_is_the_one_that_is_sold(desk):
    with tenancy.of(desk.house.organization_id):
        other = rooms.listed(desk.house.property_id)[1].id

    opened = desk.client.get(f"{desk.url}?key={uuid4()}&check_in={FIRST}&room_id={other}").text
    desk.post(room_id=str(other))
    taken = desk.post(room_id=str(other), name="Ben Cruz")

    assert f'value="{desk.double}|{desk.plan}|1" selected' in opened
    assert desk.detail().rooms[0].row.room_id == other
    assert taken.status_code == 422 and "is not free for all of these nights" in text(taken)


def test_charlies_plan_and_guest_do_not_exist_for_alice(desk):
    charlie = charlies_house()
    kind = make_room_type(charlie.property)
    his, plan = kind.id, make_rate_plan(kind).id

    wrong_plan = desk.post(take=f"{desk.double}|{plan}|1")
    wrong_type = desk.post(take=f"{his}|{plan}|1")
    wrong_guest = desk.post(guest_id=str(uuid4()))

    assert {wrong_plan.status_code, wrong_type.status_code, wrong_guest.status_code} == {404}
    assert desk.sold() == []


def test_who_may_only_look_sees_no_button_to_sell(desk):
    sign_in(desk.client, make_bob(desk.house, Role.VIEWER))

    page = desk.client.get(f"/p/{desk.house.property_id}/reservations").text

    assert "New reservation" not in page
    assert desk.client.get(desk.url).status_code == 403
    assert database.session.scalar(select(func.count()).select_from(Reservation)) == 0


@pytest.mark.parametrize("zone", ["Pacific/Pago_Pago", "Pacific/Kiritimati"])
def test_tonight_is_the_hotels_own_night_wherever_it_stands(client, db, redis, zone):
    desk = Desk(client, make_house("Edge", timezone=zone))
    today = datetime.now(ZoneInfo(zone)).date()

    page = desk.client.get(desk.url, follow_redirects=True).text
    desk.post(check_in=str(today), check_out=str(today + timedelta(days=1)))
    arrivals = text(desk.client.get(f"/p/{desk.house.property_id}/reservations?when=arriving"))

    assert f'name="check_in" type="date" value="{today}"' in page
    assert "Ana Silva" in arrivals and "Check in" in arrivals
    with tenancy.of(desk.house.organization_id):
        left = availability.calendar(desk.house.property_id, today, today + timedelta(days=1))[desk.double]
    assert list(left.values()) == [1, 2]


@pytest.mark.parametrize("change", [date(2031, 3, 30), date(2031, 10, 26)], ids=["spring", "autumn"])
def test_the_night_the_clocks_change_is_one_night(client, db, redis, change):
    desk = Desk(client)

    desk.post(check_in=str(change - timedelta(days=1)), check_out=str(change + timedelta(days=1)))

    row = desk.detail().rooms[0].row
    assert list(row.nightly) == [str(change - timedelta(days=1)), str(change)] and row.amount == Decimal("200.20")
    with tenancy.of(desk.house.organization_id):
        around = (change - timedelta(days=2), change + timedelta(days=1))
        left = availability.calendar(desk.house.property_id, *around)[desk.double]
    assert list(left.values()) == [2, 1, 1, 2]
