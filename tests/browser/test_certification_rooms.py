"""The channel manager's certification tests 9 to 13, done by a person on our pages.

What has to be seen is in the provider's "PMS Certification Tests": the values of its table stand here and nowhere in
the product. Its dates move forward every year; here the first of its November is the first day of next month.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import update

from portal import tenancy
from portal.db import unit_of_work
from portal.extensions import db, runtime
from portal.models import DutyRow, Room
from portal.services import connections, properties
from tests import factories, wires
from tests.browser import certification
from tests.people import sign_in_browser

TWINS, DOUBLES = 8, 5


@dataclass(kw_only=True)
class Stage(certification.Stage):
    """The test property, the person at its pages, and what the channel manager was asked."""

    plans: Mapping[str, Any]  # by the room type's name: a plan of it
    rooms: Mapping[str, list[Any]]  # by the room type's name: its rooms' ids
    external: Mapping[str, str]  # by the room type's name: its id at the channel manager

    def work(self, *duties: str) -> list[dict[str, Any]]:
        """Let the workers do their part; the calls they made."""
        self.calls()
        wires.work(self.wired, *duties)
        return self.calls()

    def push(self) -> tuple[dict[str, dict[date, int]], str]:
        """The availability that went out in the one call, {room type: {night: units}}, and its task."""
        (call,) = [each for each in self.work("push") if each["method"] == "POST"]
        assert (call["method"], call["path"].rpartition("/")[2], call["status"]) == ("POST", "availability", 200), call
        answer = json.loads(call["response_body"])
        assert not answer.get("meta", {}).get("warnings")
        return self.said(json.loads(call["request_body"])["values"]), answer["data"][0]["id"]

    def said(self, values: list[dict[str, Any]]) -> dict[str, dict[date, int]]:
        names = {external: name for name, external in self.external.items()}
        found: dict[str, dict[date, int]] = {}
        for each in values:
            night = date.fromisoformat(each.get("date") or each["date_from"])
            last = date.fromisoformat(each.get("date") or each["date_to"])
            while night <= last:
                found.setdefault(names[each["room_type_id"]], {})[night] = each["availability"]
                night += timedelta(days=1)
        return found

    def sell(self, kind: str, night: int, guest: str, number: int = 1) -> None:
        """A guest on the phone, for one night."""
        self.open(f"reservations/new?check_in={self.day(night)}&check_out={self.day(night + 1)}")
        self.page.get_by_label(f"Rooms of {kind}, Best Available Rate").select_option(str(number))
        self.page.get_by_label("Name").fill(guest)
        self.page.get_by_label("How it came").select_option("phone")
        self.page.get_by_role("button", name="Sell", exact=True).click()
        expect(self.page.get_by_role("heading", name=guest, level=1)).to_be_visible()

    def block(self, kind: str, number: int, first: int, last: int) -> None:
        """Take one room off sale for repairs, both nights included."""
        self.open(f"rooms/{self.rooms[kind][number]}")
        form = self.page.locator("form[action$='/blocks']")
        if not form.get_by_label("First night off sale").is_visible():
            form.locator("xpath=ancestor::details").locator("summary").first.click()
        form.get_by_label("First night off sale").fill(str(self.day(first)))
        form.get_by_label("Last night off sale").fill(str(self.day(last)))
        form.get_by_role("button").last.click()
        self.page.wait_for_url("**#blocks")


@pytest.fixture
def stage(fresh_database, redis, sandbox, live_server: str, page: Page) -> Stage:
    """Two room types in US dollars, connected, the calendar sent: 8 twins and 5 doubles."""
    house = factories.make_house("Test Property - Roomwire", currency="USD", timezone="America/New_York", country="US")
    plans, kinds = {}, {}
    for name, many, price in (("Twin Room", TWINS, "100"), ("Double Room", DOUBLES, "120")):
        kind = factories.make_room_type(house.property, name, [f"{name[0]}{number}" for number in range(many)])
        kinds[name] = kind.id
        plans[name] = factories.make_rate_plan(kind, "Best Available Rate", price).id
    with tenancy.of(house.organization_id):
        today = properties.today(house.property)
        first = (today.replace(day=1) + timedelta(days=32)).replace(day=1)
        connection_id = connections.create(house.property, "channex").id
        rooms = {
            name: [room.id for room in db.session.query(Room).filter_by(room_type_id=kind_id).order_by(Room.number)]
            for name, kind_id in kinds.items()
        }
    wired = wires.Wired(house, connection_id, kinds["Double Room"], plans["Double Room"])
    wires.work(wired, "provision", "push")
    with wires.inside(wired):
        lanes = {lane.room_type_id: lane.external_id for lane in db.session.query(wires.Lane)}
    sign_in_browser(page.context, live_server, house.owner)
    external = {name: lanes[kind_id] for name, kind_id in kinds.items()}
    return Stage(
        page=page, server=live_server, sandbox=sandbox, wired=wired, plans=plans, rooms=rooms, external=external,
        first=first,
    )  # fmt: skip


def test_9_10_12_and_13_availability_goes_out_as_deltas_within_the_limits(stage: Stage, monkeypatch):
    bookings_at_the_desk_lower_two_nights_in_one_call(stage)
    rooms_off_sale_lower_two_ranges_in_one_call(stage)
    only_what_changed_goes_out(stage)
    more_changes_than_the_limit_allows_wait_and_none_is_lost(stage, monkeypatch)


def bookings_at_the_desk_lower_two_nights_in_one_call(stage: Stage):
    stage.sell("Twin Room", 21, "Ana Silva")
    stage.sell("Double Room", 25, "Football Club", number=DOUBLES)

    said, task = stage.push()

    assert said == {"Twin Room": {stage.day(21): 7}, "Double Room": {stage.day(25): 0}}
    stage.shows_task(task)


def rooms_off_sale_lower_two_ranges_in_one_call(stage: Stage):
    for number in range(TWINS - 3):
        stage.block("Twin Room", number, 10, 16)
    stage.block("Double Room", 0, 17, 24)

    said, task = stage.push()

    assert said == {
        "Twin Room": {stage.day(night): 3 for night in range(10, 17)},
        "Double Room": {stage.day(night): 4 for night in range(17, 25)},
    }
    stage.shows_task(task)


def test_11_bookings_new_modified_and_cancelled_are_stored_then_acknowledged_one_by_one(stage: Stage):
    with wires.inside(stage.wired) as connection:
        place = connection.external_property_id
    stage.sandbox.control("POST", f"properties/{place}/channels", json={"code": "BDC"})
    trade = lambda verb, **wish: stage.sandbox.control("POST", f"ota/{place}/{verb}", json=wish)  # noqa: E731

    def receive(revision: Mapping[str, Any], status: str, nights: str) -> str:
        """The webhook comes, the worker reads the feed; the person finds the booking on the page."""
        ids = {"booking_id": revision["booking_id"], "revision_id": revision["revision_id"], "property_id": place}
        wires.deliver(stage.wired, {"event": "booking", "property_id": place, "payload": ids})
        calls = stage.work("drain")
        assert [each["status"] for each in calls if each["path"].endswith(f"{revision['revision_id']}/ack")] == [200]
        assert not [each for each in calls if "/bookings" in each["path"]]
        stage.open("reservations?channel=BDC")
        row = stage.page.locator("#found tbody tr")
        expect(row).to_have_count(1)
        expect(row).to_contain_text(status)
        expect(row).to_contain_text(nights)
        row.get_by_role("link").first.click()
        return str(stage.page.url)

    booked = trade("book", ota="BDC", check_in=str(stage.day(5)), nights=2, room_type="Twin Room")
    receive(booked, "Confirmed", "(2 nights)")
    stage.page.get_by_role("link", name="Move to another room").click()
    stage.page.get_by_label("T6", exact=False).check()
    stage.page.get_by_role("button", name="Move into this room").click()
    expect(stage.page.get_by_role("heading", name="Room T6")).to_be_visible()

    receive(trade("modify", booking_id=booked["booking_id"], nights=3), "Confirmed", "(3 nights)")
    expect(stage.page.get_by_role("heading", name="Room T6")).to_be_visible()  # staff's choice outlives the change

    receive(trade("cancel", booking_id=booked["booking_id"]), "Cancelled", "(3 nights)")
    assert stage.sandbox.control("GET", "feed")["unacked"] == 0


def more_changes_than_the_limit_allows_wait_and_none_is_lost(stage: Stage, monkeypatch: pytest.MonkeyPatch):
    usual = runtime.settings
    monkeypatch.setattr(runtime, "settings", dataclasses.replace(usual, channex_rate_limit_per_minute=3))
    stage.calls()
    for number in range(5):
        stage.sell("Double Room", 2 + number, f"Guest Number{number}")
        wires.work(stage.wired, "push")
    limited = [each for each in stage.calls() if each["path"].endswith("/availability")]

    monkeypatch.setattr(runtime, "settings", usual)
    with wires.inside(stage.wired), unit_of_work():
        db.session.execute(update(DutyRow).values(retry_at=None))  # the minute is over
    rest, _ = stage.push()

    assert len(limited) <= 3 and all(each["status"] == 200 for each in limited)
    assert rest["Double Room"][stage.day(6)] == DOUBLES - 1


def only_what_changed_goes_out(stage: Stage):
    assert stage.work("push") == []

    stage.sell("Twin Room", 3, "Ana Silva")
    said, _ = stage.push()
    assert said == {"Twin Room": {stage.day(3): 7}}

    stage.page.get_by_role("link", name="Change", exact=True).click()
    stage.page.get_by_role("textbox", name="Notes").fill("A cot, please")
    stage.page.get_by_role("button", name="Show what this does").click()
    expect(stage.page.get_by_text("No night changes hands: nothing goes to the channels.")).to_be_visible()
    stage.page.get_by_role("button", name="Change it").click()
    expect(stage.page.locator("p.notes")).to_have_text("A cot, please")

    assert stage.work("push") == []
