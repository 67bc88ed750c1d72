"""Spans of nights in lines."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.domain.nights import Window, each, nights
from portal.domain.tape import Span, lines, stretches

DAY = date(2031, 5, 1)
WINDOW = Window(DAY, DAY + timedelta(days=9))


def day(number):
    return DAY + timedelta(days=number)


def span(start, end, what="x"):
    return Span(day(start), day(end), what)


def test_who_arrives_on_the_day_another_leaves_follows_on_the_same_line():
    assert lines([span(2, 4), span(0, 2)]) == [[span(0, 2), span(2, 4)]]


def test_stays_over_each_other_take_a_line_each():
    assert len(lines([span(0, 3), span(2, 4), span(3, 5)])) == 2


def test_a_line_covers_each_night_once():
    found = stretches([span(-2, 1, "in"), span(3, 5, "mid"), span(9, 12, "out")], WINDOW)

    shape = [(each.nights, each.span.what if each.span else "", each.cut_left, each.cut_right) for each in found]
    free = (1, "", False, False)
    assert shape == [(1, "in", True, False), free, free, (2, "mid", False, False), *[free] * 4, (1, "out", False, True)]


def test_what_ended_before_the_window_or_begins_after_it_is_not_drawn():
    assert all(each.span is None for each in stretches([span(-3, 0), span(10, 12)], WINDOW))


def test_a_line_with_two_stays_over_each_other_is_a_mistake():
    with pytest.raises(ValueError, match="two spans"):
        stretches([span(0, 3), span(2, 4)], WINDOW)


@given(st.lists(st.tuples(st.integers(-20, 30), st.integers(1, 15)), max_size=30))
def test_every_stay_has_its_place_and_every_night_of_a_line_is_covered_once(drawn):
    spans = [span(start, start + length, number) for number, (start, length) in enumerate(drawn)]

    laid = lines(spans)

    assert sorted(each.what for line in laid for each in line) == list(range(len(spans)))
    for line in laid:
        pieces = stretches(line, WINDOW)
        covered = [night for piece in pieces for night in nights(piece.first, piece.first + timedelta(piece.nights))]
        assert covered == each(*WINDOW)
