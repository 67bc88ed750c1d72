"""What a line of a bulk edit asks of a night, and what deserves a second look."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from uuid import uuid4

import pytest

from portal.domain.nights import Window
from portal.domain.rate_edits import Concern, Copy, How, Line, concerns, wanted
from portal.domain.rates import weekdays
from providers.types import Cell

NOV = [date(2031, 11, number) for number in range(1, 31)]


def line(**wish):
    return Line(plans=(uuid4(),), spans=(Window(NOV[0], NOV[9]),), **wish)


def priced(rate, **more):
    return Cell(None if rate is None else Decimal(rate), **more)


def test_overlapping_ranges_name_each_night_once_and_in_order():
    wish = Line(plans=(), spans=(Window(NOV[4], NOV[6]), Window(NOV[0], NOV[5])), how=How.RULES)

    assert list(wish.nights()) == NOV[:7]


def test_only_the_days_of_the_week_asked_for_are_meant():
    # 1 November 2031 is a Saturday.
    assert [night.day for night in line(weekdays=weekdays(5, 6)).nights()] == [1, 2, 8, 9]


@pytest.mark.parametrize(
    ("how", "price", "now", "currency", "after"),
    [
        (How.SET, "120", "100", "EUR", "120"),
        (How.AMOUNT, "10.50", "100", "EUR", "110.50"),
        (How.AMOUNT, "-10.50", "100", "EUR", "89.50"),
        (How.PERCENT, "10", "99.99", "EUR", "109.99"),
        (How.PERCENT, "-33.333", "100", "EUR", "66.67"),
        (How.PERCENT, "10", "12345", "JPY", "13580"),
        (How.PERCENT, "10", "45.125", "KWD", "49.638"),
    ],
)
def test_a_price_is_set_or_moved_exactly(how, price, now, currency, after):
    assert wanted(line(how=how, price=Decimal(price)), priced(now), currency) == {"rate": Decimal(after)}


def test_a_night_without_a_price_has_none_to_move():
    assert wanted(line(how=How.PERCENT, price=Decimal(10)), priced(None), "EUR") == {}


def test_a_copy_takes_everything_but_a_price_that_is_not_there():
    source = priced(None, max_stay=3, stop_sell=True)

    said = wanted(line(copy=Copy(night=NOV[0])), priced("100"), "EUR", source)

    assert said == {name: value for name, value in source._asdict().items() if name != "rate"}


@pytest.mark.parametrize(
    ("before", "after", "found"),
    [
        (priced("100"), priced("120"), set()),
        (priced("100"), priced("14.28"), {Concern.FALLS_FAR, Concern.BELOW_FLOOR}),
        (priced("119"), priced("12"), {Concern.FALLS_FAR, Concern.BELOW_FLOOR}),
        (priced("100"), priced("14.29"), {Concern.BELOW_FLOOR}),
        (priced("100"), priced("700"), {Concern.RISES_FAR, Concern.ABOVE_CEILING}),
        (priced("100"), priced("699.99"), {Concern.ABOVE_CEILING}),
        (priced("100"), priced("50"), set()),
        (priced("100"), priced("49.99"), {Concern.BELOW_FLOOR}),
        (priced("40"), priced("45"), {Concern.BELOW_FLOOR}),  # a new price that is still too low is said again
        (priced("40"), priced("40", max_stay=3), set()),  # an old one is not
        (priced("100"), priced("0"), {Concern.NOT_POSITIVE, Concern.BELOW_FLOOR}),
        (priced("100"), priced("100", min_stay_arrival=4, max_stay=3), {Concern.MINIMUM_OVER_MAXIMUM}),
        (priced("100", min_stay_arrival=4, max_stay=3), priced("100", min_stay_arrival=5, max_stay=3), set()),
        (priced(None, stop_sell=True), priced("100"), set()),
    ],
)
def test_what_is_odd_about_a_change(before, after, found):
    assert concerns(before, after, Decimal(50), Decimal(600)) == found


def test_what_can_never_be_sold_is_told_from_what_is_only_odd():
    assert {concern for concern in Concern if not concern.forbids} == {
        Concern.BELOW_FLOOR, Concern.ABOVE_CEILING, Concern.FALLS_FAR, Concern.RISES_FAR, Concern.CLOSES_EVERYTHING
    }  # fmt: skip
