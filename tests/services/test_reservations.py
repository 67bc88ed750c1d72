"""The life of a reservation: sold, changed, arrived, left, cancelled, never came."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select

from portal import tenancy
from portal.domain.reservations import Source, Status
from portal.extensions import db as database
from portal.models import AuditEntry, Lane, ReservationRoom
from portal.services import availability, properties, rates, reservations, room_types, rooms
from portal.services.errors import NotFound, Refused, StaleEdit
from portal.services.reservations import Filters, RoomRequest, SaleRequest, StayChange
from providers.types import Person
from tests.services.hotel import MAY, dirty, make_hotel, make_lanes, make_plan, night, room_of, sell, store_unplaced


@pytest.fixture
def hotel(db):
    hotel = make_hotel()
    with tenancy.of(hotel.organization.id):
        yield hotel


@pytest.fixture
def today(hotel):
    """Today at the hotel, as a day of May 2031."""
    return (properties.today(hotel.property) - MAY).days + 1


def left(hotel, first, last):
    return list(availability.calendar(hotel.id, night(first), night(last))[hotel.room_type.id].values())


def actions(reservation):
    query = select(AuditEntry.action).where(AuditEntry.subject_id == reservation.id).order_by(AuditEntry.number)
    return list(database.session.scalars(query))


def test_a_sale_gets_a_room_a_code_and_its_nights_go_out_at_once(hotel):
    make_lanes(hotel)

    reservation = sell(hotel, 1, 4)

    assert reservation.code.startswith("RW-") and reservation.status == Status.CONFIRMED
    assert room_of(reservation).room_id is not None
    assert dirty(hotel.room_type) == [(night(1), night(3))]
    assert database.session.scalars(select(Lane.due_at)).one() is not None
    assert actions(reservation) == ["reservation.created"]


def test_a_full_house_refuses_a_sale_and_names_the_nights(hotel):
    sell(hotel, 1, 3)
    sell(hotel, 2, 4, guest="Ben Cruz")

    with pytest.raises(Refused, match="Double is full on 2031-05-02"):
        sell(hotel, 1, 5, guest="Cem Kaya")

    assert left(hotel, 1, 4) == [1, 0, 1, 2]


def test_a_booking_that_waits_for_a_room_is_counted_as_sold(hotel):
    store_unplaced(hotel, 1, 3, hotel.room_type.id)
    sell(hotel, 1, 2)

    with pytest.raises(Refused, match="full"):
        sell(hotel, 1, 2, guest="Ben Cruz")


def test_a_booking_of_an_unmapped_product_is_counted_too(hotel):
    store_unplaced(hotel, 1, 3, None)
    sell(hotel, 1, 2)

    with pytest.raises(Refused, match="full"):
        sell(hotel, 2, 3, guest="Ben Cruz") and sell(hotel, 2, 3, guest="Cem Kaya")


def test_free_nights_in_two_rooms_are_no_room_for_one_stay(hotel):
    one, two = sell(hotel, 1, 3), sell(hotel, 3, 5, guest="Ben Cruz")
    other = rooms.free(hotel.id, night(3), night(5))
    if room_of(one).room_id == room_of(two).room_id:
        reservations.move_room(hotel.id, two.id, room_of(two).id, other[0].id)

    with pytest.raises(Refused, match="whole stay"):
        sell(hotel, 2, 4, guest="Cem Kaya")


def test_the_same_request_twice_is_one_sale(hotel):
    first = sell(hotel, 1, 3, key="form-1")

    assert sell(hotel, 1, 3, key="form-1").id == first.id
    assert left(hotel, 1, 1) == [1]


def test_the_plan_says_the_price_night_by_night(hotel):
    plan = make_plan(hotel, rate="100.10")
    rates.set_days(hotel.id, [rates.DayEdit(plan.id, [night(2)], {"rate": Decimal("120.25")})])

    reservation = sell(hotel, 1, 4, rate_plan_id=plan.id, amount=None)

    assert reservation.amount == Decimal("320.45")
    assert sum(Decimal(share) for share in room_of(reservation).nightly.values()) == Decimal("320.45")


@pytest.mark.parametrize(("currency", "amount"), [("JPY", "10000"), ("KWD", "100.001"), ("EUR", "100.00")])
def test_the_nights_of_a_stay_add_up_exactly(db, currency, amount):
    hotel = make_hotel(currency=currency)
    with tenancy.of(hotel.organization.id):
        row = room_of(sell(hotel, 1, 4, amount=Decimal(amount)))

        assert sum(Decimal(share) for share in row.nightly.values()) == Decimal(amount)
        assert list(row.nightly) == ["2031-05-01", "2031-05-02", "2031-05-03"]


@pytest.mark.parametrize(
    ("room", "words"),
    [
        ({"check_out": night(1)}, "from one to"),
        ({"check_out": night(900)}, "from one to"),
        ({"adults": 3}, "one to 2 adults"),
        ({"adults": 0}, "one to 2 adults"),
        ({"children": 3}, "2 children"),
        ({"amount": Decimal("NaN")}, "not an amount"),
        ({"amount": Decimal("-1")}, "not negative"),
        ({"amount": Decimal("0.001")}, "2 decimals"),
        ({"amount": None}, "rate plan"),
    ],
)
def test_a_sale_that_makes_no_sense_is_refused_in_words(hotel, room, words):
    values = {"check_in": night(1), "check_out": night(2), "amount": Decimal(100), **room}
    request = RoomRequest(room_type_id=hotel.room_type.id, **values)

    with pytest.raises(Refused, match=words):
        reservations.create(hotel.id, SaleRequest(rooms=(request,), guest=Person(name="Ana")))


def test_two_rooms_are_sold_together_or_not_at_all(hotel):
    sell(hotel, 1, 2)
    room = RoomRequest(
        room_type_id=hotel.room_type.id, check_in=night(1), check_out=night(2), amount=Decimal(90), adults=2
    )
    request = SaleRequest(rooms=(room, room), guest=Person(name="Group"), source=Source.PHONE)
    with pytest.raises(Refused, match="full"):
        reservations.create(hotel.id, request)

    later = RoomRequest(
        room_type_id=hotel.room_type.id, check_in=night(5), check_out=night(6), amount=Decimal(90), adults=2
    )
    reservation = reservations.create(hotel.id, SaleRequest(rooms=(later, later), guest=Person(name="Group")))

    assert (reservation.amount, reservation.adults) == (180, 4)
    assert left(hotel, 1, 1) == [1] and left(hotel, 5, 5) == [0]


def test_a_changed_stay_gives_back_old_nights_and_takes_new_ones(hotel):
    make_lanes(hotel)
    reservation = sell(hotel, 1, 3)

    reservations.change(hotel.id, reservation.id, StayChange(check_in=night(2), check_out=night(5)))

    assert left(hotel, 1, 5) == [2, 1, 1, 1, 2]
    assert dirty(hotel.room_type) == [(night(1), night(4))]
    assert (reservation.check_in, reservation.check_out, reservation.version) == (night(2), night(5), 2)


def test_a_change_into_a_full_night_is_refused_and_nothing_moves(hotel):
    reservation = sell(hotel, 1, 3)
    sell(hotel, 3, 4, guest="Ben Cruz")
    sell(hotel, 3, 4, guest="Cem Kaya")

    with pytest.raises(Refused, match="full on 2031-05-03"):
        reservations.change(hotel.id, reservation.id, StayChange(check_out=night(4)))

    assert left(hotel, 1, 3) == [1, 1, 0]
    assert reservations.find(hotel.id, reservation.id).check_out == night(3)


def test_an_oversold_stay_may_become_shorter(hotel):
    sell(hotel, 1, 3)
    sell(hotel, 1, 3, guest="Ben Cruz")
    row = store_unplaced(hotel, 1, 4, hotel.room_type.id)

    reservations.change(hotel.id, row.reservation_id, StayChange(check_out=night(2)))

    assert row.room_id is None and row.check_out == night(2)


def test_a_stay_moved_to_another_type_gets_a_room_of_that_type(hotel):
    suite = room_types.create(hotel.id, room_types.TypeFacts(name="Suite"), ["901"])
    reservation = sell(hotel, 1, 3)

    reservations.change(hotel.id, reservation.id, StayChange(room_type_id=suite.id))

    assert rooms.find(hotel.id, room_of(reservation).room_id).number == "901"
    assert left(hotel, 1, 1) == [2]


def test_a_form_opened_before_somebody_else_saved_is_stale(hotel):
    reservation = sell(hotel, 1, 3)
    reservations.change(hotel.id, reservation.id, StayChange(notes="late"), version=1)

    with pytest.raises(StaleEdit):
        reservations.change(hotel.id, reservation.id, StayChange(notes="early"), version=1)


def test_a_cancelled_stay_is_for_sale_again_and_says_why(hotel):
    make_lanes(hotel)
    reservation = sell(hotel, 1, 3)

    reservations.cancel(hotel.id, reservation.id, "guest is ill")

    assert left(hotel, 1, 2) == [2, 2]
    assert dirty(hotel.room_type) == [(night(1), night(2))]
    with pytest.raises(Refused, match="cannot become"):
        reservations.cancel(hotel.id, reservation.id, "again")


def test_a_cancellation_needs_a_reason(hotel):
    with pytest.raises(Refused, match="why"):
        reservations.cancel(hotel.id, sell(hotel, 1, 3).id, "  ")


def test_a_guest_arrives_and_leaves_early_and_the_rest_is_for_sale(hotel, today):
    reservation = sell(hotel, today - 1, today + 3)
    reservations.check_in(hotel.id, reservation.id)

    reservations.check_out(hotel.id, reservation.id)

    assert reservation.status == Status.CHECKED_OUT
    assert reservation.check_out == night(today)
    assert left(hotel, today - 1, today + 2) == [1, 2, 2, 2]
    assert actions(reservation)[-2:] == ["reservation.checked_in", "reservation.checked_out"]


def test_nobody_arrives_before_the_day_or_without_a_room(hotel, today):
    with pytest.raises(Refused, match="dates"):
        reservations.check_in(hotel.id, sell(hotel, today + 1, today + 3).id)
    with pytest.raises(Refused, match="place it first"):
        reservations.check_in(hotel.id, store_unplaced(hotel, today, today + 1, hotel.room_type.id).reservation_id)


def test_a_guest_who_never_came_frees_the_room_on_the_day_and_not_before(hotel, today):
    reservation, later = sell(hotel, today, today + 2), sell(hotel, today + 1, today + 2, guest="Ben Cruz")

    reservations.no_show(hotel.id, reservation.id)

    assert left(hotel, today, today + 1) == [2, 1]
    with pytest.raises(Refused, match="not come yet"):
        reservations.no_show(hotel.id, later.id)


def test_the_list_is_newest_first_and_pages_do_not_overlap(hotel):
    sold = [sell(hotel, day, day + 1) for day in range(1, 6)]

    first = reservations.list_page(hotel.id, Filters(), size=3)
    second = reservations.list_page(hotel.id, Filters(), after=first.next, size=3)

    seen = [line.reservation.id for line in (*first.lines, *second.lines)]
    assert seen == [reservation.id for reservation in reversed(sold)]
    assert second.next is None


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ({"arriving": night(1)}, {"Ana Silva"}),
        ({"departing": night(3)}, {"Ana Silva"}),
        ({"first": night(3), "last": night(4)}, {"Ben Cruz"}),
        ({"first": night(2), "last": night(9)}, {"Ana Silva", "Ben Cruz"}),
        ({"channel": "BDC"}, set()),
        ({"status": Status.CANCELLED}, {"Cem Kaya"}),
        ({"q": "silva"}, {"Ana Silva"}),
        ({"q": "silv"}, set()),
        ({"q": "cruz BEN"}, {"Ben Cruz"}),
        ({"q": "rw-"}, {"Ana Silva", "Ben Cruz", "Cem Kaya"}),
        ({"q": "%"}, set()),
        ({"unplaced": True}, set()),
        ({"in_house": night(1)}, set()),
    ],
)
def test_the_list_shows_what_the_filters_ask_for(hotel, filters, found):
    sell(hotel, 1, 3)
    sell(hotel, 3, 6, guest="Ben Cruz")
    reservations.cancel(hotel.id, sell(hotel, 8, 9, guest="Cem Kaya").id, "ill")

    page = reservations.list_page(hotel.id, Filters(**{"last": night(99), **filters}))

    assert {line.guest.name for line in page.lines if "first" not in filters or line.guest.name != "Cem Kaya"} == found
    assert reservations.count(hotel.id, Filters(**{"last": night(99), **filters})) == len(page.lines)


def test_a_stay_without_a_room_is_listed_as_waiting(hotel):
    row = store_unplaced(hotel, 1, 3, hotel.room_type.id)
    sell(hotel, 1, 3)

    page = reservations.list_page(hotel.id, Filters(unplaced=True))

    assert [(line.reservation.id, line.unplaced) for line in page.lines] == [(row.reservation_id, 1)]


def test_the_detail_names_room_type_plan_and_history(hotel):
    plan = make_plan(hotel)
    reservation = sell(hotel, 1, 3, rate_plan_id=plan.id)
    reservations.change(hotel.id, reservation.id, StayChange(notes="sea view, please"))

    detail = reservations.detail(hotel.id, reservation.id)

    room = detail.rooms[0]
    assert (room.room_type, room.rate_plan, detail.guest.name) == ("Double", "Flexible", "Ana Silva")
    assert detail.reservation.details["notes"] == "sea view, please"
    assert detail.history[0].changes == {"notes": [None, "sea view, please"]}


def test_charlie_cannot_see_or_touch_alices_reservation(hotel):
    reservation_id = sell(hotel, 1, 3).id
    charlie = make_hotel("Alpenblick")

    with tenancy.of(charlie.organization.id):
        for property_id in (hotel.id, charlie.id):
            assert reservations.list_page(property_id, Filters()).lines == ()
            with pytest.raises(NotFound):
                reservations.detail(property_id, reservation_id)
            with pytest.raises(NotFound):
                reservations.cancel(property_id, reservation_id, "mine now")
    assert database.session.scalar(select(ReservationRoom.active)) is True


def test_the_longest_stay_is_two_years(hotel):
    reservation = sell(hotel, 1, 731)

    assert reservation.check_out - reservation.check_in == timedelta(days=730)
