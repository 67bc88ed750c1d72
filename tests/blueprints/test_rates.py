"""The grid of nights, and the trace of one of them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest

from portal import tenancy
from portal.db import now, unit_of_work
from portal.domain import calendar as cal
from portal.domain import rates as rule
from portal.extensions import db as database
from portal.models import ConnectionState, Lane, Send
from portal.services import blocks, connections, rates, reservations, rooms
from providers.channex.client import Channex
from providers.types import Cell, LaneKind, Run
from tests.blueprints.test_overview import sell, store_unplaced
from tests.factories import charlies_house, make_house, make_rate_plan, make_room_type
from tests.people import sign_in
from tests.statements import counted
from tests.wires import Wired, inside, text, wire

NIGHT = date(2031, 5, 12)  # a Monday
HTMX = {"HX-Request": "true"}


@dataclass
class Answered:
    """What the channel manager has of NIGHT: values as of `Lane`'s columns."""

    acknowledged: Any = None
    refused: str = ""
    seen: Any = None


def answer(wired: Wired, kind: LaneKind, said: Answered) -> None:
    """Make the lane of the room type or the plan as after this answer."""
    with inside(wired), unit_of_work():
        subject = {"room_type_id": wired.double} if kind is LaneKind.AVAILABILITY else {"rate_plan_id": wired.plan}
        lane = Lane(
            connection_id=wired.connection_id, property_id=wired.house.property_id, kind=kind, external_id=str(uuid4()),
            **subject,
        )  # fmt: skip
        if said.acknowledged is not None:
            lane.acknowledged = cal.encode([Run(NIGHT, NIGHT, said.acknowledged)], kind)
            lane.accepted_at = now() - timedelta(minutes=5)
        if said.refused:
            wanted = 2 if kind is LaneKind.AVAILABILITY else Cell(Decimal("100.00"))
            lane.refused = [[*cal.encode([Run(NIGHT, NIGHT, wanted)], kind)[0], said.refused]]
        if said.seen is not None:
            lane.seen, lane.seen_at = cal.encode([Run(NIGHT, NIGHT, said.seen)], kind), now()
        database.session.add(lane)


def store_send(wired: Wired, verdict: str, value: Any, reason: str = "", causes: tuple[str, ...] = ()) -> None:
    with inside(wired), unit_of_work():
        lane = database.session.query(Lane).one()
        runs = [{"first": str(NIGHT), "last": str(NIGHT), "value": value, "verdict": verdict, "reason": reason}]
        database.session.add(
            Send(connection_id=wired.connection_id, lane_id=lane.id, first_night=NIGHT, last_night=NIGHT, runs=runs,
                 verdict=verdict, task_ids=["task-4711"], causes=list(causes))
        )  # fmt: skip


def activate(wired: Wired, **switches: bool) -> None:
    with inside(wired) as connection, unit_of_work():
        connection.state = ConnectionState.ACTIVE
        for name, on in switches.items():
            setattr(connection, name, on)


def grid_page(client: Any, wired: Wired, nights: int = 1) -> str:
    return text(client.get(wired.url(f"rates?first={NIGHT}&nights={nights}")))


def trace_url(wired: Wired, kind: str, subject: UUID, night: date = NIGHT) -> str:
    return wired.url(f"rates/trace?kind={kind}&subject={subject}&night={night}")


def test_the_grid_shows_rooms_left_and_prices_with_the_currency(client, db, redis):
    wired = wire()
    sell(wired.house, wired.double, NIGHT)
    sign_in(client, wired.house.owner)

    page = grid_page(client, wired, 3)

    assert "Mon</span> 12 May" in page and "Wed</span> 14 May" in page
    assert re.search(r"2 rooms, 1 sold; on no channel\"><span[^>]*></span>1<", page)
    assert "100.00<" in page and "Flexible" in page


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (Answered(), "saved, not accepted yet"),
        (Answered(acknowledged=2), "accepted"),
        (Answered(acknowledged=2, seen=2), "seen at the channel manager"),
        (Answered(acknowledged=2, seen=1), "accepted"),
        (Answered(acknowledged=1), "saved, not accepted yet"),
        (Answered(refused="availability must be greater than or equal to 0"), "refused"),
    ],
)
def test_each_cell_says_how_far_its_value_got(client, db, redis, said, words):
    wired = wire()
    answer(wired, LaneKind.AVAILABILITY, said)
    sign_in(client, wired.house.owner)

    page = grid_page(client, wired)

    assert f'2<span class="visually-hidden">, {words}</span>' in page


def test_the_head_says_what_is_worst(client, db, redis):
    wired = wire()
    answer(wired, LaneKind.AVAILABILITY, Answered(refused="is invalid"))
    sign_in(client, wired.house.owner)

    assert "1 value was refused." in grid_page(client, wired)


def test_restrictions_stand_as_glyphs_and_in_words(client, db, redis):
    wired = wire()
    with inside(wired):
        said = {"min_stay_through": 2, "max_stay": 7, "closed_to_arrival": True, "stop_sell": True}
        rates.set_days(wired.house.property_id, [rates.DayEdit(wired.plan, [NIGHT], said)])
    sign_in(client, wired.house.owner)

    page = grid_page(client, wired)

    assert "closed ≥2 ≤7 →|" in page
    assert "closed for sale, minimum stay 2 nights, maximum stay 7 nights, closed to arrival" in page


def test_a_price_has_the_decimals_of_its_currency(client, db, redis):
    house = make_house("Hana", currency="JPY", timezone="Asia/Tokyo", country="JP")
    make_rate_plan(make_room_type(house.property), rate="12000")
    sign_in(client, house.owner)

    page = text(client.get(f"/p/{house.property_id}/rates?nights=1"))

    assert "12,000<" in page and "12,000.00" not in page


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("nights=0", "Show between 1 and 90 nights."),
        ("nights=91", "Show between 1 and 90 nights."),
        ("nights=many", "This is not a whole number."),
        ("first=tomorrow", "This is not a date."),
    ],
)
def test_nights_that_cannot_be_are_refused_in_words_and_the_grid_stays(client, db, redis, query, sentence):
    wired = wire()
    sign_in(client, wired.house.owner)

    found = client.get(wired.url(f"rates?{query}"))

    assert found.status_code == 422
    assert sentence in text(found) and 'role="grid"' in found.text


@pytest.mark.parametrize("first", ["1900-01-01", "2999-12-31"])
def test_the_ends_of_the_calendar_are_no_mistake(client, db, redis, first):
    wired = wire()
    sign_in(client, wired.house.owner)

    assert client.get(wired.url(f"rates?first={first}&nights=90")).status_code == 200


def test_a_property_without_room_types_says_what_will_stand_here(client, db, redis):
    house = make_house()
    sign_in(client, house.owner)

    assert "No room types yet" in text(client.get(f"/p/{house.property_id}/rates"))


def test_forty_rows_of_thirty_nights_take_few_statements(client, db, redis):
    wired = wire()
    for number in range(10):
        room_type = make_room_type(wired.house.property, f"Type {number}", (f"{number}-1",))
        for plan in range(3):
            make_rate_plan(room_type, f"Plan {plan}")
    sign_in(client, wired.house.owner)
    url = wired.url("rates")
    client.get(url)

    with counted() as statements:
        page = client.get(url).text

    assert page.count("<tr") == 1 + 2 + 40
    assert len(statements) <= 15, statements


def test_the_trace_of_rooms_says_how_the_number_comes_about_and_which_stays_take_them(client, db, redis):
    wired = wire()
    stay = sell(wired.house, wired.double, NIGHT)
    code, waiting = stay.code, store_unplaced(wired.house, wired.double, NIGHT, code="WAITS-1")
    with inside(wired):
        place = wired.house.property_id
        taken = reservations.detail(place, stay.id).rooms[0].row.room_id
        free = next(room for room in rooms.listed(place) if room.id != taken)
        blocks.create(place, free.id, NIGHT, NIGHT + timedelta(days=3), note="new shower")
        number = free.number
    sign_in(client, wired.house.owner)

    page = text(client.get(trace_url(wired, "availability", wired.double)))

    assert "Wanted: <b>0 rooms</b>" in page
    assert "<dt>Rooms of this type</dt><dd>2</dd> <dt>Sold</dt><dd>− 1</dd>" in page
    assert "<dt>Blocked</dt><dd>− 1</dd>" in page and "<dt>Sold without a room yet</dt><dd>− 1</dd>" in page
    assert re.search(rf"Off sale this night</h4>.*>{number}</a>: Maintenance", page) and "new shower" in page
    assert code in page and "WAITS-1" in page and f"/reservations/{waiting}" in page


def test_the_trace_of_a_price_names_its_layers_and_who_changed_it(client, db, redis):
    wired = wire()
    with inside(wired):
        season = rule.Rule(first=NIGHT, last=NIGHT + timedelta(days=30), rate=Decimal(140), min_stay_through=2)
        rates.add_rule(wired.house.property_id, wired.plan, season, "Early summer")
        past = rule.Rule(first=date(2031, 1, 1), last=date(2031, 1, 31), rate=Decimal(80))
        rates.add_rule(wired.house.property_id, wired.plan, past, "Winter")
        edit = rates.DayEdit(wired.plan, [NIGHT], {"rate": Decimal(155)})
        rates.set_days(wired.house.property_id, [edit])
    sign_in(client, wired.house.owner)

    page = text(client.get(trace_url(wired, "rates", wired.plan))).replace("\N{NO-BREAK SPACE}", " ")

    assert "Wanted: <b>EUR 155.00, minimum stay 2 nights</b>" in page
    assert "Base of the plan" in page and "Price EUR 100.00" in page
    assert "Early summer" in page and "Winter" not in page
    assert "Set for this night" in page and "Price EUR 155.00" in page
    assert "changed prices or restrictions" in page and "<ins>EUR 155.00</ins>" in page


def test_a_derived_price_names_its_parent(client, db, redis):
    wired = wire()
    with inside(wired):
        facts = rates.PlanFacts(
            room_type_id=wired.double, name="Non-refundable", parent_id=wired.plan, derived_percent=Decimal(-10)
        )
        child = rates.create_plan(wired.house.property_id, facts).id
    sign_in(client, wired.house.owner)

    page = text(client.get(trace_url(wired, "rates", child))).replace("\N{NO-BREAK SPACE}", " ")

    assert "Derived from" in page and "-10 %" in page and "Price EUR 90.00" in page


def test_the_trace_shows_each_send_with_its_answer_task_and_cause(client, db, redis):
    wired = wire()
    activate(wired)
    answer(wired, LaneKind.RATES, Answered(refused="min_stay_through must be greater than 0"))
    store_send(wired, "warned", ["100.00", 0], "min_stay_through must be greater than 0", ("nightly prices",))
    sign_in(client, wired.house.owner)

    page = text(client.get(trace_url(wired, "rates", wired.plan)))

    assert "Refused: Minimum stay must be at least 1" in page
    assert "refused with a warning" in page and "task-4711" in page and "prices of single nights" in page
    assert "hx-trigger" not in page.partition('id="night-trace"')[2]


def test_the_trace_asks_again_only_while_a_proof_is_on_its_way(client, db, redis, monkeypatch):
    monkeypatch.setattr(Channex, "horizon_days", 3650)
    wired = wire()
    activate(wired)
    answer(wired, LaneKind.AVAILABILITY, Answered(acknowledged=1))
    sign_in(client, wired.house.owner)
    url = trace_url(wired, "availability", wired.double)

    waiting = text(client.get(url, headers=HTMX))
    activate(wired, push_enabled=False)
    switched_off = text(client.get(url, headers=HTMX))

    assert "every 2s" in waiting and "On its way" in waiting and "The OTAs still sell: <b>1 room</b>" in waiting
    assert "every 2s" not in switched_off and "Sending is switched off" in switched_off


def test_a_night_the_channel_manager_does_not_keep_yet_is_not_waited_for(client, db, redis):
    wired = wire()
    activate(wired)
    answer(wired, LaneKind.AVAILABILITY, Answered())
    sign_in(client, wired.house.owner)

    page = text(client.get(trace_url(wired, "availability", wired.double)))

    assert "it goes out when its time comes" in page and "every 2s" not in page


def test_a_paused_connection_says_that_it_waits_for_somebody(client, db, redis):
    wired = wire()
    activate(wired)
    answer(wired, LaneKind.AVAILABILITY, Answered())
    with inside(wired) as connection:
        connections.pause(connection, "Renovation")
    sign_in(client, wired.house.owner)

    page = text(client.get(trace_url(wired, "availability", wired.double)))

    assert "The connection is paused: this goes out when somebody resumes it." in page


def test_htmx_gets_the_panel_and_anybody_else_a_page(client, db, redis):
    wired = wire()
    sign_in(client, wired.house.owner)
    url = trace_url(wired, "rates", wired.plan)

    assert client.get(url, headers=HTMX).text.lstrip().startswith('<article id="night-trace"')
    assert "<!doctype html>" in client.get(url).text


@pytest.mark.parametrize(
    "query",
    ["", "kind=rates", "kind=rates&subject=x&night=2031-05-12", "kind=rates&subject={plan}&night=",
     "kind=rates&subject={double}&night=2031-05-12", "kind=moods&subject={plan}&night=2031-05-12"],
)  # fmt: skip
def test_a_night_that_cannot_be_is_not_found(client, db, redis, query):
    wired = wire()
    sign_in(client, wired.house.owner)

    found = client.get(wired.url("rates/trace?" + query.format(plan=wired.plan, double=wired.double)))

    assert found.status_code == 404


def test_charlie_finds_no_grid_and_no_night_of_alices(client, db, redis):
    wired, charlie = wire(), charlies_house()
    sign_in(client, charlie.owner)
    elsewhere = f"/p/{charlie.property_id}/rates/trace?kind=rates&subject={wired.plan}&night={NIGHT}"

    assert client.get(wired.url("rates")).status_code == 404
    assert client.get(trace_url(wired, "rates", wired.plan)).status_code == 404
    assert client.get(elsewhere).status_code == 404
    with tenancy.of(wired.house.organization_id):
        assert rates.find_plan(wired.house.property_id, wired.plan).name == "Flexible"
