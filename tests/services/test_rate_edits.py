"""Bulk edits: several lines as one change, looked at first, applied once, taken back within a day."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select

from portal import tenancy
from portal.db import unit_of_work
from portal.domain.nights import Window
from portal.domain.rate_edits import Concern, Copy, How, Line
from portal.domain.rates import Rule, weekdays
from portal.extensions import db as database
from portal.models import RateDay, RateEdit
from portal.services import properties, rate_edits, rates
from portal.services.errors import NotFound, Refused, StaleEdit
from tests.services.hotel import dirty, make_hotel, make_lanes, make_plan, night


@pytest.fixture
def hotel(db, monkeypatch):
    hotel = make_hotel()
    monkeypatch.setattr(properties, "HORIZON", timedelta(days=3650))  # so that May 2031 can be spoken of
    with tenancy.of(hotel.organization.id):
        yield hotel


@pytest.fixture
def plan(hotel):
    return make_plan(hotel)


def line(*plans, nights=(1, 3), **wish):
    first, last = nights
    return Line(plans=tuple(plan.id for plan in plans), spans=(Window(night(first), night(last)),), **wish)


def to(price):
    return {"how": How.SET, "price": Decimal(price)}


def apply(hotel, *lines, **how):
    edit_id = rate_edits.create(hotel.id, lines)
    shown = rate_edits.preview(hotel.id, lines).stamp()
    assert rate_edits.apply(hotel.id, edit_id, shown, **how)
    return edit_id


def prices(hotel, plan, first=1, last=3):
    cells = rates.calendar(hotel.id, night(first), night(last), [plan.id])[plan.id]
    return [cells[night(day)].rate for day in range(first, last + 1)]


def test_lines_that_differ_are_one_change_and_one_mark_each(hotel, plan):
    other = make_plan(hotel, "Weekly")
    make_lanes(hotel, [plan, other])

    edit_id = apply(hotel, line(plan, **to("241")), line(other, nights=(2, 6), **to("312.66"), fields={"max_stay": 4}))

    assert prices(hotel, plan, 1, 4) == [241, 241, 241, 100]
    assert prices(hotel, other, 1, 2) == [100, Decimal("312.66")]
    assert dirty(plan) == [(night(1), night(3))] and dirty(other) == [(night(2), night(6))]
    assert rate_edits.find(hotel.id, edit_id).cells == 8


def test_the_preview_counts_what_changes_what_is_equal_and_what_is_odd(hotel):
    plan = make_plan(hotel, floor=Decimal(80))
    rates.set_days(hotel.id, [rates.DayEdit(plan.id, [night(1), night(2)], {"rate": Decimal(90)})])
    wish = line(plan, nights=(1, 4), how=How.SET, price=Decimal(90))
    cheap = line(plan, nights=(4, 4), **to("79"))

    found = rate_edits.preview(hotel.id, [wish, cheap])

    assert (len(found.asked), len(found.changed)) == (4, 2)
    assert found.odd == {(plan.id, night(4)): {Concern.BELOW_FLOOR}}
    assert database.session.scalars(select(RateEdit)).all() == []


@pytest.mark.parametrize(
    ("wish", "after"),
    [
        ({"how": How.AMOUNT, "price": Decimal("-10.50")}, "89.50"),
        ({"how": How.PERCENT, "price": Decimal("12.5")}, "112.50"),
        ({"how": How.PERCENT, "price": Decimal("-33.333")}, "66.67"),
    ],
)
def test_a_price_goes_up_and_down_by_an_amount_or_a_percentage(hotel, plan, wish, after):
    apply(hotel, line(plan, **wish))

    assert prices(hotel, plan, 1, 1) == [Decimal(after)]


@pytest.mark.parametrize(("currency", "rate", "after"), [("JPY", "12345", "13580"), ("KWD", "45.125", "49.638")])
def test_ten_percent_more_is_exact_in_every_currency(db, currency, rate, after):
    hotel = make_hotel(currency=currency)
    with tenancy.of(hotel.organization.id):
        plan, today = make_plan(hotel, rate=rate), properties.today(hotel.property)
        wish = Line(plans=(plan.id,), spans=(Window(today, today),), how=How.PERCENT, price=Decimal(10))

        apply(hotel, wish)

        assert str(rates.calendar(hotel.id, today, today, [plan.id])[plan.id][today].rate) == after


def test_only_the_weekdays_asked_for_change_in_all_the_spans(hotel, plan):
    # 1 May 2031 is a Thursday.
    spans = (Window(night(1), night(9)), Window(night(20), night(31)))
    wish = Line(plans=(plan.id,), spans=spans, weekdays=weekdays(4, 5), **to("150"))

    found = rate_edits.preview(hotel.id, [wish])

    assert [each.day for _, each in found.changed] == [2, 3, 9, 23, 24, 30, 31]


def test_applying_without_the_odd_ones_leaves_them_as_they_are(hotel):
    plan = make_plan(hotel, floor=Decimal(80))
    rates.set_days(hotel.id, [rates.DayEdit(plan.id, [night(2)], {"rate": Decimal(85)})])

    edit_id = apply(hotel, line(plan, how=How.AMOUNT, price=Decimal(-10)), without_odd=True)

    assert prices(hotel, plan) == [90, 85, 90]
    assert rate_edits.find(hotel.id, edit_id).left_out == 1


def test_who_has_seen_the_floor_may_go_below_it(hotel):
    plan = make_plan(hotel, floor=Decimal(80))

    apply(hotel, line(plan, **to("79")))

    assert prices(hotel, plan, 1, 1) == [79]


def test_what_can_never_be_sold_is_not_applied(hotel, plan):
    wish = line(plan, fields={"min_stay_arrival": 5, "max_stay": 2})

    with pytest.raises(Refused, match="never be sold"):
        apply(hotel, wish)

    assert database.session.scalars(select(RateDay)).all() == []


def test_a_preview_that_is_no_longer_true_is_not_applied(hotel, plan):
    wish = line(plan, how=How.PERCENT, price=Decimal(10))
    edit_id, shown = rate_edits.create(hotel.id, [wish]), rate_edits.preview(hotel.id, [wish]).stamp()
    rates.set_base(hotel.id, plan.id, Decimal(110))

    with pytest.raises(StaleEdit):
        rate_edits.apply(hotel.id, edit_id, shown)

    assert prices(hotel, plan, 1, 1) == [110]


def test_a_double_click_applies_once(hotel, plan):
    wish = line(plan, how=How.PERCENT, price=Decimal(10))
    edit_id, shown = rate_edits.create(hotel.id, [wish]), rate_edits.preview(hotel.id, [wish]).stamp()

    assert [rate_edits.apply(hotel.id, edit_id, shown) for _ in range(2)] == [True, False]
    assert prices(hotel, plan, 1, 1) == [110]


def test_a_derived_plan_follows_and_one_set_beside_its_parent_stays_where_it_was_set(hotel, plan):
    child = make_plan(hotel, "Reduced", None, parent_id=plan.id, derived_percent=Decimal(-10))

    assert rate_edits.preview(hotel.id, [line(plan, **to("200"))]).following == 3
    apply(hotel, line(plan, **to("200")), line(child, **to("90")))

    assert prices(hotel, plan, 1, 1) == [200] and prices(hotel, child, 1, 1) == [90]


def test_values_are_copied_across_the_dates_and_to_another_plan(hotel, plan):
    other = make_plan(hotel, "Weekly", rate="70")
    said = {"rate": Decimal(155), "min_stay_through": 3}
    rates.set_days(hotel.id, [rates.DayEdit(plan.id, [night(1)], said)])

    apply(hotel, line(plan, nights=(2, 3), copy=Copy(night=night(1))), line(other, copy=Copy(plan=plan.id)))

    assert prices(hotel, plan) == [155, 155, 155]
    # Copied is what was there when the copy was asked for.
    assert prices(hotel, other) == [155, 100, 100]
    assert rates.calendar(hotel.id, night(1), night(1), [other.id])[other.id][night(1)].min_stay_through == 3


def test_the_rules_speak_again_where_a_line_takes_the_nights_own_word_off(hotel, plan):
    rates.add_rule(hotel.id, plan.id, Rule(first=night(1), last=night(2), rate=Decimal(140)))
    rates.set_days(hotel.id, [rates.DayEdit(plan.id, [night(1), night(3)], {"rate": Decimal(99), "max_stay": 2})])

    apply(hotel, line(plan, how=How.RULES, fields={"max_stay": None}))

    assert prices(hotel, plan) == [140, 140, 100]
    assert database.session.scalars(select(RateDay)).all() == []


def test_an_undo_leaves_what_somebody_changed_since_and_sends_the_rest_again(hotel, plan):
    other = make_plan(hotel, "Weekly")
    rates.set_days(hotel.id, [rates.DayEdit(other.id, [night(2)], {"rate": Decimal(77), "max_stay": 5})])
    edit_id = apply(hotel, line(plan, other, nights=(1, 9), **to("120")))
    theirs = [rates.DayEdit(plan.id, [night(4), night(5)], {"rate": Decimal(130)})]
    rates.set_days(hotel.id, [*theirs, rates.DayEdit(other.id, [night(8)], {"stop_sell": True})])
    make_lanes(hotel, [plan, other])

    untouched = rate_edits.undo(hotel.id, edit_id)

    assert {(each.rate_plan_id, each.first.day, each.last.day) for each in untouched} == {
        (plan.id, 4, 5),
        (other.id, 8, 8),
    }
    assert prices(hotel, plan, 1, 9) == [100, 100, 100, 130, 130, 100, 100, 100, 100]
    assert prices(hotel, other, 1, 9) == [100, 77, 100, 100, 100, 100, 100, 120, 100]
    assert dirty(plan) == [(night(1), night(3)), (night(6), night(9))]
    assert dirty(other) == [(night(1), night(7)), (night(9), night(9))]
    assert rate_edits.undo(hotel.id, edit_id) == untouched  # a second click


def test_an_undo_is_for_a_day(hotel, plan):
    edit_id = apply(hotel, line(plan, **to("120")))
    with unit_of_work():
        rate_edits.find(hotel.id, edit_id).applied_at -= rate_edits.UNDO

    with pytest.raises(Refused, match="24 hours"):
        rate_edits.undo(hotel.id, edit_id)

    assert prices(hotel, plan, 1, 1) == [120]


@pytest.mark.parametrize(
    ("wish", "field"),
    [
        ({}, "how"),
        ({**to("120"), "nights": (3, 1)}, "last_0"),
        ({**to("120"), "weekdays": weekdays(0)}, "weekdays"),
        (to("9.999"), "rate"),
        (to("-1"), "rate"),
        ({"fields": {"min_stay_arrival": 0}}, "min_stay_arrival"),
    ],
)
def test_a_line_that_cannot_mean_anything_is_refused_at_its_field(hotel, plan, wish, field):
    edit_id = rate_edits.create(hotel.id)

    with pytest.raises(Refused) as refused:
        rate_edits.put_line(hotel.id, edit_id, line(plan, **wish))

    assert refused.value.field == field


def test_nights_that_are_over_or_too_far_are_refused(hotel, plan):
    today = properties.today(hotel.property)
    for span in (Window(date(2020, 1, 1), date(2020, 1, 2)), Window(today, today + 2 * properties.HORIZON)):
        with pytest.raises(Refused):
            rate_edits.create(hotel.id, [Line(plans=(plan.id,), spans=(span,), **to("120"))])


def test_past_nights_of_a_span_are_left_out(hotel, plan):
    today = properties.today(hotel.property)
    wish = Line(plans=(plan.id,), spans=(Window(today - timedelta(days=3), today + timedelta(days=1)),), **to("120"))

    found = rate_edits.preview(hotel.id, [wish])

    assert (found.past, len(found.changed)) == (3, 2)


def test_a_stranger_finds_neither_the_edit_nor_the_plan(hotel, plan):
    wish = line(plan, **to("120"))
    edit_id = rate_edits.create(hotel.id, [wish])
    stranger = make_hotel("Alpenblick")

    with tenancy.of(stranger.organization.id):
        for act in (rate_edits.find, rate_edits.undo, rate_edits.discard):
            with pytest.raises(NotFound):
                act(stranger.id, edit_id)
        with pytest.raises(NotFound):
            rate_edits.create(stranger.id, [wish])
