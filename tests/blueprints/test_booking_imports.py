"""The page on which the bookings of a channel manager are looked at before they are imported."""

from __future__ import annotations

import pytest
from sqlalchemy import update

from portal import tenancy
from portal.db import now, unit_of_work
from portal.extensions import db as database
from portal.models import Connection, Role, SyncRun, SyncStatus
from portal.services import connections
from tests.factories import alices_house, charlies_house, make_bob
from tests.people import sign_in
from tests.wires import text

LINE = {"external_id": "90000001", "verdict": "new", "code": "5550001", "channel": "BDC",
        "check_in": "2027-02-01", "check_out": "2027-02-03", "rooms": 1}  # fmt: skip


class Page:
    def __init__(self, client):
        self.client, self.house = client, alices_house()
        with tenancy.of(self.house.organization_id):
            connection = connections.create(self.house.property, "beds24", code="an invite code")
            self.id = connection.id
            with unit_of_work():
                database.session.execute(update(Connection).values(external_property_id="555"))
        self.url = f"/p/{self.house.property_id}/connections/{self.id}/import"
        sign_in(client, self.house.owner)

    def looked(self, status=SyncStatus.COMPLETED, error="", **counts):
        preview = {"counts": counts, "lines": [LINE], "fresh": [LINE["external_id"]]}
        with tenancy.of(self.house.organization_id), unit_of_work():
            values = {"status": status, "error": error, "completed_at": now(), "summary": {"preview": preview}}
            database.session.execute(update(SyncRun).values(**values))


@pytest.fixture
def page(client, db, redis):
    return Page(client)


def test_somebody_asks_and_the_page_looks_until_the_worker_is_done(page):
    before = text(page.client.get(page.url))
    asked = page.client.post(f"{page.url}/look", data={})
    waits = text(page.client.get(page.url))
    page.looked(new=3, here=2, cancelled=1)
    done = text(page.client.get(page.url))

    assert "Nobody has looked yet" in before and asked.status_code == 303
    assert "A worker is reading" in waits and "hx-trigger" in waits
    assert "3 bookings would be made, 2 are here already, 1 is cancelled" in " ".join(done.split()).replace(" ,", ",")
    assert "5550001" in done and "Import and start the connection" in done
    assert "import/state" in waits and "import/state" not in done


def test_what_is_in_doubt_is_said_before_the_import(page):
    page.client.post(f"{page.url}/look", data={})
    page.looked(unmapped=2, alike=1, unreadable=1)

    seen = text(page.client.get(page.url))

    assert "2 bookings are of room types that are not mapped" in seen
    assert "has the name and the nights of one sold here" in seen
    assert "cannot be read" in seen


def test_a_failure_is_told_with_its_reason(page):
    page.client.post(f"{page.url}/look", data={})
    page.looked(SyncStatus.FAILED, "Beds24 did not answer")

    assert "The bookings could not be read: Beds24 did not answer" in text(page.client.get(page.url))


def test_starting_before_anything_is_mapped_is_refused_in_words(page):
    refused = page.client.post(f"{page.url}/start", data={})

    assert refused.status_code == 409
    assert "Map at least one room type first" in text(refused)


def test_who_only_looks_on_has_no_buttons_and_a_stranger_no_page(page):
    sign_in(page.client, make_bob(page.house, Role.VIEWER))
    seen = page.client.get(page.url)
    sign_in(page.client, charlies_house().owner)

    assert seen.status_code in (200, 403) and "/look" not in text(seen)
    assert page.client.get(page.url).status_code == 404
    assert page.client.post(f"{page.url}/start", data={}).status_code == 404
