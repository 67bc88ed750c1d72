from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.domain.availability import available, fill, oversold
from portal.domain.nights import Window

counts = st.integers(0, 50)


@pytest.mark.parametrize(
    ("units", "taken", "waiting", "unplaced", "left", "over"),
    [
        (10, 0, 0, 0, 10, 0),
        (10, 4, 1, 2, 3, 0),
        (10, 10, 0, 0, 0, 0),
        (10, 10, 0, 1, 0, 1),
        (0, 0, 0, 2, 0, 2),  # a room type without rooms, sold all the same
    ],
)
def test_what_is_left_is_units_less_every_claim(units, taken, waiting, unplaced, left, over):
    assert available(units, taken, waiting, unplaced) == left
    assert oversold(units, taken, waiting, unplaced) == over


@given(counts, counts, counts, counts)
def test_availability_is_never_negative_and_no_claim_is_lost(units, taken, waiting, unplaced):
    left = available(units, taken, waiting, unplaced)
    over = oversold(units, taken, waiting, unplaced)

    assert left >= 0
    assert over >= 0
    assert units - left + over == taken + waiting + unplaced


def test_a_negative_count_is_refused():
    with pytest.raises(ValueError, match="from zero"):
        available(10, -1)


def test_every_night_of_a_window_has_a_number():
    window = Window(date(2026, 1, 1), date(2026, 1, 3))

    left = fill(window, 5, {date(2026, 1, 2): 4}, unplaced={date(2026, 1, 2): 2, date(2026, 1, 9): 1})

    assert left == {date(2026, 1, 1): 5, date(2026, 1, 2): 0, date(2026, 1, 3): 5}
