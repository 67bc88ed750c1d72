from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.domain.nights import (
    ONE_NIGHT,
    Window,
    clip,
    each,
    local_time_to_utc,
    local_today,
    nights,
    parse_date,
    stay_window,
    union,
    windows_of,
)

days = st.dates(date(2025, 1, 1), date(2027, 12, 31))
windows = st.builds(lambda first, length: Window(first, first + timedelta(days=length)), days, st.integers(0, 40))


def jan(day: int) -> date:
    return date(2026, 1, day)


def test_the_day_of_departure_is_not_a_night():
    assert nights(jan(5), jan(8)) == [jan(5), jan(6), jan(7)]
    assert stay_window(jan(5), jan(8)) == Window(jan(5), jan(7))


@pytest.mark.parametrize("check_out", [jan(5), jan(4)])
def test_a_stay_without_a_night_is_refused(check_out):
    with pytest.raises(ValueError, match="not after arrival"):
        nights(jan(5), check_out)


@pytest.mark.parametrize(
    ("check_in", "check_out", "count"),
    [
        (date(2026, 3, 27), date(2026, 3, 31), 4),  # Europe loses an hour
        (date(2026, 10, 23), date(2026, 10, 27), 4),  # and gains one
        (date(2028, 2, 28), date(2028, 3, 1), 2),  # leap year
        (date(2011, 12, 29), date(2012, 1, 1), 3),  # Apia skipped the 30th; the calendar did not
    ],
)
def test_clocks_do_not_change_the_number_of_nights(check_in, check_out, count):
    assert len(nights(check_in, check_out)) == count == (check_out - check_in).days


@pytest.mark.parametrize(
    ("given_windows", "merged"),
    [
        ([], []),
        ([Window(jan(1), jan(3)), Window(jan(4), jan(6))], [Window(jan(1), jan(6))]),
        ([Window(jan(5), jan(6)), Window(jan(1), jan(3))], [Window(jan(1), jan(3)), Window(jan(5), jan(6))]),
        ([Window(jan(1), jan(9)), Window(jan(2), jan(3))], [Window(jan(1), jan(9))]),
        ([Window(jan(1), jan(1)), Window(jan(1), jan(1))], [Window(jan(1), jan(1))]),
    ],
)
def test_windows_that_touch_become_one(given_windows, merged):
    assert union(*given_windows) == merged


def test_a_window_that_ends_before_it_begins_is_refused():
    with pytest.raises(ValueError, match="ends before"):
        union(Window(jan(3), jan(1)))


@given(st.lists(windows, max_size=8))
def test_a_union_holds_the_same_nights_in_the_fewest_windows(several):
    merged = union(*several)

    assert {night for window in merged for night in each(*window)} == {
        night for window in several for night in each(*window)
    }
    assert all(later.first - earlier.last > ONE_NIGHT for earlier, later in zip(merged, merged[1:], strict=False))


@given(st.sets(days, max_size=30))
def test_windows_of_some_nights_hold_exactly_those(some):
    assert {night for window in windows_of(some) for night in each(*window)} == some


@pytest.mark.parametrize(
    ("window", "clipped"),
    [
        (Window(jan(1), jan(31)), Window(jan(10), jan(20))),
        (Window(jan(12), jan(14)), Window(jan(12), jan(14))),
        (Window(jan(20), jan(25)), Window(jan(20), jan(20))),
        (Window(jan(1), jan(9)), None),
        (Window(jan(21), jan(22)), None),
    ],
)
def test_a_window_is_clipped_to_the_nights_we_sell(window, clipped):
    assert clip(window, jan(10), jan(20)) == clipped


@pytest.mark.parametrize(
    ("timezone", "today"),
    [
        ("Pacific/Apia", date(2026, 6, 2)),
        ("Europe/Helsinki", date(2026, 6, 1)),
        ("America/Sao_Paulo", date(2026, 6, 1)),
        ("Pacific/Pago_Pago", date(2026, 6, 1)),
    ],
)
def test_today_is_the_propertys_today(timezone, today):
    assert local_today(datetime(2026, 6, 1, 12, 30, tzinfo=UTC), timezone) == today


def test_a_moment_without_time_zone_has_no_today():
    with pytest.raises(ValueError, match="time zone"):
        local_today(datetime(2026, 6, 1, 12), "Europe/Helsinki")


@pytest.mark.parametrize("timezone", ["Europe/Atlantis", "", "../etc/passwd", "Europe", "\x00"])
def test_an_unknown_time_zone_is_refused(timezone):
    with pytest.raises(ValueError, match="time zone"):
        local_today(datetime(2026, 6, 1, 12, tzinfo=UTC), timezone)


@pytest.mark.parametrize(
    ("day", "at", "timezone", "utc"),
    [
        (date(2026, 1, 15), time(3), "Europe/Berlin", datetime(2026, 1, 15, 2, tzinfo=UTC)),
        (date(2026, 7, 15), time(3), "Europe/Berlin", datetime(2026, 7, 15, 1, tzinfo=UTC)),
        # 29 March 02:30 does not exist in Berlin: 03:30 summer time.
        (date(2026, 3, 29), time(2, 30), "Europe/Berlin", datetime(2026, 3, 29, 1, 30, tzinfo=UTC)),
        # 25 October 02:30 happens twice: the first, still summer time.
        (date(2026, 10, 25), time(2, 30), "Europe/Berlin", datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),
        (date(2011, 12, 30), time(12), "Pacific/Apia", datetime(2011, 12, 30, 22, tzinfo=UTC)),
    ],
)
def test_a_local_time_becomes_one_instant_whatever_the_clocks_do(day, at, timezone, utc):
    assert local_time_to_utc(day, at, timezone) == utc


def test_a_local_time_brings_no_time_zone():
    with pytest.raises(ValueError, match="time zone"):
        local_time_to_utc(jan(1), time(3, tzinfo=UTC), "Europe/Berlin")


@given(days)
def test_a_written_date_is_read_back(day):
    assert parse_date(day.isoformat()) == day


@pytest.mark.parametrize(
    "text",
    [
        "2026-W05-1",
        "20260105",
        "2026-1-5",
        "2026-02-29",
        "2026-13-01",
        "1899-12-31",
        "3000-01-01",
        "0001-01-01",
        "٢٠٢٦-٠١-٠٥",
        " 2026-01-05",
        "2026-01-05\n",
        "2026-01-05T00:00",
        "",
        None,
        20260105,
    ],
)
def test_what_is_not_a_plain_calendar_date_is_refused(text):
    with pytest.raises(ValueError, match=r"date|year|day|month"):
        parse_date(text)
