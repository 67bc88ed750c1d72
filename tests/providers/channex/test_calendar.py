"""Availability and prices at the wire: what is sent, and what each answer is taken to mean."""

from __future__ import annotations

import json
from datetime import date, timedelta
from decimal import Decimal

import pytest
import responses

from providers.channex import ari
from providers.errors import Malformed, RateLimited, Rejected
from providers.http import HttpClient
from providers.registry import connect
from providers.types import CalendarChange, Cell, LaneKind, Run, Verdict, VerdictKind
from tests.providers.channex import BASE, OPTION, PROPERTY, RATE_PLAN, ROOM_TYPE, make_channex, recorded

TASK = {"data": [{"id": "task-1", "type": "task"}], "meta": {"message": "Success"}}
CELL = Cell(Decimal("310.5"), 2, 1, 0, True, False, False)
ACCEPTED, WARNED = VerdictKind.ACCEPTED, VerdictKind.WARNED


def night(day: int) -> date:
    return date(2026, 11, day)


def units(first: int, last: int, value: int = 3, room_type: str = ROOM_TYPE) -> CalendarChange:
    return CalendarChange(LaneKind.AVAILABILITY, room_type, Run(night(first), night(last), value))


def price(first: int, last: int, cell: Cell = CELL, rate_plan: str = RATE_PLAN) -> CalendarChange:
    return CalendarChange(LaneKind.RATES, rate_plan, Run(night(first), night(last), cell))


def warned(warning, **echo) -> dict:
    return {
        "data": [{"id": "task-1", "type": "task"}],
        "meta": {"message": "Success", "warnings": [{"warning": warning, "property_id": PROPERTY, **echo}]},
    }


@pytest.fixture
def wire():
    with responses.RequestsMock() as wire:
        yield wire


def push(wire, body, *changes: CalendarChange) -> tuple[Verdict, ...]:
    kind = changes[0].kind
    wire.post(f"{BASE}/{'availability' if kind is LaneKind.AVAILABILITY else 'restrictions'}", json=body)
    return make_channex().push_calendar(PROPERTY, kind, changes).verdicts


def sent(wire) -> list[dict]:
    return json.loads(wire.calls[-1].request.body)["values"]


def test_availability_of_several_rooms_leaves_in_one_call(wire):
    push(wire, TASK, units(21, 21, 7), units(10, 16, 3, "other-room"))

    assert sent(wire) == [
        {"property_id": PROPERTY, "room_type_id": ROOM_TYPE, "date": "2026-11-21", "availability": 7},
        {
            "property_id": PROPERTY,
            "room_type_id": "other-room",
            "date_from": "2026-11-10",
            "date_to": "2026-11-16",
            "availability": 3,
        },
    ]


def test_a_whole_cell_is_sent_with_money_as_text(wire):
    push(wire, TASK, price(1, 10))

    assert sent(wire) == [
        {
            "property_id": PROPERTY,
            "rate_plan_id": RATE_PLAN,
            "date_from": "2026-11-01",
            "date_to": "2026-11-10",
            "rate": "310.50",
            "min_stay_arrival": 2,
            "min_stay_through": 1,
            "max_stay": 0,
            "closed_to_arrival": True,
            "closed_to_departure": False,
            "stop_sell": False,
        }
    ]


def test_a_night_without_a_price_is_closed_and_nothing_is_null(wire):
    push(wire, TASK, price(1, 1, Cell(rate=None)))

    (value,) = sent(wire)
    assert value["stop_sell"] is True and "rate" not in value
    assert None not in value.values()


@pytest.mark.parametrize(
    ("rate", "text"),
    [
        ("100", "100.00"),
        ("1E+2", "100.00"),
        ("12000", "12000.00"),
        ("456.23", "456.23"),
        ("12.345", "12.345"),
        ("0.1", "0.10"),
    ],
)
def test_money_always_has_a_decimal_point(rate, text):
    assert ari.wire(Decimal(rate)) == text


@pytest.mark.parametrize(
    "body",
    [
        TASK,
        TASK | {"meta": {"message": "Success", "warnings": []}},
        TASK | {"meta": {"message": "Success", "warnings": None}},
    ],
)
def test_a_task_without_warnings_is_a_success(wire, body):
    change = units(1, 3)

    assert push(wire, body, change) == (Verdict(change, ACCEPTED, task_id="task-1"),)


def test_a_success_may_come_without_a_task(wire):
    change = units(1, 3)

    assert push(wire, {"meta": {"message": "Success", "warnings": []}}, change) == (Verdict(change, ACCEPTED),)


@pytest.mark.parametrize(
    "body",
    [
        {"data": [], "meta": {"message": "Success"}},
        {"data": [], "meta": {"message": "Success", "warnings": []}},
        {"data": {}, "meta": {}},
        {"meta": {"message": "Queued"}},
        {"ok": True},
        [],
        "Success",
    ],
)
def test_an_answer_that_neither_took_nor_refused_is_no_success(wire, body):
    with pytest.raises(Malformed):
        push(wire, body, units(1, 3))


def test_errors_in_a_200_are_a_refusal(wire):
    with pytest.raises(Rejected, match="values is required"):
        push(
            wire,
            {"errors": {"code": "bad_request", "title": "Bad Request", "details": ["values is required"]}},
            units(1, 1),
        )


def test_a_warning_refuses_the_run_it_echoes_and_no_other(wire):
    bad, good = price(1, 2, CELL._replace(rate=Decimal("-5"))), price(3, 4)
    body = warned(
        {"rate": ["must be greater than 0"]},
        rate_plan_id=RATE_PLAN,
        date_from="2026-11-01",
        date_to="2026-11-02",
        rate="-5.00",
    )

    assert push(wire, body, bad, good) == (
        Verdict(bad, WARNED, "rate must be greater than 0"),
        Verdict(good, ACCEPTED, task_id="task-1"),
    )


def test_a_warning_may_be_a_plain_string(wire):
    lost, good = units(1, 1, 3, "gone"), units(1, 1)
    body = warned("Not found room_type for this change", room_type_id="gone", date="2026-11-01", availability=3)

    assert push(wire, body, lost, good) == (
        Verdict(lost, WARNED, "Not found room_type for this change"),
        Verdict(good, ACCEPTED, task_id="task-1"),
    )


def test_a_warning_on_part_of_a_run_splits_it(wire):
    change = units(1, 4)
    body = warned({"availability": ["is odd"]}, room_type_id=ROOM_TYPE, date_from="2026-11-02", date_to="2026-11-03")

    assert push(wire, body, change) == (
        Verdict(change, ACCEPTED, nights=(night(1), night(4)), task_id="task-1"),
        Verdict(change, WARNED, "availability is odd", nights=(night(2), night(3))),
    )


def test_a_run_that_began_yesterday_loses_only_its_first_night(wire):
    change = units(1, 3)
    body = warned("Date range starts in the past", room_type_id=ROOM_TYPE, date_from="2026-11-01", date_to="2026-11-03")

    assert push(wire, body, change) == (
        Verdict(change, ACCEPTED, nights=(night(2), night(3)), task_id="task-1"),
        Verdict(change, WARNED, "Date range starts in the past", nights=(night(1),)),
    )


def test_several_warnings_on_one_run_are_one_verdict_with_all_reasons(wire):
    change = price(1, 2)
    body = warned({"rate": ["is odd"]}, rate_plan_id=RATE_PLAN, date_from="2026-11-01", date_to="2026-11-02")
    body["meta"]["warnings"] *= 2
    body["meta"]["warnings"].append({"warning": "and late", "rate_plan_id": RATE_PLAN})

    assert push(wire, body, change) == (Verdict(change, WARNED, "rate is odd; and late"),)


@pytest.mark.parametrize(
    "warning", ["something is wrong", {"warning": "x"}, {"warning": None, "room_type_id": "never sent"}, 7]
)
def test_a_warning_that_fits_nothing_casts_doubt_on_the_whole_call(wire, warning):
    body = TASK | {"meta": {"message": "Success", "warnings": [warning]}}

    assert {verdict.kind for verdict in push(wire, body, units(1, 1), units(3, 3))} == {WARNED}


def test_when_nothing_was_taken_nothing_is_accepted(wire):
    bad, other = units(1, 1), units(3, 3)
    body = warned({"date": ["Past date is not allowed"]}, room_type_id=ROOM_TYPE, date="2026-11-01") | {"data": []}

    verdicts = push(wire, body, bad, other)

    assert [(verdict.change, verdict.kind) for verdict in verdicts] == [(bad, WARNED), (other, WARNED)]


def test_nothing_to_send_is_no_call(wire):
    assert make_channex().push_calendar(PROPERTY, LaneKind.RATES, ()).verdicts == ()


def test_each_endpoint_has_a_limit_for_each_property():
    asked: list[str] = []

    def limiter(bucket: str) -> float:
        asked.append(bucket)
        return 6.0

    connector = connect(
        "channex", {"api_url": BASE, "api_key": "k"}, lambda url, headers: HttpClient(url, headers, limiter=limiter)
    )
    for change in (units(1, 1), price(1, 1)):
        with pytest.raises(RateLimited):
            connector.push_calendar(PROPERTY, change.kind, [change])

    assert asked == [f"availability:{PROPERTY}", f"restrictions:{PROPERTY}"]


def test_a_full_sync_of_a_large_hotel_is_one_call(wire):
    first = date(2026, 11, 1)
    changes = [
        CalendarChange(
            LaneKind.RATES,
            f"{RATE_PLAN[:-2]}{plan:02}",
            Run(first + timedelta(days=n), first + timedelta(days=n), CELL),
        )
        for plan in range(60)
        for n in range(500)
    ]
    verdicts = push(wire, TASK, *changes)

    assert len(wire.calls) == 1 and len(wire.calls[0].request.body) < 10_000_000
    assert len(verdicts) == 30_000


def test_only_a_body_channex_would_refuse_is_split():
    values = [ari.value(PROPERTY, price(1, 10))] * 60_000

    bodies = [list(batch) for batch in ari.batches(values)]

    assert sum(bodies, []) == values
    assert len(bodies) == 3
    assert all(len(json.dumps({"values": body}, separators=(",", ":"))) < 10_000_000 for body in bodies)


def test_prices_are_read_back_as_runs_of_the_plans_asked_for(wire):
    wire.get(f"{BASE}/restrictions", json=recorded("restrictions"))

    found = make_channex().read_calendar(PROPERTY, LaneKind.RATES, [RATE_PLAN, "unpriced"], night(21), night(30))

    assert found == {
        RATE_PLAN: [
            Run(night(21), night(22), Cell(Decimal("310.50"))),
            Run(night(24), night(24), Cell(None, 2, 1, 7, True, False, True)),
        ],
        "unpriced": [],
    }
    assert wire.calls[0].request.params == {
        "filter[property_id]": PROPERTY,
        "filter[date][gte]": "2026-11-21",
        "filter[date][lte]": "2026-11-30",
        "filter[restrictions]": ari.RESTRICTIONS,
    }
    assert OPTION not in found


def test_a_long_calendar_is_read_in_windows_and_joined(wire):
    def answer(request):
        start = request.params["filter[date][gte]"]
        end = request.params["filter[date][lte]"]
        return 200, {}, json.dumps({"data": {ROOM_TYPE: {end: 4, start: 4}}})

    wire.add_callback("GET", f"{BASE}/availability", answer)
    first = night(1)
    last = first + timedelta(days=499)

    found = make_channex().read_calendar(PROPERTY, LaneKind.AVAILABILITY, [ROOM_TYPE], first, last)

    assert len(wire.calls) == 3
    assert [(run.first - first).days for run in found[ROOM_TYPE]] == [0, 199, 399, 499]
    assert found[ROOM_TYPE][1].last - found[ROOM_TYPE][1].first == timedelta(days=1)


@pytest.mark.parametrize(
    "data",
    [
        [],
        {ROOM_TYPE: []},
        {ROOM_TYPE: {"someday": 3}},
        {ROOM_TYPE: {"2026-11-21": "3"}},
        {ROOM_TYPE: {"2026-11-21": None}},
    ],
)
def test_an_unreadable_calendar_is_no_reading(wire, data):
    wire.get(f"{BASE}/availability", json={"data": data})

    with pytest.raises(Malformed):
        make_channex().read_calendar(PROPERTY, LaneKind.AVAILABILITY, [ROOM_TYPE], night(21), night(22))


OPEN = Cell(Decimal("100"))
CLOSED = OPEN._replace(stop_sell=True)


@pytest.mark.parametrize(
    ("wanted", "seen", "available", "same"),
    [
        (OPEN, Cell(Decimal("100.00")), 3, True),
        (OPEN, CLOSED, 0, True),  # Channex closes a sold-out night by itself
        (OPEN, CLOSED, 3, False),
        (OPEN, CLOSED, None, False),
        (OPEN, CLOSED._replace(rate=Decimal("90")), 0, False),
        (CLOSED, OPEN, 0, False),
        (Cell(None), CLOSED, 3, True),  # the old price stays behind a closed night
        (Cell(None), OPEN, 3, False),
        (3, 3, None, True),
        (3, 4, None, False),
    ],
)
def test_what_channex_changes_by_itself_is_not_drift(wanted, seen, available, same):
    assert make_channex().agrees(wanted, seen, available) is same
