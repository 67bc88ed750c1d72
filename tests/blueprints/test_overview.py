"""The property this morning."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from portal import tenancy
from portal.db import unit_of_work
from portal.domain.problems import Category, Trouble
from portal.extensions import db as database
from portal.models import Conflict, ConflictType, Incident, Reservation, ReservationRoom, Role
from portal.services import incidents, properties, reservations, room_types
from portal.web import troubles
from providers.types import Person
from tests.factories import alices_house, charlies_house, make_bob, make_room_type
from tests.people import sign_in
from tests.statements import counted
from tests.wires import text, wire


def today_at(house) -> date:
    return properties.today(house.property)


def sell(house, room_type_id: UUID, check_in: date, nights: int = 2, guest: str = "Ana Silva") -> Reservation:
    first, last = guest.split()
    request = reservations.RoomRequest(
        room_type_id=room_type_id, check_in=check_in, check_out=check_in + timedelta(days=nights), amount=Decimal(300)
    )
    sale = reservations.SaleRequest(rooms=(request,), guest=Person(name=first, surname=last))
    with tenancy.of(house.organization_id):
        return reservations.create(house.property_id, sale)


def store_unplaced(house, room_type_id: UUID | None, check_in: date, code: str = "4400112233") -> UUID:
    """What an OTA sold and no room was found for; without a room type: as a product nobody mapped."""
    with tenancy.of(house.organization_id), unit_of_work():
        nights = {"check_in": check_in, "check_out": check_in + timedelta(days=2)}
        row = Reservation(
            property_id=house.property_id, code=code, source="ota", channel="BDC", status="confirmed",
            currency="EUR", **nights,
        )  # fmt: skip
        database.session.add(row)
        database.session.flush()
        database.session.add(
            ReservationRoom(
                reservation_id=row.id, property_id=house.property_id, room_type_id=room_type_id, nightly={}, **nights
            )
        )
        return row.id


def open_incident(house, trouble: Trouble = Trouble.PROVIDER_AWAY, **facts: object) -> UUID:
    with tenancy.of(house.organization_id):
        with unit_of_work():
            incidents.opened(trouble, Category.SYNC_FAILED, house.property_id, None, facts=facts)
        return incidents.open_ones(house.property_id)[0].id


def test_the_day_shows_who_arrives_with_the_room_and_who_has_none(client, db, redis):
    alice = alices_house()
    double = make_room_type(alice.property).id
    sell(alice, double, today_at(alice))
    store_unplaced(alice, double, today_at(alice))
    sell(alice, double, today_at(alice) + timedelta(days=9), guest="Later Guest")
    sign_in(client, alice.owner)

    page = text(client.get(f"/p/{alice.property_id}/"))

    assert "2 arrive today, 0 leave, 0 are in the house" in page
    assert "Ana Silva" in page and "101" in page
    assert "no room yet" in page
    assert "Later Guest" not in page


def test_a_stay_without_a_room_stands_above_every_other_problem(client, db, redis):
    alice = alices_house()
    double = make_room_type(alice.property).id
    reservation_id = store_unplaced(alice, double, today_at(alice) + timedelta(days=3))
    open_incident(alice, Trouble.PROVIDER_AWAY, reason="it took longer than 20 s")
    sign_in(client, alice.owner)

    page = text(client.get(f"/p/{alice.property_id}/"))

    assert "2 things need you." in page
    assert page.index("1 room is missing.") < page.index("Channex does not answer: it took longer than 20 s")
    assert f"/reservations/{reservation_id}" in page


def test_a_stay_without_a_room_is_told_once_though_an_incident_and_a_conflict_say_it_too(client, db, redis):
    alice = alices_house()
    double = make_room_type(alice.property).id
    found = store_unplaced(alice, double, today_at(alice) + timedelta(days=3))
    open_incident(alice, Trouble.NO_ROOM_FREE, reservation_id=str(found), code="4400112233")
    with tenancy.of(alice.organization_id), unit_of_work():
        facts = {"reservation_id": found, "type": ConflictType.OVERBOOKING, "field": "room"}
        database.session.add(Conflict(property_id=alice.property_id, **facts))
    sign_in(client, alice.owner)

    page = text(client.get(f"/p/{alice.property_id}/"))

    assert "1 thing needs you." in page


def test_a_booking_sold_as_an_unmapped_product_says_so(client, db, redis):
    alice = alices_house()
    make_room_type(alice.property)
    store_unplaced(alice, None, today_at(alice))
    sign_in(client, alice.owner)

    page = text(client.get(f"/p/{alice.property_id}/"))

    assert "It was sold as a product nobody has mapped to a room type." in page


def test_a_problem_says_what_happened_what_the_otas_sell_meanwhile_and_the_next_click(client, db, redis):
    wired = wire()
    facts = {"kind": "rates", "subject_id": str(wired.plan), "first": "2031-05-12", "until": "2031-05-14"}
    reason = "min_stay_through must be greater than 0"
    open_incident(wired.house, Trouble.CELLS_REFUSED, nights=2, reason=reason, **facts)
    sign_in(client, wired.house.owner)

    page = text(client.get(wired.url("")))

    assert (
        "Channex refused 2 nights of Double · Flexible (12–14 May 2031 (2 nights)): Minimum stay must be at least 1"
        in page
    )
    assert "The OTAs still sell these nights at the last values that were accepted." in page
    assert f"rates/trace?kind=rates&amp;subject={wired.plan}&amp;night=2031-05-12" in page


def test_bob_marks_a_problem_as_solved_and_it_is_gone(client, db, redis):
    alice = alices_house()
    incident_id = open_incident(alice)
    sign_in(client, make_bob(alice))

    answer = client.post(f"/p/{alice.property_id}/problems/{incident_id}/solved")

    assert answer.status_code == 303
    assert "Open problems" not in text(client.get(answer.location))
    with tenancy.of(alice.organization_id):
        row = database.session.scalars(select(Incident).execution_options(populate_existing=True)).one()
        assert row.resolved_at is not None and row.resolved_by == "Bob Tanaka"


def test_who_may_only_look_cannot_mark_a_problem_as_solved(client, db, redis):
    alice = alices_house()
    incident_id = open_incident(alice)
    sign_in(client, make_bob(alice, Role.VIEWER))

    page = text(client.get(f"/p/{alice.property_id}/"))
    answer = client.post(f"/p/{alice.property_id}/problems/{incident_id}/solved")

    assert "Mark as solved" not in page
    assert answer.status_code == 403


def test_solving_a_problem_that_is_not_there_is_not_found(client, db, redis):
    alice = alices_house()
    sign_in(client, alice.owner)

    assert client.post(f"/p/{alice.property_id}/problems/{uuid4()}/solved").status_code == 404


def test_a_connection_is_told_in_words_with_the_age_of_its_proofs(client, db, redis):
    wired = wire()
    sign_in(client, wired.house.owner)

    page = text(client.get(wired.url("")))

    assert "It is being set up." in page
    assert 'Last accepted</dt><dd><span class="quiet">never</span>' in page


def test_a_new_property_says_what_will_stand_here(client, db, redis):
    alice = alices_house()
    sign_in(client, alice.owner)

    page = text(client.get(f"/p/{alice.property_id}/"))

    assert "This property is connected to no channel yet." in page
    assert "Nobody arrives today." in page


def test_a_full_morning_asks_the_database_fifteen_things_at_most(client, db, redis):
    wired = wire()
    today = today_at(wired.house)
    with tenancy.of(wired.house.organization_id):
        room_types.add_rooms(wired.house.property_id, wired.double, [f"9{number:02}" for number in range(35)])
    for _ in range(32):
        sell(wired.house, wired.double, today)
    store_unplaced(wired.house, wired.double, today)
    open_incident(wired.house, Trouble.CELLS_REFUSED, nights=2, kind="rates", subject_id=str(wired.plan))
    sign_in(client, wired.house.owner)
    client.get(wired.url(""))

    with counted() as statements:
        page = client.get(wired.url(""))

    assert "All 33" in text(page) and 0 < len(statements) <= 15


def test_charlie_finds_no_overview_of_alices_property(client, db, redis):
    alice, charlie = alices_house(), charlies_house()
    incident_id = open_incident(alice)
    sign_in(client, charlie.owner)

    assert client.get(f"/p/{alice.property_id}/").status_code == 404
    assert client.post(f"/p/{alice.property_id}/problems/{incident_id}/solved").status_code == 404


@pytest.mark.parametrize("trouble", list(Trouble))
def test_every_trouble_has_its_three_sentences_and_a_next_click(app, trouble):
    row = Incident(
        organization_id=uuid4(), property_id=uuid4(), message=trouble.value, facts={"reservation_id": str(uuid4())}
    )

    with app.test_request_context():
        told = troubles.incident(row)

    assert told.happened and told.meanwhile and told.next_label and told.next_url
    assert "no words for" not in told.happened
    assert told.level in {"heals_itself", "needs_you", "needs_ota"}


def test_a_trouble_nobody_has_told_us_about_is_shown_all_the_same(app):
    row = Incident(organization_id=uuid4(), property_id=uuid4(), message="from_the_future", facts={})

    with app.test_request_context():
        told = troubles.incident(row)

    assert told.happened == "Something went wrong with Channex that we have no words for yet."
