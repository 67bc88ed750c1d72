"""The connector and the simulated Channex over real HTTP: set-up, calendar, a sale, its acknowledgement."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
import requests

from providers.channex.client import Channex
from providers.http import Call, HttpClient
from providers.types import CalendarChange, Cell, LaneKind, Run, VerdictKind
from tests.providers.channex.test_content import Details, Room

FIRST = datetime.now(UTC).date() + timedelta(days=2)


@dataclass
class Hotel:
    channex: Channex
    simulator: str
    calls: list[Call]
    property_id: str
    room_type: str
    rate_plan: str

    def push(self, kind: LaneKind, product: str, value: int | Cell, nights: int = 500) -> list[VerdictKind]:
        run = Run(FIRST, FIRST + timedelta(days=nights - 1), value)
        change = CalendarChange(kind, product, run)
        return [verdict.kind for verdict in self.channex.push_calendar(self.property_id, kind, [change]).verdicts]

    def read(self, kind: LaneKind, product: str, first: date, last: date):
        return self.channex.read_calendar(self.property_id, kind, [product], first, last)[product]


@pytest.fixture
def hotel(sandbox, environment) -> Hotel:
    calls: list[Call] = []
    url, key = environment["CHANNEX_API_URL"], environment["CHANNEX_API_KEY"]
    channex = Channex.connect(
        {"api_url": url, "api_key": key}, lambda base, headers: HttpClient(base, headers, journal=calls.append)
    )
    property_id = channex.create_property(Details(), channex.ensure_group("Seaview Hotels", None))
    room_type = channex.create_room_type(property_id, Room(), 8)
    rate_plan = channex.create_rate_plan(property_id, room_type, "Flexible", "EUR", 2, None)
    return Hotel(channex, url.removesuffix("/api/v1"), calls, property_id, room_type, rate_plan)


def test_a_new_plan_is_closed_until_it_is_priced(hotel):
    (before,) = hotel.read(LaneKind.RATES, hotel.rate_plan, FIRST, FIRST)

    hotel.push(LaneKind.AVAILABILITY, hotel.room_type, 3)
    hotel.push(LaneKind.RATES, hotel.rate_plan, Cell(Decimal("99.5"), 2))
    (after,) = hotel.read(LaneKind.RATES, hotel.rate_plan, FIRST, FIRST)

    assert before.value.stop_sell and before.value.rate is None
    assert after.value == Cell(Decimal("99.50"), 2)


def test_what_is_sent_is_what_is_read_back(hotel):
    cell = Cell(Decimal("310.50"), 2, 3, 7, True, False, False)
    taken = hotel.push(LaneKind.AVAILABILITY, hotel.room_type, 3) + hotel.push(LaneKind.RATES, hotel.rate_plan, cell)
    last = FIRST + timedelta(days=450)

    (units,) = hotel.read(LaneKind.AVAILABILITY, hotel.room_type, FIRST, last)
    (prices,) = hotel.read(LaneKind.RATES, hotel.rate_plan, FIRST, last)

    assert set(taken) == {VerdictKind.ACCEPTED}
    assert (units, prices) == (Run(FIRST, last, 3), Run(FIRST, last, cell))
    writes = [call.path for call in hotel.calls if call.path in ("/availability", "/restrictions")]
    assert writes == ["/availability", "/restrictions"]


def test_a_refused_price_is_never_taken_for_a_success(hotel):
    assert hotel.push(LaneKind.RATES, hotel.rate_plan, Cell(Decimal("0"))) == [VerdictKind.WARNED]


def test_a_sale_comes_through_the_feed_until_it_is_acknowledged(hotel):
    hotel.push(LaneKind.AVAILABILITY, hotel.room_type, 3)
    hotel.push(LaneKind.RATES, hotel.rate_plan, Cell(Decimal("99.50")))
    requests.post(f"{hotel.simulator}/_sim/properties/{hotel.property_id}/channels", json={"code": "BDC"}, timeout=5)
    wish = {
        "ota": "BDC",
        "room_type": hotel.room_type,
        "rate_plan": hotel.rate_plan,
        "check_in": str(FIRST),
        "nights": 2,
    }
    sold = requests.post(f"{hotel.simulator}/_sim/ota/{hotel.property_id}/book", json=wish, timeout=5).json()

    (message,) = hotel.channex.fetch_messages(hotel.property_id).messages
    revision = hotel.channex.parse(message.raw)
    hotel.channex.acknowledge(message.event_key)

    assert revision.external_booking_id == sold["booking_id"]
    assert (revision.check_in, revision.check_out) == (FIRST, FIRST + timedelta(days=2))
    assert revision.amount == Decimal("199.00") and revision.channel == "BDC"
    assert hotel.channex.fetch_messages(hotel.property_id).total == 0
    assert hotel.channex.recover_messages(hotel.property_id, datetime.now(UTC) - timedelta(hours=1)).total == 1
    (units,) = hotel.read(LaneKind.AVAILABILITY, hotel.room_type, FIRST, FIRST)
    assert units.value == 2  # Channex lowers it by itself on a new booking
