"""What the reservation's page says of its way to a channel manager that keeps reservations."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import update

from portal import tenancy
from portal.db import now, unit_of_work
from portal.domain.reservation_pushes import PushState
from portal.extensions import db as database
from portal.models import ReservationPush, Role, SyncStatus, SyncType
from portal.services import connections, sync_runs
from tests.blueprints.test_overview import sell, today_at
from tests.factories import alices_house, charlies_house, make_bob, make_room_type
from tests.people import sign_in
from tests.wires import text


class Sold:
    """A stay at Alice's, sold before or after her Beds24 was connected."""

    def __init__(self, client, connected_before=True):
        self.client, self.house = client, alices_house()
        double = make_room_type(self.house.property).id
        if connected_before:
            self.connect()
        self.id = sell(self.house, double, today_at(self.house) + timedelta(days=3), 2).id
        if not connected_before:
            self.connect()
        self.url = f"/p/{self.house.property_id}/reservations/{self.id}"
        sign_in(client, self.house.owner)

    def connect(self):
        with tenancy.of(self.house.organization_id):
            connections.create(self.house.property, "beds24", code="an invite code")

    def answered(self, state, error=""):
        with tenancy.of(self.house.organization_id), unit_of_work():
            database.session.execute(update(ReservationPush).values(state=state, error=error, answered_at=now()))

    def states(self):
        with tenancy.of(self.house.organization_id):
            return [row.state for row in database.session.query(ReservationPush).populate_existing()]


@pytest.fixture
def sold(client, db, redis):
    return Sold(client)


def test_while_it_is_on_its_way_the_line_refreshes_itself_and_then_stops(sold):
    waits = text(sold.client.get(sold.url))
    fragment = text(sold.client.get(f"{sold.url}/sent", headers={"HX-Request": "true"}))
    sold.answered(PushState.ACCEPTED)
    done = text(sold.client.get(f"{sold.url}/sent", headers={"HX-Request": "true"}))

    assert "On its way to Beds24" in waits and "hx-trigger" in fragment
    assert "Sent to Beds24" in done and "accepted" in done
    assert "hx-trigger" not in done and "Send again" not in done


def test_refused_is_told_with_its_reason_and_a_click_sends_it_again(sold):
    sold.answered(PushState.REFUSED, "its room type is not mapped")
    page = text(sold.client.get(sold.url))

    sent = sold.client.post(f"{sold.url}/send", data={})

    assert "Beds24 did not take it: its room type is not mapped" in page and "Send again" in page
    assert sent.status_code == 303
    assert sold.states() == [PushState.WAITING]


def test_what_was_sold_before_the_connection_is_sent_by_a_click_only(client, db, redis):
    sold = Sold(client, connected_before=False)
    page = text(client.get(sold.url))
    before = sold.states()

    client.post(f"{sold.url}/send", data={})

    assert "Not entered at Beds24" in page and "Send it now" in page
    assert (before, sold.states()) == ([], [PushState.WAITING])


def test_who_only_looks_on_sees_it_and_has_no_button(sold):
    sold.answered(PushState.REFUSED, "no")
    sign_in(sold.client, make_bob(sold.house, Role.VIEWER))

    page = text(sold.client.get(sold.url))

    assert "did not take it" in page and "Send again" not in page
    assert sold.client.post(f"{sold.url}/send", data={}).status_code == 403


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (SyncStatus.IN_PROGRESS, "Sending a reservation to Beds24"),
        (SyncStatus.COMPLETED, "A reservation sold here was sent to Beds24 and accepted"),
        (SyncStatus.PARTIAL, "A reservation sold here did not get to Beds24: no"),
    ],
)
def test_the_history_tells_of_it_and_opens_it(sold, status, words):
    with tenancy.of(sold.house.organization_id):
        (connection,) = connections.of_property(sold.house.property_id)
        with unit_of_work():
            run_id = sync_runs.begin(connection, SyncType.RESERVATION_PUSH, "change", status=SyncStatus.IN_PROGRESS)
            if status is not SyncStatus.IN_PROGRESS:
                sync_runs.finish(run_id, status, error="no", summary={"calls": 2})

    listed = sold.client.get(f"/p/{sold.house.property_id}/history")
    opened = sold.client.get(f"/p/{sold.house.property_id}/history/{run_id}")

    assert (listed.status_code, opened.status_code) == (200, 200)
    assert words in text(listed) and words in text(opened)


def test_a_stranger_is_told_that_there_is_no_such_page(sold):
    sign_in(sold.client, charlies_house().owner)

    assert sold.client.get(f"{sold.url}/sent").status_code == 404
    assert sold.client.post(f"{sold.url}/send", data={}).status_code == 404
