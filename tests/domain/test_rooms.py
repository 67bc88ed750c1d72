from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from portal.domain.nights import each, nights
from portal.domain.rooms import Stay, assign

ROOMS = ["101", "102", "103"]
ALL_JUNE = each(date(2026, 6, 1), date(2026, 6, 30))


def june(day: int) -> date:
    return date(2026, 6, day)


def free(*stretches: tuple[int, int]) -> list[date]:
    return [night for first, last in stretches for night in each(june(first), june(last))]


stays = st.lists(
    st.builds(
        lambda start, length, current: (june(start), june(start + length), current),
        st.integers(1, 20),
        st.integers(1, 6),
        st.sampled_from([None, *ROOMS, "999"]),
    ),
    max_size=8,
).map(lambda drawn: [Stay(number, *wish) for number, wish in enumerate(drawn)])


def test_the_first_room_of_the_house_is_taken_when_all_are_alike():
    given_rooms = assign(dict.fromkeys(ROOMS, ALL_JUNE), ROOMS, [Stay("a", june(5), june(8))])

    assert given_rooms == {"a": "101"}


def test_a_stay_goes_where_it_leaves_the_fewest_gaps():
    calendar = {
        "101": ALL_JUNE,  # a gap before and one after
        "102": free((5, 30)),  # one after
        "103": free((1, 3), (5, 7), (20, 30)),  # none
    }

    assert assign(calendar, ROOMS, [Stay("a", june(5), june(8))]) == {"a": "103"}
    assert assign(calendar, ROOMS, [Stay("a", june(5), june(10))]) == {"a": "102"}


def test_of_rooms_with_as_many_gaps_the_one_with_the_shorter_gap_is_taken():
    calendar = {"101": free((5, 20)), "102": free((5, 9))}

    assert assign(calendar, ["101", "102"], [Stay("a", june(5), june(8))]) == {"a": "102"}


def test_a_guest_keeps_the_room_while_it_is_free_even_before_those_who_ask_first():
    calendar = {"101": free((5, 7)), "102": ALL_JUNE}
    asking = [Stay("new", june(5), june(8)), Stay("old", june(5), june(8), current="101")]

    assert assign(calendar, ROOMS, asking) == {"new": "102", "old": "101"}


def test_a_guest_whose_room_is_gone_gets_another():
    calendar = {"101": free((1, 5)), "102": ALL_JUNE}

    assert assign(calendar, ROOMS, [Stay("a", june(5), june(8), current="101")]) == {"a": "102"}


def test_a_stay_that_fits_nowhere_stays_without_a_room():
    calendar = {"101": free((5, 6)), "102": free((7, 9))}

    assert assign(calendar, ROOMS, [Stay("a", june(5), june(8)), Stay("b", june(7), june(9))]) == {
        "a": None,
        "b": "102",
    }


@given(stays, st.lists(st.sets(st.sampled_from(ALL_JUNE)), min_size=3, max_size=3))
def test_no_room_is_given_twice_for_a_night_nor_when_it_is_not_free(asking, calendars):
    calendar = dict(zip(ROOMS, calendars, strict=True))

    given_rooms = assign(calendar, ROOMS, asking)

    taken = [
        (room, night)
        for stay in asking
        if (room := given_rooms[stay.id]) is not None
        for night in nights(stay.check_in, stay.check_out)
    ]
    assert len(taken) == len(set(taken))
    assert all(night in calendar[room] for room, night in taken)


def test_one_long_gap_is_better_than_two_short_ones():
    calendar = {"101": free((4, 8)), "102": free((5, 30))}

    assert assign(calendar, ["101", "102"], [Stay("a", june(5), june(8))]) == {"a": "102"}
