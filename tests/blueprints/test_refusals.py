"""Refusals on pages: what a service does not allow is read in the reader's language."""

from __future__ import annotations

import re
from datetime import timedelta

import flask_babel
import pytest

from tests.blueprints.test_overview import sell, today_at
from tests.factories import alices_house, make_room_type
from tests.people import sign_in
from tests.pseudo import Pseudo, pseudo, untranslated
from tests.wires import alice, wire

pytestmark = pytest.mark.usefixtures("db", "redis", "pseudo_language")


@pytest.fixture
def pseudo_language(monkeypatch):
    monkeypatch.setattr(flask_babel.Domain, "get_translations", lambda self: Pseudo())


def names(house):
    return [house.organization.name, house.property.name, house.owner.name, "Double"]


def test_a_refused_room_is_refused_in_the_readers_language(client):
    house = alices_house()
    known = names(house)
    make_room_type(house.property)
    sign_in(client, house.owner)
    rooms = f"/p/{house.property_id}/rooms"
    room = re.search(r'href="([^"]*/rooms/[0-9a-f-]{36})"', client.get(rooms).text)[1]

    taken = client.post(f"{room}/change", data={"number": "102", "floor": "1"})
    double = client.post(f"{rooms}/types", data={"name": "Double", "max_adults": "2", "default_occupancy": "2"})

    assert (taken.status_code, double.status_code) == (422, 422)
    assert pseudo("Room %(number)s is already there.") % {"number": "102"} in taken.text
    assert pseudo("This property already has a room type called %(name)s.") % {"name": "Double"} in double.text
    assert untranslated(taken.text, known) == untranslated(double.text, known) == []


def test_a_refused_step_of_a_stay_is_refused_in_the_readers_language(client):
    house = alices_house()
    known = names(house)
    stay = sell(house, make_room_type(house.property).id, today_at(house) + timedelta(days=3))
    known += ["Ana Silva", stay.code]
    sign_in(client, house.owner)
    page = f"/p/{house.property_id}/reservations/{stay.id}"

    early = client.post(f"{page}/steps/check-in")
    client.post(f"{page}/cancel", data={"reason": "ill"})
    gone = client.post(f"{page}/steps/check-out")

    assert (early.status_code, gone.status_code) == (409, 409)
    assert pseudo("The stay is ").rstrip("⟧") in early.text
    words = {"status": pseudo("Cancelled"), "wanted": pseudo("Checked out")}
    assert pseudo("A reservation that is “%(status)s” cannot become “%(wanted)s”.") % words in gone.text
    assert untranslated(early.text, known) == untranslated(gone.text, [*known, "ill"]) == []


def test_a_refused_price_is_refused_in_the_readers_language(client):
    wired = wire()
    sign_in(client, alice(wired))
    plan = wired.url(f"rates/plans/{wired.plan}")
    shown = re.search(r'name="shown" value="([^"]*)"', client.get(plan).text)[1]

    low = client.post(plan, data={"shown": shown, "base_rate": "70", "floor": "80"})

    assert low.status_code == 422
    sentence = pseudo("The price is below the lowest one allowed for this plan, %(least)s.")
    assert sentence % {"least": "EUR\N{NO-BREAK SPACE}80.00"} in low.text
