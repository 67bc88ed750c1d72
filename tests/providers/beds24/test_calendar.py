"""Units, prices, stays and closings at the wire: what is sent, and what each answer is taken to mean."""

from __future__ import annotations

import json
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.beds24 import ari
from providers.beds24.calendar import LARGEST_BATCH, LOCKED
from providers.errors import Malformed, RateLimited
from providers.types import CalendarChange, Cell, LaneKind, RoomNights, Run, Verdict, VerdictKind
from tests.providers.beds24 import BASE, PLAN, PROPERTY, ROOM_TYPE, make_beds24, page

CALENDAR = f"{BASE}/inventory/rooms/calendar"
CELL = Cell(Decimal("129.50"), 2, 1, 0)
CLOSED = CELL._replace(stop_sell=True)
ACCEPTED, WARNED, REFUSED = VerdictKind.ACCEPTED, VerdictKind.WARNED, VerdictKind.REFUSED
TAKEN = {"success": True, "modified": {}}


def night(day: int) -> date:
    return date(2027, 3, day)


def nights(first: int, last: int) -> list[date]:
    return [night(day) for day in range(first, last + 1)]


def units(first: int, last: int, value: int = 3, room_type: str = ROOM_TYPE) -> CalendarChange:
    return CalendarChange(LaneKind.AVAILABILITY, room_type, Run(night(first), night(last), value))


def price(first: int, last: int, cell: Cell = CELL, plan: str = PLAN) -> CalendarChange:
    return CalendarChange(LaneKind.RATES, plan, Run(night(first), night(last), cell))


def wanted(first: int, last: int, available: int = 3, **cells: Cell) -> dict[str, RoomNights]:
    """What is wanted of the room type: units, and a cell for each of its slots (`slot1`, `slot2`, …)."""
    held = {f"{ROOM_TYPE}:{slot[4:]}": dict.fromkeys(nights(first, last), cell) for slot, cell in cells.items()}
    return {ROOM_TYPE: RoomNights(dict.fromkeys(nights(first, last), available), held)}


def push(wire, answer, *changes: CalendarChange, rooms=None) -> tuple[Verdict, ...]:
    wire.post(CALENDAR, json=answer, status=201)
    return make_beds24().push_calendar(PROPERTY, changes[0].kind, changes, rooms).verdicts


def sent(wire, call: int = -1) -> list[dict]:
    return json.loads(wire.calls[call].request.body)


def calendar(*days: dict, room_id=555001) -> dict:
    return page({"roomId": room_id, "propertyId": 555, "name": "Double", "calendar": list(days)}, kind="calendar")


def sends_day(wire, change: CalendarChange, rooms=None) -> dict:
    """The one range a push of one change sends."""
    push(wire, [TAKEN], change, rooms=rooms)
    ((only,),) = [room["calendar"] for room in sent(wire)]
    return only


def test_units_of_several_rooms_leave_in_one_call_as_ranges_that_hold_their_last_night(wire):
    verdicts = push(wire, [TAKEN, TAKEN], units(1, 5), units(6, 6, 0), units(1, 2, 7, "555002"))

    assert sent(wire) == [
        {
            "roomId": 555001,
            "calendar": [
                {"from": "2027-03-01", "to": "2027-03-05", "numAvail": 3},
                {"from": "2027-03-06", "to": "2027-03-06", "numAvail": 0},
            ],
        },
        {"roomId": 555002, "calendar": [{"from": "2027-03-01", "to": "2027-03-02", "numAvail": 7}]},
    ]
    assert [verdict.kind for verdict in verdicts] == [ACCEPTED] * 3


def test_a_price_goes_into_its_slot_with_the_rooms_stays_and_closing(wire):
    day = sends_day(wire, price(1, 3), wanted(1, 3, slot1=CELL))

    assert day == {
        "from": "2027-03-01",
        "to": "2027-03-03",
        "price1": 129.5,
        "minStay": 2,
        "maxStay": 364,
        "override": "none",
        "numAvail": 3,
    }


@pytest.mark.parametrize(
    ("arrival", "departure", "override"),
    [(True, False, "noCheckIn"), (False, True, "noCheckOut"), (True, True, "noCheckInOrCheckOut")],
)
def test_closed_to_arrival_and_departure_are_overrides(wire, arrival, departure, override):
    cell = CELL._replace(closed_to_arrival=arrival, closed_to_departure=departure)

    assert sends_day(wire, price(1, 1, cell), wanted(1, 1, slot1=cell))["override"] == override


def test_stop_sell_of_every_plan_is_a_blackout_that_keeps_the_price(wire):
    day = sends_day(wire, price(1, 1, CLOSED), wanted(1, 1, slot1=CLOSED, slot2=CLOSED))

    assert (day["override"], day["price1"]) == ("blackout", 129.5)


def test_stop_sell_of_one_plan_takes_its_price_and_leaves_the_other_open(wire):
    day = sends_day(wire, price(1, 1, CLOSED), wanted(1, 1, slot1=CLOSED, slot2=CELL))

    assert (day["override"], day["price1"]) == ("none", None)
    assert "price2" not in day


def test_a_night_without_a_price_is_closed_by_having_none(wire):
    unpriced = CELL._replace(rate=None)

    day = sends_day(wire, price(1, 1, unpriced), wanted(1, 1, slot1=unpriced))

    assert (day["override"], day["price1"]) == ("none", None)


def test_lifting_a_blackout_names_the_units_or_all_of_them_would_be_sold(wire):
    day = sends_day(wire, price(1, 1), wanted(1, 1, available=1, slot1=CELL))

    assert (day["override"], day["numAvail"]) == ("none", 1)


def test_the_strictest_of_the_open_plans_counts_for_the_room(wire):
    strict = Cell(Decimal(90), 1, 4, 10, True)
    long = CELL._replace(max_stay=14)
    shut = Cell(Decimal(80), 28, 28, 1, False, True, True)

    day = sends_day(wire, price(1, 1, long), wanted(1, 1, slot1=long, slot2=strict, slot3=shut))

    assert (day["minStay"], day["maxStay"], day["override"]) == (4, 10, "noCheckIn")


@pytest.mark.parametrize(
    ("rate", "written"), [("120", "120"), ("120.00", "120"), ("99.95", "99.95"), ("12000", "12000")]
)
def test_money_is_a_number_of_major_units(wire, rate, written):
    cell = CELL._replace(rate=Decimal(rate))

    push(wire, [TAKEN], price(1, 1, cell), rooms=wanted(1, 1, slot1=cell))

    assert f'"price1":{written}' in wire.calls[-1].request.body.decode().replace(" ", "")


def test_stays_beyond_what_beds24_takes_are_cut_to_its_longest(wire):
    cell = CELL._replace(min_stay_through=500, max_stay=900)

    day = sends_day(wire, price(1, 1, cell), wanted(1, 1, slot1=cell))

    assert (day["minStay"], day["maxStay"]) == (365, 364)


def test_without_known_units_a_blackout_is_looked_for_and_left_alone(wire):
    wire.get(
        CALENDAR,
        json=calendar(
            {"from": "2027-03-01", "to": "2027-03-01", "override": "none"},
            {"from": "2027-03-02", "to": "2027-03-03", "override": "blackout"},
        ),
    )

    verdicts = push(wire, [TAKEN], price(1, 3))

    assert wire.calls[0].request.params == {
        "roomId": "555001",
        "includeOverride": "true",
        "startDate": "2027-03-01",
        "endDate": "2027-03-03",
    }
    (room,) = sent(wire)
    assert [("override" in day, day["price1"]) for day in room["calendar"]] == [(True, 129.5), (False, 129.5)]
    assert all("numAvail" not in day for day in room["calendar"])
    assert [(verdict.kind, verdict.nights) for verdict in verdicts] == [
        (REFUSED, (night(2), night(3))),
        (ACCEPTED, (night(1),)),
    ]
    assert verdicts[0].reason == LOCKED


def test_a_plan_that_is_to_be_closed_has_nothing_against_a_blackout(wire):
    wire.get(CALENDAR, json=calendar({"from": "2027-03-01", "to": "2027-03-01", "override": "blackout"}))

    (verdict,) = push(wire, [TAKEN], price(1, 1, CLOSED))

    assert verdict.kind is ACCEPTED
    assert "override" not in sent(wire)[0]["calendar"][0]


@pytest.mark.parametrize(
    ("item", "kind", "reason"),
    [
        ({"success": True, "modified": {"id": 1}}, ACCEPTED, ""),
        ({"success": True}, ACCEPTED, ""),
        (
            {"success": True, "warnings": [{"action": "process inventory rooms calendar", "message": "date in past"}]},
            WARNED,
            "date in past",
        ),
        ({"success": False, "errors": [{"field": "from", "message": "invalid dates"}]}, REFUSED, "from invalid dates"),
        ({"success": False, "warnings": [{"field": "price1", "message": "Invalid"}]}, REFUSED, "price1 Invalid"),
        ({"success": False}, REFUSED, "refused without a reason"),
        ({"success": False, "errors": "no"}, REFUSED, "no"),
        ({"success": True, "errors": [{}]}, WARNED, "no reason given"),
    ],
)
def test_a_201_is_a_success_only_where_its_item_says_so(wire, item, kind, reason):
    (verdict,) = push(wire, [item], units(1, 3))

    assert (verdict.kind, verdict.reason, verdict.nights) == (kind, reason, ())


def test_the_rooms_own_longest_stay_is_no_complaint_when_we_ask_for_none(wire):
    clamped = [{"success": True, "warnings": [{"field": "maxStay", "message": "changed to 30"}]}]

    (free,) = push(wire, clamped, price(1, 1), rooms=wanted(1, 1, slot1=CELL))
    limited = CELL._replace(max_stay=60)
    (ours,) = push(wire, clamped, price(1, 1, limited), rooms=wanted(1, 1, slot1=limited))

    assert (free.kind, ours.kind) == (ACCEPTED, WARNED)


def test_fifty_rooms_leave_in_a_call_and_only_the_failed_ones_are_refused(wire):
    failed = {"success": False, "errors": [{"message": "room closed"}]}
    changes = [units(1, 1, 1, str(1000 + number)) for number in range(LARGEST_BATCH + 5)]
    wire.post(CALENDAR, json=[failed if number < 30 else TAKEN for number in range(LARGEST_BATCH)], status=201)
    wire.post(CALENDAR, json=[TAKEN] * 5, status=201)

    result = make_beds24().push_calendar(PROPERTY, LaneKind.AVAILABILITY, changes)

    assert [len(sent(wire, call)) for call in range(2)] == [50, 5]
    assert [verdict.change for verdict in result.verdicts] == changes
    assert [verdict.kind for verdict in result.verdicts] == [REFUSED] * 30 + [ACCEPTED] * 25


def test_a_body_near_a_megabyte_is_split(wire):
    changes = [
        CalendarChange(
            LaneKind.AVAILABILITY,
            str(1000 + number),
            Run(night(1) + timedelta(days=offset), night(1) + timedelta(days=offset), offset % 2),
        )
        for number in range(40)
        for offset in range(500)
    ]
    sizes: list[int] = []

    def answer(request):
        sizes.append(len(request.body))
        return 201, {}, json.dumps([TAKEN] * len(json.loads(request.body)))

    wire.add_callback("POST", CALENDAR, answer)

    result = make_beds24().push_calendar(PROPERTY, LaneKind.AVAILABILITY, changes)

    assert len(sizes) == 2 and max(sizes) < 1_000_000
    assert all(verdict.kind is ACCEPTED for verdict in result.verdicts)


@pytest.mark.parametrize("body", [{"success": True}, [], [TAKEN, TAKEN], ["ok"], [{}], [{"success": "yes"}], None])
def test_an_answer_that_does_not_cover_each_room_is_no_success(wire, body):
    with pytest.raises(Malformed):
        push(wire, body, units(1, 1))


@pytest.mark.parametrize("product", ["", "abc", "0", "555001:0", "555001:17", "555001:1:1", "٣:1", "-5:1"])
def test_a_product_beds24_cannot_have_is_refused_without_a_call(product):
    for kind, value in ((LaneKind.RATES, CELL), (LaneKind.AVAILABILITY, 1)):
        change = CalendarChange(kind, product, Run(night(1), night(1), value))
        (verdict,) = make_beds24().push_calendar(PROPERTY, kind, [change]).verdicts
        assert (verdict.kind, verdict.change) == (REFUSED, change)


def test_nothing_to_send_is_not_a_call():
    assert make_beds24().push_calendar(PROPERTY, LaneKind.RATES, []).verdicts == ()


def test_used_up_credits_stop_a_push(wire):
    wire.post(CALENDAR, json={}, status=429, headers={"x-five-min-limit-resets-in": "77"})

    with pytest.raises(RateLimited) as caught:
        make_beds24().push_calendar(PROPERTY, LaneKind.AVAILABILITY, [units(1, 1)])
    assert caught.value.retry_after == 77


def test_units_are_read_from_compressed_ranges_whatever_their_type(wire):
    wire.get(
        CALENDAR,
        json=calendar(
            {"from": "2027-02-20", "to": "2027-03-02", "numAvail": "3", "override": "none", "price1": 120},
            {"from": "2027-03-03", "to": "2027-03-03", "numAvail": -1, "override": "none", "price1": 120},
            {"from": "2027-03-04", "to": "2027-03-04", "numAvail": 0, "override": "blackout", "price1": 120},
            {"from": "2027-03-05", "to": "2027-03-05", "numAvail": 0, "override": "none"},
            {"from": "2027-03-06", "to": "2027-03-09", "numAvail": 0, "override": "none", "price2": "99.5"},
        ),
    )

    found = make_beds24().read_calendar(PROPERTY, LaneKind.AVAILABILITY, [ROOM_TYPE, "7"], night(1), night(7))

    # The 4th, under a blackout, and the 5th, without a price, read 0 whatever is on sale.
    assert found == {
        ROOM_TYPE: [Run(night(1), night(2), 3), Run(night(3), night(3), -1), Run(night(6), night(7), 0)],
        "7": [],
    }
    assert wire.calls[0].request.params == {
        "roomId": ["555001", "7"],
        "propertyId": "555",
        "includeNumAvail": "true",
        "includeOverride": "true",
        "includePrices": "true",
        "startDate": "2027-03-01",
        "endDate": "2027-03-07",
    }


def test_cells_of_a_slot_are_read_with_the_rooms_restrictions(wire):
    wire.get(
        CALENDAR,
        json=calendar(
            {
                "from": "2027-03-01",
                "to": "2027-03-02",
                "minStay": 2,
                "maxStay": 365,
                "override": "none",
                "price1": 129.5,
            },
            {
                "from": "2027-03-03",
                "to": "2027-03-03",
                "minStay": "1",
                "maxStay": 14,
                "override": "noCheckIn",
                "price1": 90,
            },
            {"from": "2027-03-04", "to": "2027-03-04", "override": "noCheckInOrCheckOut", "price2": 1},
            {"from": "2027-03-05", "to": "2027-03-05", "override": "blackout", "price1": 90},
            {"from": "2027-03-06", "to": "2027-03-06", "override": ["odd"], "price1": 0},
        ),
    )

    found = make_beds24().read_calendar(PROPERTY, LaneKind.RATES, [PLAN], night(1), night(6))

    assert found[PLAN] == [
        Run(night(1), night(2), Cell(Decimal("129.5"), 2, 2)),
        Run(night(3), night(3), Cell(Decimal(90), 1, 1, 14, True)),
        Run(night(4), night(4), Cell(None, 1, 1, 0, True, True)),
        Run(night(5), night(5), Cell(Decimal(90), stop_sell=True)),
        Run(night(6), night(6), Cell(None)),
    ]


@pytest.mark.parametrize(
    "days",
    [
        None,
        ["x"],
        [{"from": "2027-03-01"}],
        [{"from": "2027-03-02", "to": "2027-03-01"}],
        [{"from": "2027-03-01", "to": "2999-03-01"}],
        [{"from": "01.03.2027", "to": "2027-03-01"}],
        [{"from": "2027-03-01", "to": "2027-03-01", "numAvail": 1.5}],
        [{"from": "2027-03-01", "to": "2027-03-01", "numAvail": "many"}],
    ],
)
def test_a_calendar_that_cannot_be_read_is_no_empty_calendar(wire, days):
    wire.get(CALENDAR, json=page({"roomId": 555001, "calendar": days}, kind="calendar"))

    with pytest.raises(Malformed):
        make_beds24().read_calendar(PROPERTY, LaneKind.AVAILABILITY, [ROOM_TYPE], night(1), night(3))


@pytest.mark.parametrize(
    ("wanted", "seen", "same"),
    [
        (3, 3, True),
        (3, 2, False),
        (0, -2, True),  # overbooked: nothing is on sale
        (1, -2, False),
        (CELL, CELL._replace(min_stay_arrival=2, min_stay_through=2), True),
        (CELL, CELL._replace(rate=Decimal(130)), False),
        (CELL, CELL._replace(min_stay_arrival=3), False),
        (CELL, CELL._replace(max_stay=30), True),  # the room's own limit
        (CELL._replace(max_stay=14), CELL._replace(max_stay=30), False),
        (CELL, CELL._replace(closed_to_arrival=True), False),
        (CELL, CELL._replace(closed_to_departure=True), False),
        (CELL, CLOSED, False),
        (CLOSED, CELL, False),
        (CLOSED, Cell(None), True),
        (Cell(None), CLOSED, True),
        (CELL, 3, False),
    ],
)
def test_drift_is_told_from_beds24s_ways(wanted, seen, same):
    assert make_beds24().agrees(wanted, seen) is same


cells = st.builds(
    Cell,
    st.none() | st.decimals("0.01", "9999", places=2),
    st.integers(1, 30),
    st.integers(1, 30),
    st.integers(0, 60),
    st.booleans(),
    st.booleans(),
    st.booleans(),
)


@given(st.lists(cells, min_size=1, max_size=4), st.integers(0, 9))
def test_what_is_sent_reads_back_as_what_the_room_was_to_hold(asked, available):
    plans = {f"{ROOM_TYPE}:{slot}": {night(1): cell} for slot, cell in enumerate(asked, start=1)}
    room = RoomNights({night(1): available}, plans)

    written = ari.ranges(ari.price_days(plans, room, frozenset()).days)
    seen = ari.read_days(json.loads(json.dumps(written), parse_float=str), "x")
    held = ari.as_held({plan: cells[night(1)] for plan, cells in plans.items()})

    for slot, plan in enumerate(plans, start=1):
        assert ari.agrees(held[plan], ari.seen_cells(seen, slot, "x")[night(1)])


@given(st.dictionaries(st.integers(0, 60), st.integers(0, 2), max_size=40))
def test_ranges_say_what_the_nights_say_in_the_fewest_words(values):
    days = {night(1) + timedelta(days=offset): {"numAvail": value} for offset, value in values.items()}

    written = ari.ranges(days)

    assert {n: {"numAvail": entry["numAvail"]} for n, entry in ari.read_days(written, "x").items()} == days
    for before, after in zip(written, written[1:], strict=False):
        touching = date.fromisoformat(before["to"]) + timedelta(days=1) == date.fromisoformat(after["from"])
        assert not (touching and before["numAvail"] == after["numAvail"])
