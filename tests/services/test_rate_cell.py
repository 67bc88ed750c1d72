"""One night edited from its panel: against what was shown, with a second look at what is odd."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select

from portal import tenancy
from portal.db import unit_of_work
from portal.domain.rate_edits import Concern
from portal.extensions import db as database
from portal.models import RateDay
from portal.services import properties, rate_cell, rates
from portal.services.errors import NotFound, Refused, StaleEdit
from providers.types import Cell
from tests.services.hotel import dirty, make_hotel, make_lanes, make_plan, night

NIGHT = night(5)


@pytest.fixture
def hotel(db):
    hotel = make_hotel()
    with tenancy.of(hotel.organization.id):
        yield hotel


@pytest.fixture
def plan(hotel):
    return make_plan(hotel)


def shown(hotel, plan):
    return rate_cell.stamp(rate_cell.now(hotel.id, plan.id, NIGHT))


def save(hotel, plan, sure="", **values):
    return rate_cell.save(hotel.id, plan.id, NIGHT, values, shown(hotel, plan), sure)


def test_only_what_differs_is_set_and_the_night_goes_out(hotel, plan):
    make_lanes(hotel, [plan])

    assert save(hotel, plan, rate=Decimal(120), min_stay_arrival=1, stop_sell=False) == 1

    assert rate_cell.now(hotel.id, plan.id, NIGHT) == Cell(Decimal(120))
    assert dirty(plan) == [(NIGHT, NIGHT)]
    assert save(hotel, plan, rate=Decimal(120)) == 0


def test_the_second_of_two_people_is_told_and_nothing_of_theirs_is_kept(hotel, plan):
    both_saw = shown(hotel, plan)
    rate_cell.save(hotel.id, plan.id, NIGHT, {"rate": Decimal(130)}, both_saw)

    with pytest.raises(StaleEdit):
        rate_cell.save(hotel.id, plan.id, NIGHT, {"rate": Decimal(140)}, both_saw)

    assert rate_cell.now(hotel.id, plan.id, NIGHT).rate == 130
    assert save(hotel, plan, rate=Decimal(140)) == 1


@pytest.mark.parametrize(
    ("values", "concern"),
    [
        ({"rate": Decimal(10)}, Concern.FALLS_FAR),
        ({"rate": Decimal(1)}, Concern.FALLS_FAR),
        ({"rate": Decimal(1000)}, Concern.RISES_FAR),
        ({"rate": Decimal(60)}, Concern.BELOW_FLOOR),
        ({"rate": Decimal(350)}, Concern.ABOVE_CEILING),
        ({"stop_sell": True}, Concern.CLOSES_EVERYTHING),
    ],
)
def test_what_is_odd_is_saved_only_by_who_is_sure(hotel, values, concern):
    plan = make_plan(hotel, floor=Decimal(70), ceiling=Decimal(300))

    with pytest.raises(rate_cell.SecondLook) as looked:
        save(hotel, plan, **values)

    assert concern in looked.value.concerns and not looked.value.forbidden
    assert save(hotel, plan, sure=looked.value.ticket, **values) == 1


def test_the_limits_of_the_house_hold_for_plans_without_their_own(hotel, plan):
    with unit_of_work():
        properties.find(hotel.id).price_floor = Decimal(90)

    with pytest.raises(rate_cell.SecondLook) as looked:
        save(hotel, plan, rate=Decimal(80))

    assert looked.value.concerns == {Concern.BELOW_FLOOR}


def test_a_stay_that_nobody_can_book_is_never_saved(hotel, plan):
    with pytest.raises(rate_cell.SecondLook) as looked:
        save(hotel, plan, min_stay_arrival=5, max_stay=3)

    assert looked.value.forbidden
    with pytest.raises(rate_cell.SecondLook):
        save(hotel, plan, sure=looked.value.ticket, min_stay_arrival=5, max_stay=3)
    assert rate_cell.now(hotel.id, plan.id, NIGHT) == Cell(Decimal(100))


def test_closing_one_of_two_plans_closes_not_everything(hotel, plan):
    make_plan(hotel, "Weekly")

    assert save(hotel, plan, stop_sell=True) == 1


def test_a_parent_is_asked_about_the_limits_of_what_derives_from_it(hotel, plan):
    make_plan(hotel, "Reduced", None, parent_id=plan.id, derived_percent=Decimal(-10), floor=Decimal(85))

    with pytest.raises(rate_cell.SecondLook) as looked:
        save(hotel, plan, rate=Decimal(92))

    assert looked.value.concerns == {Concern.BELOW_FLOOR}


def test_a_night_goes_back_to_what_the_rules_say(hotel, plan):
    save(hotel, plan, rate=Decimal(120), max_stay=4, stop_sell=False)

    assert rate_cell.reset(hotel.id, plan.id, NIGHT, shown(hotel, plan)) == 1
    assert database.session.scalars(select(RateDay)).all() == []
    assert rate_cell.now(hotel.id, plan.id, NIGHT) == Cell(Decimal(100))


def test_who_is_sure_of_one_price_is_asked_again_about_another(hotel, plan):
    with pytest.raises(rate_cell.SecondLook) as looked:
        save(hotel, plan, rate=Decimal(10))

    with pytest.raises(rate_cell.SecondLook):
        save(hotel, plan, sure=looked.value.ticket, rate=Decimal(1))


@pytest.mark.parametrize("zone", ["Pacific/Pago_Pago", "Pacific/Kiritimati"])
def test_the_propertys_own_yesterday_is_over_and_its_today_is_not(db, zone):
    hotel = make_hotel(timezone=zone)
    with tenancy.of(hotel.organization.id):
        plan = make_plan(hotel)
        today = properties.today(hotel.property)
        usual = rate_cell.stamp(Cell(Decimal("100.00")))

        with pytest.raises(Refused, match="over"):
            rate_cell.save(hotel.id, plan.id, today - timedelta(days=1), {"rate": Decimal(90)}, usual)
        assert rate_cell.save(hotel.id, plan.id, today, {"rate": Decimal(90)}, usual) == 1


@pytest.mark.parametrize(
    ("currency", "rate", "fine"),
    [("JPY", "12000", True), ("JPY", "120.5", False), ("KWD", "45.125", True), ("EUR", "9.999", False)],
)
def test_a_price_has_the_decimals_of_its_currency_or_is_refused(db, currency, rate, fine):
    hotel = make_hotel(currency=currency)
    with tenancy.of(hotel.organization.id):
        plan = make_plan(hotel, rate="10000" if currency == "JPY" else "40")
        if fine:
            save(hotel, plan, rate=Decimal(rate))
            assert str(rate_cell.now(hotel.id, plan.id, NIGHT).rate) == rate
        else:
            with pytest.raises(Refused, match="decimals"):
                save(hotel, plan, rate=Decimal(rate))


def test_a_strangers_plan_is_not_there(hotel, plan):
    stranger = make_hotel("Alpenblick")
    with tenancy.of(stranger.organization.id), pytest.raises(NotFound):
        rate_cell.save(stranger.id, plan.id, NIGHT, {"rate": Decimal(90)}, "")


def test_what_was_saved_reads_the_same_by_every_way(hotel, plan):
    save(hotel, plan, rate=Decimal("101.50"), closed_to_departure=True)

    found = rates.calendar(hotel.id, NIGHT, NIGHT, [plan.id])[plan.id][NIGHT]
    assert found == Cell(Decimal("101.50"), closed_to_departure=True)
