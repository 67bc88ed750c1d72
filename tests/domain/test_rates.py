from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.domain.nights import each
from portal.domain.rates import EVERY_DAY, Day, Plan, Problem, Rule, calendar, cell, derive, problems, weekdays
from providers.types import Cell

JULY = (date(2026, 7, 1), date(2026, 7, 31))
WEDNESDAY = date(2026, 7, 15)
FRIDAY = date(2026, 7, 17)
WEEKEND = weekdays(4, 5)

prices = st.decimals(50, 60, places=2)
some_days = st.dates(date(2026, 7, 1), date(2026, 7, 20))
rules = st.lists(
    st.builds(
        Rule,
        first=some_days,
        last=some_days,
        weekdays=st.integers(0, EVERY_DAY),
        rate=st.none() | prices,
        min_stay_arrival=st.none() | st.integers(1, 4),
        stop_sell=st.none() | st.booleans(),
        priority=st.integers(0, 2),
        serial=st.integers(0, 3),
    ),
    max_size=6,
    unique_by=lambda rule: rule.strength,
)
overrides = st.dictionaries(
    some_days, st.builds(Day, rate=st.none() | prices, closed_to_arrival=st.none() | st.booleans()), max_size=5
)


def make_plan(rate: str | None = "100.00", **terms) -> Plan:
    return Plan(currency="EUR", rate=None if rate is None else Decimal(rate), **terms)


def make_rule(rate: str | None = None, first: date = JULY[0], last: date = JULY[1], **terms) -> Rule:
    return Rule(first=first, last=last, rate=None if rate is None else Decimal(rate), **terms)


def price(plan: Plan, rules: list[Rule], day: Day | None = None, night: date = FRIDAY) -> Decimal | None:
    return cell(plan, rules, day, night).rate


def test_a_night_without_rules_has_the_base_price():
    assert cell(make_plan(), [], None, FRIDAY) == Cell(Decimal("100.00"))


def test_a_season_beats_the_base_and_the_nights_own_price_beats_both():
    season = make_rule("150")

    assert price(make_plan(), [season]) == 150
    assert price(make_plan(), [season], Day(rate=Decimal(180))) == 180
    assert price(make_plan(), [season], night=date(2026, 8, 1)) == 100


def test_a_weekend_rule_holds_on_friday_and_saturday_night_only():
    weekend = make_rule("120", weekdays=WEEKEND)

    found = calendar(make_plan(), [weekend], {}, date(2026, 7, 16), date(2026, 7, 19))

    assert [cell.rate for cell in found.values()] == [100, 120, 120, 100]


@pytest.mark.parametrize(
    ("weaker", "stronger"),
    [
        ({"first": FRIDAY, "last": FRIDAY}, {"priority": 1}),
        ({"serial": 9}, {"first": WEDNESDAY, "last": FRIDAY}),
        ({"serial": 9}, {"weekdays": WEEKEND}),
        ({"serial": 1}, {"serial": 2}),
    ],
    ids=["priority first", "then fewer nights", "fewer weekdays are fewer nights", "then the newer"],
)
def test_of_two_matching_rules_the_stronger_sets_the_price(weaker, stronger):
    pair = [make_rule("200", **stronger), make_rule("120", **weaker)]

    assert price(make_plan(), pair) == 200
    assert price(make_plan(), pair[::-1]) == 200


def test_each_field_is_decided_by_itself():
    season = make_rule("150", min_stay_arrival=3, max_stay=14)
    weekend = make_rule(weekdays=WEEKEND, min_stay_arrival=2, closed_to_departure=True)

    found = cell(make_plan(min_stay_through=2), [season, weekend], Day(closed_to_departure=False), FRIDAY)

    assert found == Cell(Decimal(150), min_stay_arrival=2, min_stay_through=2, max_stay=14)


def test_a_plan_without_a_price_is_closed():
    assert cell(make_plan(None), [], None, FRIDAY) == Cell(None, stop_sell=True)
    assert cell(make_plan(None), [], Day(stop_sell=False), FRIDAY) == Cell(None, stop_sell=True)
    assert calendar(make_plan(None), [], {}, FRIDAY, FRIDAY) == {FRIDAY: Cell(None, stop_sell=True)}


@pytest.mark.parametrize(
    ("percent", "amount", "currency", "rate"),
    [
        ("10", "0", "EUR", "110.06"),  # 110.055 rounds half up
        ("-15", "0", "EUR", "85.04"),
        ("10", "5", "EUR", "115.06"),
        ("0", "-20", "EUR", "80.05"),
        ("10", "0", "JPY", "110"),
        ("10", "0", "KWD", "110.055"),
    ],
)
def test_a_derived_price_is_percent_first_then_amount_in_the_currencys_decimals(percent, amount, currency, rate):
    parent = Cell(Decimal("100.05"), min_stay_arrival=2)

    derived = derive(parent, Decimal(percent), Decimal(amount), currency)

    assert derived == Cell(Decimal(rate), min_stay_arrival=2)


def test_a_derivation_to_nothing_closes_the_night():
    assert derive(Cell(Decimal(10)), Decimal(0), Decimal(-10), "EUR") == Cell(None, stop_sell=True)


def test_a_derived_plan_follows_its_parent_until_it_says_otherwise():
    parent = {WEDNESDAY: Cell(Decimal(100), min_stay_arrival=2), FRIDAY: Cell(Decimal(200), stop_sell=True)}
    child = make_plan(None, percent=Decimal(-10))
    days = {FRIDAY: Day(stop_sell=False, rate=Decimal(150))}

    found = calendar(child, [make_rule(min_stay_arrival=1)], days, WEDNESDAY, FRIDAY, parent)

    assert found == {
        WEDNESDAY: Cell(Decimal(90)),
        date(2026, 7, 16): Cell(None, stop_sell=True),  # the parent has no price there
        FRIDAY: Cell(Decimal(150)),
    }


def test_a_closed_parent_closes_the_child():
    assert cell(make_plan(None), [], None, FRIDAY, Cell(Decimal(90), stop_sell=True)).stop_sell


@given(rules, overrides, st.none() | st.dictionaries(some_days, st.builds(Cell, st.none() | prices)))
def test_a_calendar_says_of_every_night_what_the_night_alone_would(rules, days, parent):
    plan = make_plan("80" if parent is None else None, percent=Decimal(10))

    found = calendar(plan, rules, days, *JULY, parent)

    assert list(found) == each(*JULY)
    for night, value in found.items():
        above = None if parent is None else parent.get(night, Cell(None))
        assert value == cell(plan, rules, days.get(night), night, above)
        assert value.rate is not None or value.stop_sell


def test_a_rule_that_ends_before_it_begins_never_matches():
    backwards = make_rule("1", first=FRIDAY + timedelta(days=1), last=FRIDAY)

    assert price(make_plan(), [backwards]) == 100
    assert calendar(make_plan(), [backwards], {}, FRIDAY, FRIDAY)[FRIDAY].rate == 100


@pytest.mark.parametrize("day", [-1, 7])
def test_there_is_no_eighth_weekday(day):
    with pytest.raises(ValueError, match="weekdays"):
        weekdays(day)


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        (Cell(Decimal(90)), []),
        (Cell(Decimal(90), 3, 2, 3), []),
        (Cell(None, stop_sell=True), []),
        (Cell(None), [Problem.NO_PRICE]),
        (Cell(Decimal(50)), []),
        (Cell(Decimal("49.99")), [Problem.BELOW_FLOOR]),
        (Cell(Decimal("500.01")), [Problem.ABOVE_CEILING]),
        (Cell(Decimal(0)), [Problem.NOT_POSITIVE, Problem.BELOW_FLOOR]),
        (Cell(Decimal("NaN")), [Problem.NOT_A_NUMBER]),
        (Cell(Decimal("Infinity")), [Problem.NOT_A_NUMBER]),
        (Cell(Decimal(90), 5, 1, 3), [Problem.MINIMUM_OVER_MAXIMUM]),
        (Cell(Decimal(90), 1, 5, 3), [Problem.MINIMUM_OVER_MAXIMUM]),
        (Cell(Decimal(90), 0), [Problem.STAY_TOO_SHORT]),
        (Cell(Decimal(90), 1, 1, -1), [Problem.STAY_TOO_SHORT]),
    ],
)
def test_a_cell_that_cannot_be_sold_at_says_why(asked, found):
    assert problems(asked, floor=Decimal(50), ceiling=Decimal(500)) == found
