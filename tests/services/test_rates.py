"""Prices and restrictions: read in three statements, changed with exactly the right nights marked."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy import event, select

from portal import tenancy
from portal.domain.nights import each
from portal.domain.rates import Rule, weekdays
from portal.extensions import db as database
from portal.models import AuditEntry
from portal.models import RateDay as RateDayRow
from portal.services import properties, rates
from portal.services.errors import NotFound, Refused
from portal.services.rates import DayEdit
from providers.types import Cell
from tests.services.hotel import dirty, make_hotel, make_lanes, make_plan, night


@pytest.fixture
def hotel(db):
    hotel = make_hotel()
    with tenancy.of(hotel.organization.id):
        yield hotel


@pytest.fixture
def plan(hotel):
    return make_plan(hotel)


def cells(hotel, plan, first=1, last=1):
    found = rates.calendar(hotel.id, night(first), night(last), [plan.id])[plan.id]
    return [found[night(day)] for day in range(first, last + 1)]


def edit(plan, first, last, **values):
    return DayEdit(plan.id, each(night(first), night(last)), values)


def audited(action):
    query = select(AuditEntry).where(AuditEntry.action == action).order_by(AuditEntry.number)
    return [entry.changes for entry in database.session.scalars(query)]


def test_a_night_nobody_spoke_of_has_the_base_price(hotel, plan):
    assert cells(hotel, plan) == [Cell(Decimal("100.00"))]


def test_a_season_a_weekend_and_an_override_lie_on_top_of_each_other(hotel, plan):
    rates.add_rule(hotel.id, plan.id, Rule(first=night(1), last=night(31), rate=Decimal(120)), "May")
    weekend = Rule(first=night(1), last=night(31), weekdays=weekdays(4, 5), rate=Decimal(150))
    rates.add_rule(hotel.id, plan.id, weekend, "weekends")
    rates.set_days(hotel.id, [edit(plan, 3, 3, rate=Decimal(199))])

    # 1 May 2031 is a Thursday.
    assert [cell.rate for cell in cells(hotel, plan, 1, 4)] == [120, 150, 199, 120]


def test_a_derived_plan_follows_its_parent_with_all_it_says(hotel, plan):
    child = make_plan(hotel, "Non-refundable", None, parent_id=plan.id, derived_percent=Decimal(-10))
    rates.set_days(hotel.id, [edit(plan, 1, 1, rate=Decimal("155.55"), min_stay_arrival=3)])

    assert cells(hotel, child, 1, 2) == [Cell(Decimal("140.00"), 3), Cell(Decimal("90.00"))]


def test_a_plan_without_a_price_is_closed(hotel):
    plan = make_plan(hotel, rate=None)

    assert cells(hotel, plan) == [Cell(None, stop_sell=True)]


@pytest.mark.parametrize(
    ("currency", "rate", "reduced"),
    [("JPY", "12345", "11111"), ("KWD", "45.125", "40.613"), ("EUR", "99.99", "89.99")],
)
def test_prices_are_exact_in_every_currency(db, currency, rate, reduced):
    hotel = make_hotel(currency=currency)
    with tenancy.of(hotel.organization.id):
        plan = make_plan(hotel, rate=rate)
        child = make_plan(hotel, "Reduced", None, parent_id=plan.id, derived_percent=Decimal(-10))

        assert [str(cells(hotel, each)[0].rate) for each in (plan, child)] == [rate, reduced]


@pytest.mark.parametrize(
    ("currency", "values", "words"),
    [
        ("EUR", {"rate": Decimal("NaN")}, "not an amount"),
        ("EUR", {"rate": Decimal("Infinity")}, "not an amount"),
        ("EUR", {"rate": Decimal("1e12")}, "not an amount"),
        ("EUR", {"rate": Decimal(-5)}, "above zero"),
        ("EUR", {"rate": Decimal(0)}, "above zero"),
        ("EUR", {"rate": Decimal("9.999")}, "2 decimals"),
        ("JPY", {"rate": Decimal("9.5")}, "0 decimals"),
        ("KWD", {"rate": Decimal("9.0005")}, "3 decimals"),
        ("EUR", {"rate": 9.5}, "not an amount"),
        ("EUR", {"min_stay_arrival": 0}, "length of stay"),
        ("EUR", {"min_stay_through": True}, "length of stay"),
        ("EUR", {"max_stay": 1000}, "length of stay"),
        ("EUR", {"stop_sell": 1}, "on or off"),
        ("EUR", {"min_stay_arrival": 5, "max_stay": 3}, "longer than the maximum"),
        ("EUR", {"colour": 1}, "no colour"),
    ],
)
def test_what_no_night_can_cost_is_refused_and_nothing_is_kept(db, currency, values, words):
    hotel = make_hotel(currency=currency)
    with tenancy.of(hotel.organization.id):
        plan = make_plan(hotel)

        with pytest.raises(Refused, match=words):
            rates.set_days(hotel.id, [edit(plan, 1, 2, stop_sell=True), edit(plan, 3, 3, **values)])

        assert database.session.scalars(select(RateDayRow)).all() == []


def test_a_minimum_longer_than_the_maximum_of_the_season_is_refused(hotel, plan):
    rates.add_rule(hotel.id, plan.id, Rule(first=night(1), last=night(9), max_stay=4))

    with pytest.raises(Refused, match="2031-05-02"):
        rates.set_days(hotel.id, [edit(plan, 2, 2, min_stay_arrival=5)])


def test_a_price_outside_the_plans_limits_is_refused(hotel):
    plan = make_plan(hotel, floor=Decimal(80), ceiling=Decimal(200))

    for rate in (Decimal(79), Decimal(201)):
        with pytest.raises(Refused):
            rates.set_days(hotel.id, [edit(plan, 1, 1, rate=rate)])
        with pytest.raises(Refused):
            rates.set_base(hotel.id, plan.id, rate)


def test_what_was_wrong_before_does_not_stand_in_the_way_of_a_price(hotel, plan):
    rates.add_rule(hotel.id, plan.id, Rule(first=night(1), last=night(9), max_stay=4))
    rates.add_rule(hotel.id, plan.id, Rule(first=night(1), last=night(8), min_stay_arrival=7))

    assert rates.set_days(hotel.id, [edit(plan, 1, 1, rate=Decimal(90))]) == 1


def test_an_override_taken_back_leaves_no_row(hotel, plan):
    rates.set_days(hotel.id, [edit(plan, 1, 3, rate=Decimal(90), stop_sell=True)])
    rates.set_days(hotel.id, [edit(plan, 1, 2, rate=None), edit(plan, 1, 1, stop_sell=None)])

    rows = database.session.scalars(select(RateDayRow).order_by(RateDayRow.night)).all()
    assert [(row.night, row.rate, row.stop_sell) for row in rows] == [(night(2), None, True), (night(3), 90, True)]


def test_an_edit_marks_its_plan_and_the_derived_ones_and_no_other(hotel, plan):
    child = make_plan(hotel, "Non-refundable", None, parent_id=plan.id, derived_percent=Decimal(-10))
    other = make_plan(hotel, "Weekly")
    make_lanes(hotel, [plan, child, other])

    rates.set_days(hotel.id, [edit(plan, 2, 3, rate=Decimal(90)), edit(plan, 4, 4, stop_sell=True)])

    assert dirty(plan) == dirty(child) == [(night(2), night(4))]
    assert dirty(other) == [] and dirty(hotel.room_type) == []


def test_an_edit_that_changes_nothing_marks_nothing(hotel, plan):
    rates.set_days(hotel.id, [edit(plan, 2, 3, rate=Decimal(90))])
    make_lanes(hotel, [plan])

    assert rates.set_days(hotel.id, [edit(plan, 2, 3, rate=Decimal("90.00"))]) == 0
    assert dirty(plan) == []


def test_a_rule_marks_the_nights_of_its_old_and_new_season(hotel, plan):
    make_lanes(hotel, [plan])
    today = properties.today(hotel.property)
    first, last = today.replace(year=today.year + 1, day=1), today.replace(year=today.year + 1, day=9)
    terms = Rule(first=first, last=last, rate=Decimal(120))

    row = rates.add_rule(hotel.id, plan.id, terms)
    rates.change_rule(hotel.id, row.id, Rule(first=last, last=last.replace(day=20), rate=Decimal(120)))

    assert dirty(plan) == [(first, last.replace(day=20))]
    rates.remove_rule(hotel.id, row.id)
    assert rates.rules(hotel.id) == []


def test_the_base_price_marks_every_night_ahead(hotel, plan):
    make_lanes(hotel, [plan])

    rates.set_base(hotel.id, plan.id, Decimal(110))

    assert dirty(plan) == [tuple(properties.horizon(hotel.property))]
    assert audited("rates.changed") == [{"base_rate": ["100.000", "110.00"]}]


def test_a_bulk_edit_is_written_down_as_runs(hotel, plan):
    rates.set_days(hotel.id, [edit(plan, 3, 3, rate=Decimal(80))])

    rates.set_days(hotel.id, [edit(plan, 1, 9, rate=Decimal(90))])

    assert audited("rates.changed")[-1] == {
        "rate 2031-05-01..2031-05-02": [None, "90.00"],
        "rate 2031-05-03..2031-05-03": ["80.00", "90.00"],
        "rate 2031-05-04..2031-05-09": [None, "90.00"],
    }


@pytest.mark.parametrize(
    "facts",
    [
        {"name": ""},
        {"name": "Flexible"},
        {"rate": "-1"},
        {"rate": "9.999"},
        {"derived_percent": Decimal(-10)},
        {"floor": Decimal(200), "ceiling": Decimal(100)},
        {"floor": Decimal(101)},
        {"min_stay_arrival": 4, "max_stay": 3},
    ],
)
def test_a_rate_plan_that_cannot_be_is_refused(hotel, plan, facts):
    with pytest.raises(Refused):
        make_plan(hotel, **{"name": "Weekly", **facts})


@pytest.mark.parametrize(
    "terms",
    [
        Rule(first=date(2031, 5, 2), last=date(2031, 5, 1), rate=Decimal(9)),
        Rule(first=date(2031, 5, 1), last=date(2031, 5, 2)),
        Rule(first=date(2031, 5, 1), last=date(2031, 5, 2), weekdays=0, rate=Decimal(9)),
        Rule(first=date(2031, 5, 1), last=date(2031, 5, 2), rate=Decimal("NaN")),
    ],
)
def test_a_season_that_cannot_be_is_refused(hotel, plan, terms):
    with pytest.raises(Refused):
        rates.add_rule(hotel.id, plan.id, terms)


def test_a_parent_stays_while_others_derive_from_it(hotel, plan):
    child = make_plan(hotel, "Non-refundable", None, parent_id=plan.id, derived_percent=Decimal(-10))
    with pytest.raises(Refused, match="Non-refundable"):
        rates.archive_plan(hotel.id, plan.id)

    rates.archive_plan(hotel.id, child.id)

    assert [cell.stop_sell for cell in cells(hotel, child)] == [True]
    assert list(rates.calendar(hotel.id, night(1), night(1))) == [plan.id]


def test_the_prices_of_a_property_are_three_statements(hotel, plan, db):
    for name in ("A", "B", "C"):
        make_plan(hotel, name, None, parent_id=plan.id, derived_percent=Decimal(5))
    statements = []

    def listen(connection, cursor, statement, *rest):
        if "rate_" in statement:
            statements.append(statement)

    event.listen(db.engine, "before_cursor_execute", listen)
    try:
        rates.calendar(hotel.id, night(1), night(400))
    finally:
        event.remove(db.engine, "before_cursor_execute", listen)

    assert len(statements) == 3


def test_charlie_cannot_read_or_set_alices_prices(hotel, plan):
    charlie = make_hotel("Alpenblick")
    plan_id, wish = plan.id, edit(plan, 1, 1, rate=Decimal(1))

    with tenancy.of(charlie.organization.id):
        assert rates.calendar(hotel.id, night(1), night(1), [plan_id]) == {}
        with pytest.raises(NotFound):
            rates.set_days(charlie.id, [wish])
        with pytest.raises(NotFound):
            rates.set_base(hotel.id, plan_id, Decimal(1))
