"""What an OTA is shown of the rooms that are free."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as some

from portal.domain.channel_limits import LimitKind, covers, days_of, mask, shown


@pytest.mark.parametrize(
    ("kind", "units", "free", "seen"),
    [(LimitKind.CLOSED, 0, 7, 0), (LimitKind.FEWER, 2, 7, 5), (LimitKind.FEWER, 9, 7, 0), (LimitKind.AT_MOST, 3, 7, 3),
     (LimitKind.AT_MOST, 9, 7, 7)],
)  # fmt: skip
def test_a_limit_takes_away(kind: LimitKind, units: int, free: int, seen: int) -> None:
    assert shown(kind, units, free) == seen


@given(some.sampled_from(LimitKind), some.integers(0, 999), some.integers(0, 999))
def test_a_limit_never_shows_a_room_that_is_not_free(kind: LimitKind, units: int, free: int) -> None:
    assert 0 <= shown(kind, units, free) <= free


def test_both_ends_and_only_the_chosen_weekdays_are_limited() -> None:
    first, last = date(2026, 12, 4), date(2026, 12, 18)  # Fridays
    fridays = mask([4])

    assert covers(first, last, fridays, first) and covers(first, last, fridays, last)
    assert not covers(first, last, fridays, date(2026, 12, 5))
    assert covers(first, None, fridays, date(2030, 1, 4))


@given(some.sets(some.integers(0, 6)))
def test_a_mask_says_its_days(days: set[int]) -> None:
    assert days_of(mask(list(days))) == sorted(days)
