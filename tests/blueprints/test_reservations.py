"""The list of reservations and one of them opened."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID, uuid4

import pytest

from portal import tenancy
from portal.db import now, unit_of_work
from portal.extensions import db as database
from portal.models import (
    Conflict,
    ConflictType,
    EventState,
    InboxMessage,
    InboxState,
    Reservation,
    ReservationRoom,
    SyncRun,
    SyncStatus,
    SyncType,
    WebhookEvent,
)
from portal.services import reservations
from portal.web import paging
from tests.blueprints.test_overview import sell, store_unplaced, today_at
from tests.factories import alices_house, charlies_house, make_bob, make_house, make_property, make_room_type
from tests.people import sign_in
from tests.wires import Wired, text, wire


def open_conflict(house, reservation_id: UUID, **sides: object) -> None:
    with tenancy.of(house.organization_id), unit_of_work():
        conflict = Conflict(
            property_id=house.property_id, reservation_id=reservation_id, type=ConflictType.DATE, field="check_in",
            reason="policy",
        )  # fmt: skip
        conflict.sides = sides
        database.session.add(conflict)


def store_message(wired: Wired, reservation_id: UUID, effect: dict[str, object], outcome: str = "changed") -> UUID:
    """A message that was fetched by a run after a delivery announced it, and applied; the delivery's and run's ids."""
    with tenancy.of(wired.house.organization_id), unit_of_work():
        message = InboxMessage(
            connection_id=wired.connection_id, origin="feed", event_key=str(uuid4()), state=InboxState.APPLIED,
            reservation_id=reservation_id, outcome=outcome, correlation_id="c0ffee", finished_at=now(),
        )  # fmt: skip
        message.raw = b"{}"
        message.effect = effect
        event = WebhookEvent(
            connection_id=wired.connection_id, route="global", state=EventState.PROCESSED,
            did={"did": outcome, "inbox_id": str(message.id)},
        )  # fmt: skip
        event.body = b"{}"
        run = SyncRun(
            connection_id=wired.connection_id, property_id=wired.house.property_id, type=SyncType.RESERVATION_PULL,
            status=SyncStatus.COMPLETED, correlation_id="c0ffee",
        )  # fmt: skip
        database.session.add_all([message, event, run])
        return event.id, run.id


def test_the_newest_reservation_stands_first_and_the_rest_is_a_page_away(client, db, redis, monkeypatch):
    monkeypatch.setattr(paging, "SIZE", 2)
    alice = alices_house()
    double = make_room_type(alice.property, numbers=("1", "2", "3", "4")).id
    for number, guest in enumerate(["First Guest", "Second Guest", "Third Guest"]):
        sell(alice, double, date(2031, 5, 1 + number), guest=guest)
    sign_in(client, alice.owner)

    page = client.get(f"/p/{alice.property_id}/reservations")
    older = client.get(page.text.split('rel="next"')[0].rpartition('href="')[2].split('"')[0])

    assert page.text.index("Third Guest") < page.text.index("Second Guest")
    assert "First Guest" not in page.text
    assert "First Guest" in older.text and "Second Guest" not in older.text


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("when=arriving", {"Today Guest"}),
        ("when=unplaced", {"BDC-unplaced"}),
        ("first=2031-05-01&last=2031-05-03", {"May Guest"}),
        ("channel=BDC", {"BDC-unplaced"}),
        ("status=confirmed&channel=DIR", {"Today Guest", "May Guest"}),
        ("status=cancelled", set()),
        ("q=may", {"May Guest"}),
        ("q=bdc-un", {"BDC-unplaced"}),
    ],
)
def test_a_filter_in_the_address_shows_what_passes_it(client, db, redis, query, found):
    alice = alices_house()
    double = make_room_type(alice.property, numbers=("1", "2", "3")).id
    sell(alice, double, today_at(alice), guest="Today Guest")
    sell(alice, double, date(2031, 5, 2), guest="May Guest")
    store_unplaced(alice, double, date(2031, 7, 1), code="BDC-unplaced")
    sign_in(client, alice.owner)

    rows = client.get(f"/p/{alice.property_id}/reservations?{query}").text.partition('id="found"')[2]

    assert {each for each in ("Today Guest", "May Guest", "BDC-unplaced") if each in rows} == found


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("first=2031-05-09&last=2031-05-01", "The last night lies before the first."),
        ("first=20310509", "This is not a date."),
        ("status=asleep", "Choose one of the list."),
        ("q=" + "x" * 101, "This is too long."),
        ("q=%00", "This holds characters that cannot be stored."),
    ],
)
def test_a_filter_that_cannot_be_is_refused_in_words_and_kept(client, db, redis, query, sentence):
    alice = alices_house()
    sign_in(client, alice.owner)

    answer = client.get(f"/p/{alice.property_id}/reservations?{query}")

    assert answer.status_code == 422
    assert sentence in text(answer)


def test_an_empty_list_says_why_and_what_to_do(client, db, redis):
    alice = alices_house()
    sign_in(client, alice.owner)

    none_yet = text(client.get(f"/p/{alice.property_id}/reservations"))
    none_found = text(client.get(f"/p/{alice.property_id}/reservations?q=nobody"))

    assert "No reservations yet" in none_yet
    assert "No reservation matches" in none_found and "Show all" in none_found


def test_a_reservation_shows_its_room_its_nights_and_its_money(client, db, redis):
    house = make_house("Hana", currency="JPY", timezone="Asia/Tokyo", country="JP")
    double = make_room_type(house.property).id
    stay = sell(house, double, date(2031, 5, 1))
    with tenancy.of(house.organization_id), unit_of_work():
        stay = database.session.merge(stay)
        stay.amount, stay.currency = Decimal("24000"), "JPY"
        room = reservations.detail(house.property_id, stay.id).rooms[0].row
        room.nightly = {"2031-05-01": "12000", "2031-05-02": "12000"}
        stay.details = {"notes": "Late arrival", "charges": [
            {"kind": "tax", "name": "Bath tax", "amount": "300", "inclusive": False, "note": None}
        ]}  # fmt: skip
        reservation_id = stay.id
    sign_in(client, house.owner)

    page = text(client.get(f"/p/{house.property_id}/reservations/{reservation_id}")).replace("\N{NO-BREAK SPACE}", " ")

    assert "Ana Silva" in page and "Late arrival" in page
    assert "JPY 24,000" in page and "JPY 12,000" in page and "JPY 12,000.00" not in page
    assert "Bath tax" in page and "on top of the total" in page
    assert "1–3 May 2031 (2 nights)" in page


def test_what_has_no_room_and_what_nobody_mapped_say_so(client, db, redis):
    alice = alices_house()
    double = make_room_type(alice.property).id
    full = store_unplaced(alice, double, date(2031, 5, 1), code="FULL")
    unmapped = store_unplaced(alice, None, date(2031, 5, 1), code="UNMAPPED")
    sign_in(client, alice.owner)

    pages = [text(client.get(f"/p/{alice.property_id}/reservations/{each}")) for each in (full, unmapped)]

    assert "No room yet" in pages[0] and "no single room of this type was free" in pages[0]
    assert "Sold as a product nobody has mapped to a room type." in pages[1]


def test_a_conflict_shows_last_agreed_ours_and_theirs(client, db, redis):
    alice = alices_house()
    double = make_room_type(alice.property).id
    reservation_id = sell(alice, double, date(2031, 5, 2)).id
    open_conflict(alice, reservation_id, base="2031-05-01", ours="2031-05-02", theirs="2031-05-03")
    sign_in(client, alice.owner)

    page = text(client.get(f"/p/{alice.property_id}/reservations/{reservation_id}"))

    assert "1 thing waits for your decision." in page
    assert "The two sides disagree on the dates" in page
    assert page.index("1 May 2031") < page.index("<mark>2 May 2031</mark>") < page.index("<mark>3 May 2031</mark>")
    assert "Ours stays, and the channel keeps theirs, until you decide." in page


def test_a_channels_message_is_told_with_its_changes_its_delivery_and_its_run(client, db, redis):
    wired = wire()
    reservation_id = sell(wired.house, wired.double, date(2031, 5, 2)).id
    effect = {
        "changes": {"rooms.#0.check_out": ["2031-05-04", "2031-05-06"], "amount": ["300", "500"]},
        "decisions": [{"field": "notes", "result": "keep", "reason": "we_changed"}],
    }
    event_id, run_id = store_message(wired, reservation_id, effect)
    sign_in(client, wired.house.owner)

    page = text(client.get(wired.url(f"reservations/{reservation_id}"))).replace("\N{NO-BREAK SPACE}", " ")

    assert "changed the reservation" in page and "made the reservation" in page
    assert page.index("changed the reservation") < page.index("made the reservation")
    assert "Room 1 · Departure" in page and "<del>4 May 2031</del>" in page and "<ins>6 May 2031</ins>" in page
    assert "<ins>EUR 500.00</ins>" in page
    assert "only we changed it" in page
    assert f"/webhooks/{event_id}" in page and f"/history/{run_id}" in page


def test_a_cancelled_room_and_the_reason_are_told(client, db, redis):
    alice = alices_house()
    double = make_room_type(alice.property).id
    with tenancy.of(alice.organization_id):
        reservation_id = sell(alice, double, date(2031, 5, 2)).id
        reservations.cancel(alice.property_id, reservation_id, "The ferry does not sail")
    sign_in(client, make_bob(alice))

    page = text(client.get(f"/p/{alice.property_id}/reservations/{reservation_id}"))

    assert "Cancelled: The ferry does not sail" in page and "No longer booked" in page


def test_a_reservation_of_another_property_of_the_house_is_not_found_here(client, db, redis):
    alice = alices_house()
    other = make_property(alice.organization, "Seaview Porto")
    reservation_id = sell(alice, make_room_type(alice.property).id, date(2031, 5, 2)).id
    other_id = other.id
    sign_in(client, alice.owner)

    assert client.get(f"/p/{other_id}/reservations/{reservation_id}").status_code == 404
    assert client.get(f"/p/{alice.property_id}/reservations/{uuid4()}").status_code == 404


def test_charlie_finds_neither_the_list_nor_the_reservation(client, db, redis):
    alice, charlie = alices_house(), charlies_house()
    reservation_id = sell(alice, make_room_type(alice.property).id, date(2031, 5, 2)).id
    sign_in(client, charlie.owner)

    for path in (f"/p/{alice.property_id}/reservations", f"/p/{alice.property_id}/reservations/{reservation_id}"):
        assert client.get(path).status_code == 404
    assert client.get(f"/p/{charlie.property_id}/reservations/{reservation_id}").status_code == 404


def test_a_stay_with_two_rooms_tells_each(client, db, redis):
    alice = alices_house()
    double = make_room_type(alice.property).id
    found = store_unplaced(alice, double, date(2031, 5, 1))
    with tenancy.of(alice.organization_id), unit_of_work():
        stay = {"check_in": date(2031, 5, 1), "check_out": date(2031, 5, 1) + timedelta(days=1), "nightly": {}}
        database.session.add(
            ReservationRoom(reservation_id=found, property_id=alice.property_id, position=1, active=False, **stay)
        )
        database.session.flush()
        assert database.session.get(Reservation, (alice.organization_id, found)) is not None
    sign_in(client, alice.owner)

    page = text(client.get(f"/p/{alice.property_id}/reservations/{found}"))

    assert "No room yet" in page and "No longer booked" in page
