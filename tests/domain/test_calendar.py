import json
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.domain.calendar import (
    apply,
    changes,
    clip,
    decode,
    decreases_first,
    encode,
    expand,
    forget,
    merge,
    runs,
)
from portal.domain.nights import ONE_NIGHT, Window, each
from providers.types import Cell, LaneKind, Run

FIRST = date(2026, 2, 20)
nights = st.integers(0, 40).map(lambda day: FIRST + timedelta(days=day))
units = st.integers(0, 3)
cells = st.builds(
    Cell,
    rate=st.none() | st.decimals(0, 3, places=2),
    min_stay_arrival=st.integers(1, 3),
    min_stay_through=st.integers(1, 2),
    max_stay=st.sampled_from([0, 0, 14]),
    closed_to_arrival=st.booleans(),
    closed_to_departure=st.booleans(),
    stop_sell=st.booleans(),
)
availability = st.dictionaries(nights, units)
prices = st.dictionaries(nights, cells)
calendars = availability | prices
windows = st.builds(lambda first, length: Window(first, first + timedelta(days=length)), nights, st.integers(0, 9))


def night(day: int) -> date:
    return date(2026, 1, day)


def test_a_gap_or_a_new_value_starts_a_new_run():
    calendar = {night(1): 3, night(2): 3, night(3): 2, night(5): 2}

    assert runs(calendar) == [
        Run(night(1), night(2), 3),
        Run(night(3), night(3), 2),
        Run(night(5), night(5), 2),
    ]


def test_a_year_at_one_price_is_one_run():
    year = {night: Cell(Decimal("90.00")) for night in each(date(2026, 1, 1), date(2026, 12, 31))}

    assert runs(year) == [Run(date(2026, 1, 1), date(2026, 12, 31), Cell(Decimal("90")))]


@given(calendars)
def test_runs_hold_the_calendar(calendar):
    assert expand(runs(calendar)) == calendar


@given(calendars)
def test_runs_are_maximal(calendar):
    found = runs(calendar)

    for earlier, later in zip(found, found[1:], strict=False):
        assert earlier.last < later.first
        assert later.first - earlier.last > ONE_NIGHT or earlier.value != later.value


@given(availability, availability)
def test_what_changed_applied_to_what_was_known_gives_what_was_wanted(desired, known):
    result = apply(changes(desired, known), known)

    assert result == {**known, **desired}
    assert changes(desired, result) == []


@given(prices, prices)
def test_only_what_differs_is_sent(desired, known):
    sent = expand(changes(desired, known))

    assert all(night not in known or known[night] != value for night, value in sent.items())


def test_a_night_nobody_acknowledged_is_sent():
    assert changes({night(1): 0, night(2): 0}, {night(1): 0}) == [Run(night(2), night(2), 0)]


def test_the_same_price_written_differently_is_no_change():
    assert changes({night(1): Cell(Decimal("90"))}, {night(1): Cell(Decimal("90.00"))}) == []


def test_a_refused_value_is_not_sent_again_but_a_new_one_is():
    desired = {night(1): 2, night(2): 2, night(3): 2}
    refused = {night(2): 2, night(3): 5}

    assert changes(desired, {}, refused) == [Run(night(1), night(1), 2), Run(night(3), night(3), 2)]


@given(availability, st.lists(windows, max_size=4))
def test_forgotten_nights_are_sent_again_and_no_others(calendar, forgotten):
    left = forget(calendar, forgotten)

    inside = {night for night in calendar if any(window.first <= night <= window.last for window in forgotten)}
    assert left == {night: value for night, value in calendar.items() if night not in inside}
    assert expand(changes(calendar, left)) == {night: calendar[night] for night in inside}


def test_a_calendar_is_clipped_to_the_nights_of_a_window_both_ends_included():
    calendar = {night(day): day for day in range(1, 10)}

    assert clip(calendar, night(3), night(5)) == {night(3): 3, night(4): 4, night(5): 5}


def test_of_two_calendars_the_later_counts():
    assert merge({night(1): 1, night(2): 2}, {night(2): 9}) == {night(1): 1, night(2): 9}


@given(availability)
def test_a_kept_availability_calendar_is_read_back(calendar):
    kept = json.loads(json.dumps(encode(runs(calendar), LaneKind.AVAILABILITY)))

    assert decode(kept, LaneKind.AVAILABILITY) == calendar


@given(prices)
def test_a_kept_price_calendar_is_read_back_to_the_last_decimal(calendar):
    kept = json.loads(json.dumps(encode(runs(calendar), LaneKind.RATES)))

    read = decode(kept, LaneKind.RATES)

    assert read == calendar
    assert all(isinstance(field, bool) for cell in read.values() for field in cell[4:])


def test_a_plain_price_is_kept_short():
    found = [Run(night(1), night(3), Cell(Decimal("1E+2"))), Run(night(4), night(4), Cell(None, stop_sell=True))]

    assert encode(found, LaneKind.RATES) == [
        ["2026-01-01", 3, ["100"]],
        ["2026-01-04", 1, [None, 1, 1, 0, 0, 0, 1]],
    ]


def test_a_price_has_no_place_in_an_availability_calendar():
    with pytest.raises(TypeError, match="no place"):
        encode([Run(night(1), night(1), Cell(Decimal(90)))], LaneKind.AVAILABILITY)
    with pytest.raises(TypeError, match="no place"):
        encode([Run(night(1), night(1), 4)], LaneKind.RATES)


@pytest.mark.parametrize(
    "data", [[["2026-01-01", 1]], [["someday", 1, ["9"]]], [["2026-01-01", 1, ["x"]]], [["2026-01-01", 1, []]], [7]]
)
def test_a_calendar_we_did_not_write_is_refused(data):
    with pytest.raises(ValueError, match="not a calendar"):
        decode(data, LaneKind.RATES)


def test_nights_that_close_or_fall_go_before_those_that_rise():
    known = {night(1): 5, night(2): 5, night(3): 1, night(4): 1}
    found = [Run(night(1), night(4), 3), Run(night(6), night(6), 0), Run(night(7), night(7), 4)]

    lower, rest = decreases_first(found, known)

    assert lower == [Run(night(1), night(2), 3), Run(night(6), night(6), 0)]
    assert rest == [Run(night(3), night(4), 3), Run(night(7), night(7), 4)]


@given(availability, availability)
def test_sending_decreases_first_loses_no_night(desired, known):
    found = changes(desired, known)

    lower, rest = decreases_first(found, known)

    assert expand(lower) | expand(rest) == expand(found)
    assert not expand(lower).keys() & expand(rest).keys()
    assert all(value < known.get(night, 1) for night, value in expand(lower).items())


def test_prices_neither_fall_nor_rise():
    with pytest.raises(TypeError, match="only availability"):
        decreases_first([Run(night(1), night(1), Cell(None))], {})


def test_a_night_sent_again_at_the_same_number_is_no_decrease():
    assert decreases_first([Run(night(1), night(1), 3)], {night(1): 3}) == ([], [Run(night(1), night(1), 3)])
